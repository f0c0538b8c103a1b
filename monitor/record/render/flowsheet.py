"""The flowsheet: one row before, one a set, peak, recovery, after. Every artefact shows this table.

A cell has a text, or a reason why it has none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.record.facts import PressureFacts, RatingFacts, SessionFacts, SetFacts, VitalFacts
from monitor.record.render.wording import (
    CODE_WORDS,
    POINT_WORDS,
    clock,
    number,
    plain,
    tempo,
    with_error,
)

POINTS = ("peak", "recovery_1_min", "recovery_3_min", "recovery_5_min")


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, or the reason for its absence; `numbers` are those in it. Neither: the cell does not apply."""

    text: str = ""
    numbers: tuple[float, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's key, title and unit."""

    key: str
    title: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `kind` is before, set, during, peak, recovery or after; `fact_id` is the set's."""

    kind: str
    cells: tuple[Cell, ...]
    fact_id: str = ""


COLUMNS = (
    Column("time", "Time"),
    Column("what", "Phase or set"),
    Column("load", "Load"),
    Column("repetitions", "Reps", "done/asked"),
    Column("range", "Range", "° ± 1 SD"),
    Column("best", "Best", "°"),
    Column("tempo", "Tempo", "up-hold-down s"),
    Column("heart_rate", "HR", "/min"),
    Column("spo2", "SpO₂", "%"),
    Column("pressure", "BP", "mmHg"),
    Column("exertion", "Exertion"),
    Column("dyspnoea", "Dyspn.", "0–10"),
    Column("pain", "Pain", "0–10"),
    Column("alerts", "Alerts"),
)

NOTHING = Cell()
NO_RATING = "the patient was not asked, or the answer was not entered"
NO_READING = "no cuff reading in this stretch"


def rows(facts: SessionFacts) -> tuple[Row, ...]:
    """The whole sheet."""
    sheet = _Sheet(facts)
    found = [sheet.period("before", "Before exercise")]
    found += [sheet.set(position) for position in range(len(facts.sets))]
    if not facts.sets and any(phase.phase == "exercise" for phase in facts.phases):
        found.append(sheet.uncounted())
    found += [sheet.point(point) for point in POINTS]
    found.append(sheet.period("after", "After exercise"))
    return tuple(found)


def reasons(sheet: Sequence[Row]) -> tuple[str, ...]:
    """Every reason once, in order: its place is its footnote's number."""
    return tuple(dict.fromkeys(cell.missing for row in sheet for cell in row.cells if cell.missing))


class _Sheet:
    def __init__(self, facts: SessionFacts) -> None:
        self._facts = facts

    def period(self, period: str, title: str) -> Row:
        facts = self._facts
        from_s, to_s = self._stretch(period)
        pressures = [one for one in facts.pressures if from_s <= one.t_s < to_s]
        return self._row(
            period,
            at=Cell(clock(facts, from_s)),
            what=title,
            heart_rate=self._last("heart_rate_per_min", period),
            spo2=self._last("spo2_percent", period),
            pressures=pressures[-1:],
            ratings=[rating for rating in facts.ratings if from_s <= rating.t_s < to_s],
            span=(from_s, to_s),
        )

    def set(self, position: int) -> Row:
        facts = self._facts
        done = facts.sets[position]
        until_s = facts.sets[position + 1].from_s if position + 1 < len(facts.sets) else self._exercise_end()
        exercise = facts.exercise(done.exercise)
        side = "" if exercise is None else f" ({exercise.side})"
        # The rows leave no time between them: what came before the first set is the first row's.
        spans = (done.from_s if position else self._exercise_begin(), max(until_s, done.to_s))
        return self._row(
            "set",
            at=Cell(clock(facts, done.from_s)),
            what=f"{plain(done.exercise)}{side}, set {done.number}",
            fact_id=done.fact_id,
            movement=self._movement(done),
            heart_rate=_value(done.heart_rate_highest_per_min, "no usable heart rate within the set"),
            spo2=_value(done.spo2_lowest_percent, "no usable saturation within the set"),
            pressures=[one for one in facts.pressures if spans[0] <= one.t_s < spans[1]],
            ratings=[rating for rating in facts.ratings if spans[0] <= rating.t_s < spans[1]],
            span=spans,
        )

    def uncounted(self) -> Row:
        """The exercise of a session in which no set was counted: what was measured and said is not lost."""
        facts = self._facts
        span = (self._exercise_begin(), self._exercise_end())
        return self._row(
            "during",
            at=Cell(clock(facts, span[0])),
            what="Exercise, no set counted",
            heart_rate=self._last("heart_rate_per_min", "during"),
            spo2=self._last("spo2_percent", "during"),
            pressures=[one for one in facts.pressures if span[0] <= one.t_s < span[1]],
            ratings=[rating for rating in facts.ratings if span[0] <= rating.t_s < span[1]],
            span=span,
        )

    def point(self, point: str) -> Row:
        by_code = {one.code: one for one in self._facts.points if one.point == point}
        heart_rate, spo2 = by_code.get("heart_rate_per_min"), by_code.get("spo2_percent")
        systolic, diastolic = by_code.get("systolic_mmhg"), by_code.get("diastolic_mmhg")
        if systolic is None or diastolic is None:
            pressure = Cell(missing="no cuff reading in this session")
        elif systolic.value is None or diastolic.value is None:
            pressure = Cell(missing=f"blood pressure: {systolic.reason or diastolic.reason}")
        else:
            pressure = Cell(
                f"{number(systolic.value)}/{number(diastolic.value)}", (systolic.value, diastolic.value)
            )
        cells = {
            "what": Cell(POINT_WORDS[point]),
            "heart_rate": _point(heart_rate, "heart_rate_per_min"),
            "spo2": _point(spo2, "spo2_percent"),
            "pressure": pressure,
        }
        return Row(
            "peak" if point == "peak" else "recovery",
            tuple(cells.get(column.key, NOTHING) for column in COLUMNS),
        )

    def _row(
        self,
        kind: str,
        *,
        at: Cell,
        what: str,
        heart_rate: Cell,
        spo2: Cell,
        pressures: Sequence[PressureFacts],
        ratings: Sequence[RatingFacts],
        span: tuple[float, float],
        movement: dict[str, Cell] | None = None,
        fact_id: str = "",
    ) -> Row:
        alerts = [one.fact_id for one in self._facts.alerts if span[0] <= one.fired_s < span[1]]
        cells = {
            "time": at,
            "what": Cell(what),
            "heart_rate": heart_rate,
            "spo2": spo2,
            "pressure": _pressure(pressures),
            "exertion": _rating(ratings, "rpe", "cr10"),
            "dyspnoea": _rating(ratings, "dyspnoea"),
            "pain": _rating(ratings, "pain"),
            "alerts": Cell(" ".join(alerts)),
        } | (movement or {})
        return Row(kind, tuple(cells.get(column.key, NOTHING) for column in COLUMNS), fact_id)

    def _movement(self, done: SetFacts) -> dict[str, Cell]:
        counted = f"{done.repetitions}/{done.repetitions_prescribed}"
        if done.partial:
            counted += f" +{done.partial} partial"
        numbers: tuple[float, ...] = (float(done.repetitions), float(done.repetitions_prescribed))
        if done.partial:
            numbers += (float(done.partial),)
        unmeasured = "no repetition of this set was measured whole"
        range_cell = Cell(missing=unmeasured)
        if done.range_mean_deg is not None:
            error = () if done.range_error_deg is None else (done.range_error_deg,)
            range_cell = Cell(
                with_error(done.range_mean_deg, done.range_error_deg), (done.range_mean_deg, *error)
            )
        return {
            "load": _value(done.load, "the plan names no load"),
            "repetitions": Cell(counted, numbers),
            "range": range_cell,
            "best": _value(done.range_best_deg, unmeasured),
            "tempo": Cell(tempo(done.tempo_s), done.tempo_s) if done.tempo_s else Cell(missing=unmeasured),
        }

    def _last(self, code: str, period: str) -> Cell:
        found = self._vital(code, period)
        if found is None:
            return Cell(missing=f"no usable {_low(code)} {period} exercise")
        return Cell(number(found.last), (found.last,))

    def _vital(self, code: str, period: str) -> VitalFacts | None:
        return next((one for one in self._facts.vitals if (one.code, one.period) == (code, period)), None)

    def _stretch(self, period: str) -> tuple[float, float]:
        facts = self._facts
        began = self._exercise_begin()
        return (0.0, began) if period == "before" else (self._exercise_end(), facts.duration_s + 1.0)

    def _exercise_begin(self) -> float:
        facts = self._facts
        return next((one.from_s for one in facts.phases if one.phase == "exercise"), facts.duration_s)

    def _exercise_end(self) -> float:
        ends = [one.to_s for one in self._facts.phases if one.phase in {"exercise", "rest"}]
        return ends[-1] if ends else self._facts.duration_s


def _low(code: str) -> str:
    words = CODE_WORDS[code]
    return words if words.startswith("SpO") else words.lower()


def _value(value: float | None, missing: str) -> Cell:
    return Cell(missing=missing) if value is None else Cell(number(value), (value,))


def _point(point: object, code: str) -> Cell:
    value = getattr(point, "value", None)
    if value is not None:
        return Cell(number(value), (value,))
    reason = getattr(point, "reason", "") or "not measured in this session"
    return Cell(missing=f"{_low(code)}: {reason}")


def _pressure(pressures: Sequence[PressureFacts]) -> Cell:
    texts, numbers = [], []
    for one in pressures:
        if one.systolic_mmhg is None or one.diastolic_mmhg is None:
            texts.append("error")
            continue
        doubt = "" if one.quality == "good" else "?"
        texts.append(f"{number(one.systolic_mmhg)}/{number(one.diastolic_mmhg)}{doubt}")
        numbers += [one.systolic_mmhg, one.diastolic_mmhg]
    return Cell("  ".join(texts), tuple(numbers)) if texts else Cell(missing=NO_READING)


def _rating(ratings: Sequence[RatingFacts], *scales: str) -> Cell:
    found = [rating for rating in ratings if rating.scale in scales]
    if not found:
        return Cell(missing=NO_RATING)
    texts = [number(one.value) + (" (CR10)" if one.scale == "cr10" else "") for one in found]
    return Cell("  ".join(texts), tuple(one.value for one in found))
