"""Two sessions side by side. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.record.facts import SessionFacts
from monitor.record.render.wording import CODE_WORDS, POINT_WORDS, plain
from monitor.record.trends.progress import detectable


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One quantity in both; `remark` says what the difference means, or why there is none."""

    what: str
    unit: str
    first: float | None
    second: float | None
    difference: float | None
    remark: str


def compare(first: SessionFacts, second: SessionFacts) -> list[Line]:
    """Exercises that both have, then vital signs at the flowsheet's instants, then alerts."""
    return [*_exercises(first, second), *_points(first, second), *_alerts(first, second)]


def _exercises(first: SessionFacts, second: SessionFacts) -> Iterator[Line]:
    for exercise in first.exercises:
        other = second.exercise(exercise.name)
        if other is None or (other.joint, other.side) != (exercise.joint, exercise.side):
            yield _line(
                f"{plain(exercise.name)} {exercise.side}", "", None, None, "only in the first session"
            )
            continue
        name = f"{plain(exercise.name)} {exercise.side}"
        yield _line(
            f"{name}, repetitions", "", float(exercise.repetitions_done), float(other.repetitions_done), ""
        )
        remark = "" if exercise.load == other.load else "the plans differ in the load"
        yield _line(f"{name}, load", "", exercise.load, other.load, remark)
        best = [_best(facts, exercise.name) for facts in (first, second)]
        limit = detectable(best[0][1], best[1][1])
        line = _line(f"{name}, best range", "deg", best[0][0], best[1][0], "")
        if line.difference is None:
            remark = "not measured in both"
        elif limit is None:
            remark = "error not known: no finding"
        else:
            verdict = "a change" if abs(line.difference) > limit else "no change"
            remark = f"detectable from {limit:g} deg: {verdict}"
        yield _line(line.what, "deg", line.first, line.second, remark)
    for exercise in second.exercises:
        if first.exercise(exercise.name) is None:
            yield _line(
                f"{plain(exercise.name)} {exercise.side}", "", None, None, "only in the second session"
            )


def _best(facts: SessionFacts, exercise: str) -> tuple[float | None, float | None]:
    sets = [one for one in facts.sets if one.exercise == exercise and one.range_best_deg is not None]
    if not sets:
        return None, None
    best = max(sets, key=lambda one: one.range_best_deg or 0.0)
    return best.range_best_deg, best.range_error_deg


def _points(first: SessionFacts, second: SessionFacts) -> Iterator[Line]:
    others = {(one.code, one.point): one for one in second.points}
    for one in first.points:
        other = others.get((one.code, one.point))
        if other is None or (one.value is None and other.value is None):
            continue
        remark = one.reason or other.reason
        name = f"{CODE_WORDS.get(one.code, plain(one.code))}, {POINT_WORDS[one.point].lower()}"
        yield _line(name, one.unit, one.value, other.value, remark)


def _alerts(first: SessionFacts, second: SessionFacts) -> Iterator[Line]:
    for priority in ("high", "medium", "low"):
        counts = [float(sum(one.priority == priority for one in facts.alerts)) for facts in (first, second)]
        yield _line(f"alerts, {priority}", "", counts[0], counts[1], "")


def _line(what: str, unit: str, first: float | None, second: float | None, remark: str) -> Line:
    difference = None if first is None or second is None else round(second - first, 1)
    return Line(what=what, unit=unit, first=first, second=second, difference=difference, remark=remark)
