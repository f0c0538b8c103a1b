"""A thread that watches the service from outside: its loop, its intake, its disk; by its own clock.

What it watches cannot hold it up: it waits for no lock, no disk and no queue of theirs. It calls out itself
(`on_trouble`), because the screen and the way to the therapist may be what stands still.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Self

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25

# A loop that has not taken a turn for this long shows nothing and sounds nothing.
LOOP_ANSWERS_WITHIN_S = 2.0

# Ticks come ten times a second.
INTAKE_MOVES_WITHIN_S = 2.0

# A disk that takes longer than this for one commit is not taking anything.
DISK_ANSWERS_WITHIN_S = 2.0

# While it lasts, it is said again.
SAID_AGAIN_EVERY_S = 10.0

LOOP_SENTENCE = "the station stands still: nothing is watched. Watch the patient directly."


class Watchdog:
    """A context manager; inside it the thread runs.

    `ages_s`: sentence -> a function that says for how long that trouble has lasted, in seconds, from any
    thread and without waiting; `limits_s`: from when on it counts. `on_trouble` gets a sentence, on the
    watchdog's thread; `on_healthy` is called at each look that finds nothing (a service manager's watchdog).
    """

    def __init__(
        self,
        *,
        ages_s: Mapping[str, Callable[[], float]],
        limits_s: Mapping[str, float],
        on_trouble: Callable[[str], None],
        on_healthy: Callable[[], None] = lambda: None,
        look_every_s: float = LOOK_EVERY_S,
        loop_within_s: float = LOOP_ANSWERS_WITHIN_S,
    ) -> None:
        self._ages_s = ages_s
        self._limits_s = limits_s
        self._on_trouble = on_trouble
        self._on_healthy = on_healthy
        self._look_every_s = look_every_s
        self._loop_within_s = loop_within_s
        self._ended = threading.Event()
        self._pinged_s: float | None = None  # a ping that the loop has not answered
        self._said_s: dict[str, float] = {}
        self._thread = threading.Thread(target=self._watch, name="kinewatch-watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def troubles(self) -> list[str]:
        """What is wrong at this moment, as sentences."""
        now_s = time.monotonic()
        pinged_s = self._pinged_s
        found = []
        if pinged_s is not None and now_s - pinged_s > self._loop_within_s:
            found.append(LOOP_SENTENCE)
        found += [text for text, age_s in self._ages_s.items() if age_s() > self._limits_s[text]]
        return found

    def _watch(self) -> None:
        while not self._ended.wait(self._look_every_s):
            try:
                self._ping()
                self._say(self.troubles())
            except Exception:
                logger.exception("the watchdog could not look")

    def _ping(self) -> None:
        if self._pinged_s is None:
            self._pinged_s = time.monotonic()
            self._loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        self._pinged_s = None

    def _say(self, troubles: list[str]) -> None:
        now_s = time.monotonic()
        for text in [text for text in self._said_s if text not in troubles]:
            del self._said_s[text]
        for text in troubles:
            if now_s - self._said_s.get(text, -SAID_AGAIN_EVERY_S) >= SAID_AGAIN_EVERY_S:
                self._said_s[text] = now_s
                self._on_trouble(text)
        if not troubles:
            self._on_healthy()
