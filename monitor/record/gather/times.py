"""Monotonic instants to seconds of the session, and to UTC."""

from datetime import UTC, datetime

from monitor.inputs import ClockAnchor
from protocols.units import NS_PER_S


class SessionTime:
    """Where the session begins and how its clock stands to UTC.

    The session begins with the first instant that is seen. Of the wall clock's anchors the last one counts:
    a station that learns the right time late has been wrong before.
    """

    def __init__(self) -> None:
        self._start_ns: int | None = None
        self._anchor: ClockAnchor | None = None
        self.last_ns = 0

    def seen(self, at_ns: int) -> None:
        """Something happened at `at_ns`."""
        if self._start_ns is None:
            self._start_ns = self.last_ns = at_ns
        self.last_ns = max(self.last_ns, at_ns)

    def anchor(self, anchor: ClockAnchor) -> None:
        """The wall clock was read."""
        self.seen(anchor.received_ns)
        self._anchor = anchor

    def s(self, at_ns: int) -> float:
        """Seconds of the session, to the millisecond; what is from before it counts as its beginning."""
        return max(0.0, round((at_ns - (self._start_ns or 0)) / NS_PER_S, 3))

    def start_utc_ns(self, started_utc: str) -> int:
        """UTC at second 0, to the millisecond; without an anchor, what the header says."""
        if self._anchor is None or self._start_ns is None:
            instant = datetime.fromisoformat(started_utc).astimezone(UTC)
            return round(instant.timestamp() * 1000) * 1_000_000
        utc_ns = self._anchor.utc_ns + self._start_ns - self._anchor.received_ns
        return utc_ns // 1_000_000 * 1_000_000

    @property
    def utc_offset_s(self) -> int:
        """Local time minus UTC, as last heard."""
        return 0 if self._anchor is None else self._anchor.utc_offset_s
