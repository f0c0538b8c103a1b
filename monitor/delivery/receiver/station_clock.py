"""What each station's clock says, as heard by a therapist's application. Pure.

A command expires by the station's clock, and the two clocks need not agree. A station says the time with each
heartbeat; the largest of `station's word - own clock` in the last few
is the offset, but for the shortest way.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

# Few, so that a clock that was set is followed within seconds.
HEARTBEATS_KEPT = 5

# No way of a message differs from the one before by so much, but for one that was stopped.
STEP_NS = 2_000_000_000


@dataclass(slots=True)
class _Heard:
    offsets_ns: deque[int] = field(default_factory=lambda: deque(maxlen=HEARTBEATS_KEPT))


class StationClocks:
    """The offsets of the stations of a clinic."""

    def __init__(self) -> None:
        self._heard: dict[str, _Heard] = {}

    def hear(self, station: str, said: str, *, utc_ns: int) -> None:
        """A live message says that it is `said` (ISO 8601) at the station; here it is `utc_ns`."""
        said_ns = round(datetime.fromisoformat(said).timestamp() * 1_000) * 1_000_000
        offsets_ns = self._heard.setdefault(station, _Heard()).offsets_ns
        if offsets_ns and abs(said_ns - utc_ns - max(offsets_ns)) > STEP_NS:
            offsets_ns.clear()  # one of the two clocks was set, or this way was stopped for a while
        offsets_ns.append(said_ns - utc_ns)

    def offset_s(self, station: str) -> float | None:
        """By how much the station's clock is ahead of ours; None while it has not been heard."""
        heard = self._heard.get(station)
        return None if heard is None else max(heard.offsets_ns) / 1e9

    def utc_ns(self, station: str, *, utc_ns: int) -> int:
        """What the station's clock says when ours says `utc_ns`; ours, while it has not been heard."""
        heard = self._heard.get(station)
        return utc_ns if heard is None else utc_ns + max(heard.offsets_ns)
