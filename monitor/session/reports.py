"""What a repetition and a set say to the outside: count, range and its error, tempo, smoothness, symmetry."""

import math
from collections.abc import Sequence

from monitor.exercise.fatigue import fatigue_of
from monitor.exercise.repetitions import Repetition
from monitor.exercise.sets import SetSummary
from monitor.exercise.symmetry import Symmetry, range_symmetry
from monitor.exercise.tempo import Tempo
from monitor.outputs import ReadingFiled, RepetitionCounted, SetEnded
from monitor.plan.exercise import Exercise, Side
from monitor.samples import FiledReading

Sets = Sequence[tuple[Exercise, SetSummary]]


def repetition_counted(
    repetition: Repetition, *, now_ns: int, exercise: Exercise, set_number: int, current: SetSummary | None
) -> RepetitionCounted:
    """`current` is the set that the repetition has just joined."""
    fatigue = None if current is None else fatigue_of(current.repetitions)
    remarks = {
        "partial": repetition.partial,
        "too_fast": repetition.too_fast,
        "interrupted": repetition.interrupted,
        "fatigue": fatigue is not None and fatigue.cue,
    }
    tempo = repetition.tempo
    return RepetitionCounted(
        at_ns=now_ns,
        exercise=exercise.name,
        set_number=set_number,
        repetition=current.full if current is not None else 0,
        repetition_target=exercise.repetitions,
        t_start_ns=repetition.start_ns,
        t_end_ns=repetition.end_ns,
        range_of_motion_deg=round(repetition.rom_deg, 2),
        minimum_deg=round(repetition.min_deg, 2),
        maximum_deg=round(repetition.max_deg, 2),
        range_error_deg=_rounded(repetition.rom_error_deg),
        tempo_s=_tempo(tempo),
        peak_speed_deg_s=_rounded(repetition.peak_rate_deg_s),
        sparc=_rounded(repetition.sparc),
        log_dimensionless_jerk=_rounded(repetition.log_dimensionless_jerk),
        speed_loss_percent=None if fatigue is None else _rounded(fatigue.speed_loss_percent),
        range_loss_percent=None if fatigue is None else _rounded(fatigue.range_loss_percent),
        flags=tuple(word for word, true in remarks.items() if true),
    )


def set_ended(summary: SetSummary, *, now_ns: int, exercise: Exercise, earlier: Sets) -> SetEnded:
    """`earlier` are the session's sets before this one."""
    symmetry = symmetry_of(summary, exercise, earlier)
    return SetEnded(
        at_ns=now_ns,
        exercise=exercise.name,
        set_number=summary.index,
        set_target=exercise.sets,
        repetitions=summary.full,
        repetition_target=exercise.repetitions,
        range_of_motion_deg=_rounded(summary.mean_rom_deg),
        t_start_ns=summary.start_ns,
        t_end_ns=summary.end_ns,
        unseen_s=round(summary.unseen_s, 1),
        partial=summary.partial,
        too_fast=summary.too_fast,
        range_error_deg=_rounded(summary.rom_error_deg),
        minimal_detectable_change_deg=_rounded(summary.minimal_detectable_change_deg),
        symmetry_percent=None if symmetry is None else _rounded(symmetry.index_percent),
        symmetry_detectable=symmetry is not None and symmetry.detectable,
    )


def reading_filed(reading: FiledReading, *, at_ns: int) -> ReadingFiled:
    """A cuff's reading that is no observation of now, as it is listed."""
    return ReadingFiled(
        at_ns=at_ns,
        received_ns=reading.received_ns,
        device=reading.device,
        reason=reading.reason,
        systolic_mmhg=reading.systolic_mmhg,
        diastolic_mmhg=reading.diastolic_mmhg,
        taken=reading.taken,
    )


def symmetry_of(summary: SetSummary, exercise: Exercise, earlier: Sets) -> Symmetry | None:
    """This set against the last one of the same movement on the other side; None when there was none."""
    for before, other in reversed(earlier):
        same = (before.joint, before.rest_angle_deg, before.target_angle_deg) == (
            exercise.joint,
            exercise.rest_angle_deg,
            exercise.target_angle_deg,
        )
        if same and before.side is not exercise.side:
            is_left = exercise.side is Side.LEFT
            left, right = (summary, other) if is_left else (other, summary)
            return range_symmetry(left.repetitions, right.repetitions, involved_left=is_left)
    return None


def _tempo(tempo: Tempo) -> tuple[float, float, float] | None:
    """Lifting, holding, lowering; None where a part was not seen."""
    parts = (tempo.lifting_s, tempo.holding_s, tempo.lowering_s)
    if not all(map(math.isfinite, parts)):
        return None
    lifting, holding, lowering = (round(part, 2) for part in parts)
    return lifting, holding, lowering


def _rounded(value: float | None) -> float | None:
    """To a hundredth; what is not finite is not known."""
    return None if value is None or not math.isfinite(value) else round(value, 2)
