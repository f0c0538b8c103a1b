"""A machine's words to samples: what it sent, and nothing that no machine can do. Shared by them all."""

from collections.abc import Mapping

from devices.frames import Frame
from monitor.ingest.reader import Measured, Reader
from monitor.samples import Code
from protocols.units import NS_PER_S

KM_H_PER_M_S = 3.6
# Beyond these lies no person on a machine; ends included, for 0 is a value here: a belt that stands.
RANGES: Mapping[Code, tuple[float, float]] = {
    Code.SPEED_KM_H: (0.0, 120.0),
    Code.INCLINE_PERCENT: (-50.0, 100.0),
    Code.CADENCE_PER_MIN: (0.0, 300.0),
    Code.POWER_W: (-500.0, 3000.0),
    Code.DISTANCE_M: (0.0, 1e6),
    Code.RESISTANCE_LEVEL: (-1000.0, 1000.0),
}


def machine_samples(reader: Reader, frame: Frame, values: Mapping[Code, float | None]) -> list[Measured]:
    """A sample of each value; None was not sent, what is out of range is missing."""
    out: list[Measured] = []
    for code, value in values.items():
        if value is not None:
            low, high = RANGES[code]
            out.append(reader.sample(frame, code, float(value) if low <= value <= high else None))
    return out


class TurnCounter:
    """From counted turns and the time of the last to turns per minute.

    The counter has `count_bits`, its time 16 bits of 1/`ticks_per_s` s; both go over their ends. Between two
    turns a sensor repeats itself: that is no rate of 0 before `STANDS_AFTER_S`.
    """

    # Below 20 turns a minute nobody pedals.
    STANDS_AFTER_NS = 3 * NS_PER_S
    HIGHEST_PER_MIN = 2000.0

    def __init__(self, *, ticks_per_s: int, count_bits: int) -> None:
        self._ticks_per_s = ticks_per_s
        self._count_end = 1 << count_bits
        self._longest_ns = (1 << 16) * NS_PER_S // ticks_per_s
        self._last: tuple[int, int, int] | None = None

    def reset(self) -> None:
        """A new connection: what was counted in between is not known."""
        self._last = None

    def per_min(self, count: int, ticks: int, received_ns: int) -> float | None:
        """Turns per minute since the last turn that was told; None while it cannot be said."""
        last = self._last
        if last is None:
            self._last = count, ticks, received_ns
            return None
        last_count, last_ticks, last_ns = last
        turns = (count - last_count) % self._count_end
        if turns == 0:
            return 0.0 if received_ns - last_ns >= self.STANDS_AFTER_NS else None
        self._last = count, ticks, received_ns
        elapsed_ticks = (ticks - last_ticks) % (1 << 16)
        # After a turn of the time's counter the difference says nothing.
        if elapsed_ticks == 0 or received_ns - last_ns >= self._longest_ns:
            return None
        rate = 60.0 * turns * self._ticks_per_s / elapsed_ticks
        # A counter that restarted, or a wheel turned back.
        return rate if rate <= self.HIGHEST_PER_MIN else None
