"""Left against right."""

from dataclasses import dataclass
from statistics import fmean

from monitor.exercise.repetitions import Repetition


@dataclass(frozen=True, slots=True, kw_only=True)
class Symmetry:
    """`index_percent` = 200 (L - R) / (L + R), 0 is even; `limb_percent` = involved / uninvolved x 100.

    `detectable` says whether the difference exceeds what measurement error can make (95 %).
    """

    index_percent: float
    limb_percent: float
    difference_deg: float
    detectable: bool


def range_symmetry(
    left: tuple[Repetition, ...], right: tuple[Repetition, ...], *, involved_left: bool
) -> Symmetry | None:
    """Compare the mean range of motion of two sides' sets; None when one has no measured repetition."""
    sides = [[r for r in side if not r.interrupted] for side in (left, right)]
    if not all(sides):
        return None
    mean_left, mean_right = (fmean(r.rom_deg for r in side) for side in sides)
    if mean_left + mean_right <= 0.0:
        return None
    involved, other = (mean_left, mean_right) if involved_left else (mean_right, mean_left)
    # Errors of one set share their calibration: averaging over repetitions does not shrink them.
    change = max(r.minimal_detectable_change_deg for side in sides for r in side)
    return Symmetry(
        index_percent=200.0 * (mean_left - mean_right) / (mean_left + mean_right),
        limb_percent=100.0 * involved / other if other > 0.0 else float("inf"),
        difference_deg=mean_left - mean_right,
        detectable=abs(mean_left - mean_right) > change,
    )
