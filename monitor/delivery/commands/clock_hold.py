"""Keeping an accelerated clock still while a therapist's application may be about to answer."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

# An application that lives confirms within milliseconds. After this long nobody is listening, and a simulated
# hour must not last an hour for it. Also when the first repetition is due.
ANSWER_WITHIN_S = 2.0


class ClockHold:
    """Holds the clock from `expect()` to `release()`, and at most `within_s`; nothing on a wall clock.

    `hold` makes the context manager that holds it.
    """

    def __init__(
        self, hold: Callable[[], AbstractContextManager[object]], *, within_s: float = ANSWER_WITHIN_S
    ) -> None:
        self._hold = hold
        self._within_s = within_s
        self._held = ExitStack()
        self._until: asyncio.TimerHandle | None = None

    @property
    def is_held(self) -> bool:
        """Whether the clock stands."""
        return self._until is not None

    def expect(self) -> None:
        """An answer can be expected from now on."""
        if self._until is None:
            self._held.enter_context(self._hold())
        else:
            self._until.cancel()
        self._until = asyncio.get_running_loop().call_later(self._within_s, self.release)

    def release(self) -> None:
        """It has come, or is not expected any more."""
        if self._until is not None:
            self._until.cancel()
            self._until = None
            self._held.close()
