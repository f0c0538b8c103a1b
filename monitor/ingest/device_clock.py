"""Cuffs keep readings and send them later: is this one of now, or out of the cuff's memory?

A reading that carries the time it was taken is compared with the station's own time (cuffs are set to local
time whenever they connect). A cuff whose clock has been right once in this session is believed after that.
One that has not may have an unset clock or an old reading: nobody can tell, so its reading is doubtful,
which may warn but neither confirms nor clears. What has been sent before is a repetition.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.samples import STORED, ClockAnchor

NS_PER_S = 1_000_000_000
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local time without a zone, as devices keep it

# Inflation takes half a minute, waking up and connecting another; cuffs that show no seconds are up to one
# minute off, and their clocks drift by seconds a day.
OF_NOW_WITHIN_S = 180.0
AGE_UNKNOWN = "age_unknown"


class StationClock:
    """What the station knows of local time; set from the session's clock anchors."""

    def __init__(self) -> None:
        self._anchor: ClockAnchor | None = None

    def anchor(self, anchor: ClockAnchor) -> None:
        """The wall clock was read."""
        self._anchor = anchor

    def local(self, at_ns: int) -> datetime | None:
        """Local time at the monotonic instant `at_ns`; None before the first anchor."""
        if self._anchor is None:
            return None
        utc_ns = self._anchor.utc_ns + at_ns - self._anchor.received_ns
        return EPOCH + timedelta(microseconds=utc_ns // 1000, seconds=self._anchor.utc_offset_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingAge:
    """When a reading was taken, and what must be said of that: `flags` is empty for a reading of now."""

    t_ns: int
    flags: frozenset[str] = frozenset()


class DeviceClock:
    """Judges the readings of one device."""

    def __init__(self, station: StationClock) -> None:
        self._station = station
        self._was_right = False
        self._seen: set[Hashable] = set()

    def judge(self, taken: datetime | None, received_ns: int, *, key: Hashable) -> ReadingAge:
        """`taken` is the reading's own time, `key` what makes it the same reading when it comes again."""
        if taken is None:
            return ReadingAge(t_ns=received_ns)
        repeated = (taken, key) in self._seen
        self._seen.add((taken, key))
        now = self._station.local(received_ns)
        age_s = 0.0 if now is None else (now - taken).total_seconds()
        of_now = now is not None and abs(age_s) <= OF_NOW_WITHIN_S
        self._was_right = self._was_right or of_now
        t_ns = received_ns - round(max(age_s, 0.0) * NS_PER_S)
        if repeated:
            return ReadingAge(t_ns=t_ns, flags=frozenset({STORED}))
        if now is None or of_now:
            return ReadingAge(t_ns=t_ns)
        if self._was_right and age_s > 0:
            return ReadingAge(t_ns=t_ns, flags=frozenset({STORED}))
        return ReadingAge(t_ns=received_ns, flags=frozenset({AGE_UNKNOWN}))
