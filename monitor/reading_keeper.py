"""Makes a reading that its device sends only once durable: before it is used, if the disk lets us."""

import asyncio
import logging
from collections import deque
from functools import partial

from monitor.store.rows import SpotReading
from monitor.store.writer import StoreWriter

logger = logging.getLogger(__name__)

# Everything behind the reading waits for this: a symptom key, an alert. Screen and sound have 0.3 s.
STORED_WITHIN_S = 0.2

# A cuff that measures every minute fills this in eight hours.
MAX_UNKEPT = 500


class ReadingKeeper:
    """Stores the spot readings of one session; what the disk refuses is offered to it again."""

    def __init__(self, store: StoreWriter, *, session_id: str) -> None:
        self._store = store
        self._session_id = session_id
        self._unkept: deque[SpotReading] = deque(maxlen=MAX_UNKEPT)
        self._late = 0
        self.kept = 0

    @property
    def is_storing(self) -> bool:
        """Whether every reading so far is on disk."""
        return not self._unkept and not self._late

    async def keep(self, reading: SpotReading) -> None:
        """Return when it is stored, or after `STORED_WITHIN_S`; raises nothing."""
        stored = self._submit(reading)
        is_slow = self._store.stalled_s > STORED_WITHIN_S
        try:
            async with asyncio.timeout(0 if is_slow else STORED_WITHIN_S):
                await asyncio.wait([stored])
        except TimeoutError:
            self._late += 1
            stored.add_done_callback(self._answered_late)
            logger.error("a reading is used before it is stored: the disk does not answer")  # noqa: TRY400

    def offer_again(self) -> None:
        """Hand what could not be stored to the disk once more."""
        waiting, self._unkept = list(self._unkept), deque(maxlen=MAX_UNKEPT)
        for reading in waiting:
            self._submit(reading)

    def _submit(self, reading: SpotReading) -> "asyncio.Future[bool]":
        session_id = self._session_id
        stored = self._store.submit(lambda store: store.keep_spot_reading(reading, session_id=session_id))
        stored.add_done_callback(partial(self._answered, reading))
        return stored

    def _answered(self, reading: SpotReading, stored: "asyncio.Future[bool]") -> None:
        error = None if stored.cancelled() else stored.exception()
        if error is None:
            self.kept += not stored.cancelled()
            return
        if not self._unkept:
            logger.error("a reading of %s could not be stored: %s", reading.device, error)
        self._unkept.append(reading)

    def _answered_late(self, _: "asyncio.Future[bool]") -> None:
        self._late -= 1
