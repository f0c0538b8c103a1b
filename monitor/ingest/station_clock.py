"""What the station knows of local time, which is what cuffs know."""

from datetime import datetime, timedelta

from monitor.inputs import ClockAnchor

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local time without a zone, as devices keep it


class StationClock:
    """Set from the session's clock anchors. `start_ns` is when the session began, None where nobody knows."""

    def __init__(self, start_ns: int | None = None) -> None:
        self._anchor: ClockAnchor | None = None
        self.start_ns = start_ns

    def anchor(self, anchor: ClockAnchor) -> None:
        """The wall clock was read."""
        self._anchor = anchor

    def local(self, at_ns: int) -> datetime | None:
        """Local time at the monotonic instant `at_ns`; None before the first anchor."""
        if self._anchor is None:
            return None
        utc_ns = self._anchor.utc_ns + at_ns - self._anchor.received_ns
        return EPOCH + timedelta(microseconds=utc_ns // 1000, seconds=self._anchor.utc_offset_s)

    @property
    def start(self) -> datetime | None:
        """Local time at the session's start."""
        return None if self.start_ns is None else self.local(self.start_ns)
