"""A cue for fatigue within a set: speed or range of motion that is being lost.

Velocity loss within a set follows neuromuscular fatigue (Sanchez-Medina and Gonzalez-Badillo, Med. Sci.
Sports Exerc. 43:1725-1734 (2011), doi 10.1249/MSS.0b013e318213f880). A cue for the therapist, no diagnosis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from monitor.exercise.repetitions import Repetition


@dataclass(frozen=True, slots=True, kw_only=True)
class Fatigue:
    """Loss against the set's beginning, percent (negative: gained), and whether it is worth a cue."""

    speed_loss_percent: float
    range_loss_percent: float
    cue: bool


def fatigue_of(
    repetitions: Sequence[Repetition],
    *,
    # 20 % is where resistance training usually ends a set that is not to exhaust.
    speed_limit_percent: float = 20.0,
    range_limit_percent: float = 15.0,
    # Three repetitions find the pace; two in a row are not an accident.
    first: int = 3,
    last: int = 2,
) -> Fatigue | None:
    """Judge the open set; None before there are `first` + `last` measured repetitions."""
    measured = [r for r in repetitions if not r.interrupted]
    if len(measured) < first + last:
        return None
    speed = fmean(r.peak_rate_deg_s for r in measured[:first])
    reach = fmean(r.rom_deg for r in measured[:first])
    if speed <= 0.0 or reach <= 0.0:
        return None
    losses = [
        (100.0 * (1.0 - r.peak_rate_deg_s / speed), 100.0 * (1.0 - r.rom_deg / reach), r)
        for r in measured[-last:]
    ]
    # A range that is lost by less than the measurement error is not lost.
    cue = all(s >= speed_limit_percent for s, _, _ in losses) or all(
        loss >= range_limit_percent and reach - r.rom_deg > r.minimal_detectable_change_deg
        for _, loss, r in losses
    )
    return Fatigue(
        speed_loss_percent=fmean(s for s, _, _ in losses),
        range_loss_percent=fmean(r for _, r, _ in losses),
        cue=cue,
    )
