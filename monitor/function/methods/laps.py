"""A walk of given time whose distance is laps of a course: the six-minute walk."""

import numpy as np

from monitor.function.gait.foot import FootStrides
from monitor.function.gait.measures import walk_measures
from monitor.function.gait.stride import Stride
from monitor.function.methods.measure import measured, seconds
from monitor.function.placement import FEET, Placement
from monitor.function.result import MeasuredValue, TrialMark
from monitor.samples import ImuBlock
from protocols.units import NS_PER_S

# Enough samples to know the distance of two; a walk does not begin within them.
_SAMPLES_FOR_RATE = 20


class FeetStrides:
    """The strides of whichever feet wear a sensor."""

    def __init__(self) -> None:
        self._feet: dict[Placement, FootStrides] = {}
        self._first: dict[Placement, list[ImuBlock]] = {foot: [] for foot in FEET}
        self._strides: dict[Placement, list[Stride]] = {foot: [] for foot in FEET}

    def push(self, placement: Placement, block: ImuBlock) -> None:
        """Take samples; those of other placements are left."""
        if placement in self._feet:
            self._strides[placement] += self._feet[placement].push(block)
        elif placement in self._first:
            first = self._first[placement]
            first.append(block)
            t_ns = np.concatenate([earlier.t_ns for earlier in first])
            if len(t_ns) >= _SAMPLES_FOR_RATE:
                foot = FootStrides(NS_PER_S / float(np.median(np.diff(t_ns))))
                self._feet[placement] = foot
                self._strides[placement] += [stride for earlier in first for stride in foot.push(earlier)]
                first.clear()

    def between(self, begin_ns: int, end_ns: int) -> tuple[list[Stride], list[Stride]]:
        """Left and right strides that ended in this time."""
        return (
            [s for s in self._strides[Placement.FOOT_LEFT] if begin_ns <= s.end_ns <= end_ns],
            [s for s in self._strides[Placement.FOOT_RIGHT] if begin_ns <= s.end_ns <= end_ns],
        )


class Laps:
    """Distance by the assistant's taps at the end of each length; strides only check it.

    `partial_m` is the rest of the last length, entered by hand when the time is over.
    """

    complete_ns: int | None = None

    def __init__(self, *, course_m: float) -> None:
        self._course_m = course_m
        self._feet = FeetStrides()
        self._begin_ns = 0
        self._taps: list[int] = []
        self.partial_m: float | None = None

    def begin(self, at_ns: int) -> None:
        """The clock starts."""
        self._begin_ns = at_ns

    def imu(self, placement: Placement, block: ImuBlock) -> list[TrialMark]:
        """Strides, for the check."""
        self._feet.push(placement, block)
        return []

    def lap(self, at_ns: int) -> list[TrialMark]:
        """One length of the course is done."""
        self._taps.append(at_ns)
        return [TrialMark(at_ns=at_ns, what="length", number=len(self._taps))]

    def values(self, end_ns: int, *, finished: bool) -> tuple[MeasuredValue, ...]:
        """Distance, by strides beside it where feet wear sensors."""
        whole_m = len(self._taps) * self._course_m
        distance = None if self.partial_m is None else whole_m + self.partial_m
        left, right = self._feet.between(self._begin_ns, end_ns)
        feet = [sum(stride.length_m for stride in foot) for foot in (left, right) if foot]
        by_strides = sum(feet) / len(feet) if feet else None
        walk = walk_measures(left, right)
        worn = "no sensor on a foot"
        return (
            measured("distance", distance, "m", missing="the rest of the last length was not entered"),
            measured("whole_lengths", float(len(self._taps)), "1", missing=""),
            measured("distance_by_strides", by_strides, "m", missing=worn),
            measured("steps", float(walk.steps) if feet else None, "1", missing=worn),
            measured("cadence", walk.cadence_per_min, "/min", missing=worn),
            measured("time", seconds(self._begin_ns, end_ns), "s", missing=""),
        )
