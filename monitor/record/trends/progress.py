"""A patient's plan over visits: what was done, best range, exertion at equal load, recovery.

A change of range is called a change only when it is beyond what the two measurements can tell apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import hypot

from monitor.record.render.wording import MISSING, number, plain, with_error
from monitor.store.record_rows import ExerciseRow, RecordRow

# 95 % of the differences between two measurements of the same thing are below this many of their SDs.
TWO_SIDED_95 = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One exercise at one visit."""

    session_id: str
    started_utc: str
    plan_version: str
    sets_done: int
    sets_prescribed: int
    repetitions_done: int
    repetitions_prescribed: int
    load: float | None
    range_best_deg: float | None
    range_error_deg: float | None
    range_goal_deg: float | None
    exertion: float | None
    exertion_scale: str | None
    recovery_fall_per_min: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The last visit against the first one that was measured; `detectable_deg` is what it must exceed."""

    since_utc: str
    difference_deg: float
    detectable_deg: float | None
    is_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadExertion:
    """Exertion at one load and scale, first and last."""

    load: float | None
    scale: str
    first: float
    last: float
    visits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseProgress:
    """One exercise of a patient over all visits, oldest first."""

    exercise: str
    joint: str
    side: str
    visits: tuple[Visit, ...]
    change: Change | None
    exertion: tuple[LoadExertion, ...]


def progress(pairs: Iterable[tuple[RecordRow, ExerciseRow]]) -> list[ExerciseProgress]:
    """By exercise, joint and side, in the order of the first visit; `pairs` oldest first."""
    grouped: dict[tuple[str, str, str], list[Visit]] = {}
    for record, row in pairs:
        key = (row.exercise, row.joint, row.side)
        grouped.setdefault(key, []).append(_visit(record, row))
    return [
        ExerciseProgress(
            exercise=exercise,
            joint=joint,
            side=side,
            visits=tuple(visits),
            change=change_of(visits),
            exertion=_exertion(visits),
        )
        for (exercise, joint, side), visits in grouped.items()
    ]


def _visit(record: RecordRow, row: ExerciseRow) -> Visit:
    started = datetime.fromtimestamp(record.started_utc_ns // 10**9, UTC)
    return Visit(
        session_id=record.session_id,
        started_utc=started.strftime("%Y-%m-%d %H:%M"),
        plan_version=record.plan_version,
        sets_done=row.sets_done,
        sets_prescribed=row.sets_prescribed,
        repetitions_done=row.repetitions_done,
        repetitions_prescribed=row.repetitions_prescribed,
        load=row.load,
        range_best_deg=row.range_best_deg,
        range_error_deg=row.range_error_deg,
        range_goal_deg=row.range_goal_deg,
        exertion=row.exertion,
        exertion_scale=row.exertion_scale,
        recovery_fall_per_min=record.recovery_fall_per_min,
    )


def detectable(first_error_deg: float | None, last_error_deg: float | None) -> float | None:
    """The smallest difference that two measurements with these errors (SD) can show, 95 %."""
    if first_error_deg is None or last_error_deg is None:
        return None
    return round(TWO_SIDED_95 * hypot(first_error_deg, last_error_deg), 1)


def change_of(visits: Sequence[Visit]) -> Change | None:
    """Last against first, of those with a range; None with fewer than two."""
    measured = [visit for visit in visits if visit.range_best_deg is not None]
    if len(measured) < 2:
        return None
    first, last = measured[0], measured[-1]
    difference = round((last.range_best_deg or 0.0) - (first.range_best_deg or 0.0), 1)
    limit = detectable(first.range_error_deg, last.range_error_deg)
    return Change(
        since_utc=first.started_utc,
        difference_deg=difference,
        detectable_deg=limit,
        is_change=limit is not None and abs(difference) > limit,
    )


def _exertion(visits: Sequence[Visit]) -> tuple[LoadExertion, ...]:
    """Only equal loads on equal scales are set side by side."""
    grouped: dict[tuple[float | None, str], list[float]] = {}
    for visit in visits:
        if visit.exertion is not None and visit.exertion_scale is not None:
            grouped.setdefault((visit.load, visit.exertion_scale), []).append(visit.exertion)
    return tuple(
        LoadExertion(load=load, scale=scale, first=values[0], last=values[-1], visits=len(values))
        for (load, scale), values in grouped.items()
        if len(values) > 1
    )


def as_text(found: Sequence[ExerciseProgress], *, last: int = 12) -> list[str]:
    """Lines for people; of many visits the last ones."""
    lines = []
    for one in found:
        goal = next((v.range_goal_deg for v in reversed(one.visits) if v.range_goal_deg is not None), None)
        said = "" if goal is None else f"; the plan's movement is {number(goal)}°"
        lines.append(f"{plain(one.exercise)}, {one.side} {one.joint}: {len(one.visits)} visits{said}")
        lines.append("  date (UTC)         sets    reps     best range °    load   exertion  HR fall 1 min")
        if len(one.visits) > last:
            lines.append(f"  ... {len(one.visits) - last} earlier visits")
        lines += [_line(visit) for visit in one.visits[-last:]]
        lines += [f"  {sentence}" for sentence in _sentences(one)]
    return lines


def _line(visit: Visit) -> str:
    best = MISSING
    if visit.range_best_deg is not None:
        best = with_error(visit.range_best_deg, visit.range_error_deg)
    exertion = MISSING if visit.exertion is None else f"{number(visit.exertion)} {visit.exertion_scale}"
    load = MISSING if visit.load is None else number(visit.load)
    fall = MISSING if visit.recovery_fall_per_min is None else f"{number(visit.recovery_fall_per_min)} /min"
    sets = f"{visit.sets_done}/{visit.sets_prescribed}"
    repetitions = f"{visit.repetitions_done}/{visit.repetitions_prescribed}"
    done = f"  {visit.started_utc}  {sets:>5}  {repetitions:>7}  {best:>14}"
    return f"{done}  {load:>6}  {exertion:>9}  {fall:>12}"


def _sentences(one: ExerciseProgress) -> list[str]:
    sentences = []
    change = one.change
    if change is None:
        sentences.append("range: fewer than two visits with a measured range")
    elif change.detectable_deg is None:
        sentences.append(
            f"range: {change.difference_deg:+g}° since {change.since_utc}; "
            "its error is not known, so it is no finding"
        )
    else:
        verdict = "a change" if change.is_change else "within what the measurement can tell: no change"
        sentences.append(
            f"range: {change.difference_deg:+g}° since {change.since_utc}, detectable from "
            f"{number(change.detectable_deg)}°: {verdict}"
        )
    for same in one.exertion:
        load = "no load in the plan" if same.load is None else f"load {number(same.load)}"
        sentences.append(
            f"exertion ({same.scale}) at {load}: {number(same.first)} first, {number(same.last)} last, "
            f"{same.visits} visits"
        )
    return sentences
