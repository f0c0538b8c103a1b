"""Waiting for something to become true, with a story to tell if it does not."""

import asyncio
from collections.abc import Callable

# How long anything may take here. An emulated processor is some twenty times slower than a real one, and the
# machine below may be busy: only whether it happens is asserted, never when.
PATIENCE_S = 90.0


def now_ns() -> int:
    """The loop's clock."""
    return int(asyncio.get_running_loop().time() * 1e9)


class Waiting:
    """Something that changes, and whose changes can be waited for; `story` is its recent past."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def story(self) -> str:
        """What happened last, for whoever reads about the failure."""
        return ""

    def touch(self) -> None:
        """Something has changed."""
        self._changed.set()

    async def until(
        self, what: str, condition: Callable[[], bool], *, patience_s: float = PATIENCE_S
    ) -> None:
        """Wait for a condition; it is asked at every change.

        Raises:
            AssertionError: it did not become true.
        """
        try:
            async with asyncio.timeout(patience_s):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"not within {patience_s:g} s: {what}\n{self.story()}") from None
