"""A walk of any length, for its figures: cadence, stride time, variability, symmetry, length and speed."""

from monitor.function.gait.measures import FootMeasures, WalkMeasures, walk_measures
from monitor.function.methods.laps import FeetStrides
from monitor.function.methods.measure import measured, seconds
from monitor.function.placement import Placement
from monitor.function.result import MeasuredValue, TrialMark
from monitor.samples import ImuBlock


class GaitWalk:
    """From the start until the assistant ends it."""

    complete_ns: int | None = None

    def __init__(self) -> None:
        self._feet = FeetStrides()
        self._begin_ns = 0

    def begin(self, at_ns: int) -> None:
        """The person sets off."""
        self._begin_ns = at_ns

    def imu(self, placement: Placement, block: ImuBlock) -> list[TrialMark]:
        """Strides."""
        self._feet.push(placement, block)
        return []

    def lap(self, at_ns: int) -> list[TrialMark]:
        """The walk is over."""
        self.complete_ns = at_ns
        return []

    def values(self, end_ns: int, *, finished: bool) -> tuple[MeasuredValue, ...]:
        """Figures of the whole walk."""
        walk = walk_measures(*self._feet.between(self._begin_ns, end_ns))
        few = "too few strides"
        return (
            measured("time", seconds(self._begin_ns, end_ns), "s", missing=""),
            measured("steps", float(walk.steps), "1", missing=""),
            measured("cadence", walk.cadence_per_min, "/min", missing=few),
            measured(
                "step_time_symmetry",
                walk.step_time_symmetry_percent,
                "%",
                missing="needs some steps of both feet",
                error=walk.step_time_symmetry_error_percent,
            ),
            *_of_feet(walk),
        )


def _of_feet(walk: WalkMeasures) -> list[MeasuredValue]:
    figures = []
    for side, foot in (("left", walk.left), ("right", walk.right)):
        if foot is not None:
            figures += _of_foot(side, foot)
    return figures


def _of_foot(side: str, foot: FootMeasures) -> list[MeasuredValue]:
    few = "too few strides"
    return [
        measured(f"{side}_stride_time", foot.stride_time_s, "s", missing=few),
        measured(
            f"{side}_stride_time_cv", foot.stride_time_cv_percent, "%", missing="needs thirty steady strides"
        ),
        measured(f"{side}_stance", foot.stance_percent, "%", missing=few),
        measured(f"{side}_stride_length", foot.stride_length_m, "m", missing=few),
        measured(f"{side}_speed", foot.speed_m_s, "m/s", missing=few),
    ]
