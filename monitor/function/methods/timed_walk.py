"""Speed over a measured course, by two taps: passing the first and the second mark."""

from monitor.function.gait.measures import walk_measures
from monitor.function.methods.laps import FeetStrides
from monitor.function.methods.measure import measured, seconds
from monitor.function.placement import Placement
from monitor.function.result import MeasuredValue, TrialMark
from monitor.samples import ImuBlock

# Two taps by a practised hand.
_TAPS_ERROR_S = 0.15


class TimedWalk:
    """The start is before the run-in; the first tap is the first mark, the second the second one."""

    def __init__(self, *, course_m: float) -> None:
        self._course_m = course_m
        self._feet = FeetStrides()
        self._taps: list[int] = []
        self.complete_ns: int | None = None

    def begin(self, at_ns: int) -> None:
        """The person sets off."""

    def imu(self, placement: Placement, block: ImuBlock) -> list[TrialMark]:
        """Strides."""
        self._feet.push(placement, block)
        return []

    def lap(self, at_ns: int) -> list[TrialMark]:
        """A mark is passed."""
        if self.complete_ns is not None:
            return []
        self._taps.append(at_ns)
        if len(self._taps) == 2:
            self.complete_ns = at_ns
        return [TrialMark(at_ns=at_ns, what="mark passed", number=len(self._taps))]

    def values(self, end_ns: int, *, finished: bool) -> tuple[MeasuredValue, ...]:
        """Speed between the marks; cadence and stride length there."""
        if self.complete_ns is None:
            time_s = None
            walk = walk_measures([], [])
        else:
            time_s = seconds(self._taps[0], self.complete_ns)
            walk = walk_measures(*self._feet.between(self._taps[0], self.complete_ns))
        speed = None if not time_s else self._course_m / time_s
        error = None if not time_s or speed is None else speed * _TAPS_ERROR_S / time_s
        lengths = [
            foot.stride_length_m
            for foot in (walk.left, walk.right)
            if foot and foot.stride_length_m is not None
        ]
        length = sum(lengths) / len(lengths) if lengths else None
        marks, few = "the two marks were not tapped", "too few strides with a sensor on a foot"
        return (
            measured("speed", speed, "m/s", missing=marks, error=error),
            measured("time", time_s, "s", missing=marks, error=_TAPS_ERROR_S),
            measured("cadence", walk.cadence_per_min, "/min", missing=few),
            measured("stride_length", length, "m", missing=few),
        )
