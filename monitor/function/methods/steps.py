"""The two-minute step test: lifts of one knee, by the thigh's sensor or by taps."""

from monitor.function.chair import ChairParams, ChairRise, ChairRises
from monitor.function.methods.measure import measured
from monitor.function.placement import THIGHS, Placement
from monitor.function.result import MeasuredValue, TrialMark
from monitor.samples import ImuBlock

# The same search as on a chair, from the hanging thigh: a lift to half the way to the hip is some 60 deg.
_LIFT = ChairParams(leave_deg=15.0, rise_deg=30.0, turn_back_deg=10.0, seated_deg=20.0, seated_share=0.35)


class KneeLifts:
    """Counts lifts of the thigh that wears a sensor; without one, taps."""

    complete_ns: int | None = None

    def __init__(self) -> None:
        self._thigh = ChairRises(_LIFT)
        self._begin_ns: int | None = None
        self._lifts: list[ChairRise] = []
        self._taps = 0
        self._worn = False

    def begin(self, at_ns: int) -> None:
        """Standing at this instant is the pose that lifts are counted from."""
        self._begin_ns = at_ns
        self._thigh.take_pose()

    def imu(self, placement: Placement, block: ImuBlock) -> list[TrialMark]:
        """Lifts that end with this block."""
        if placement not in THIGHS:
            return []
        self._worn = True
        marks = []
        for lift in self._thigh.push(block):
            if self._begin_ns is not None and lift.leaving_ns >= self._begin_ns:
                self._lifts.append(lift)
                marks.append(TrialMark(at_ns=lift.standing_ns, what="lift", number=len(self._lifts)))
        return marks

    def lap(self, at_ns: int) -> list[TrialMark]:
        """A lift that the assistant counts."""
        self._taps += 1
        return [TrialMark(at_ns=at_ns, what="lift by hand", number=self._taps)]

    def values(self, end_ns: int, *, finished: bool) -> tuple[MeasuredValue, ...]:
        """Lifts, and how high they were."""
        lifts = [lift for lift in self._lifts if lift.standing_ns <= end_ns]
        heights = [lift.peak_deg for lift in lifts]
        count = float(len(lifts) if self._worn else self._taps)
        mean = sum(heights) / len(heights) if heights else None
        return (
            measured("lifts", count, "1", missing=""),
            measured("mean_thigh_angle", mean, "deg", missing="no lift seen"),
        )
