"""The draft of a visit note: S and O from the facts, A empty, P as prescribed. Never signed."""

from collections.abc import Iterator

from monitor.record.facts import NotRecorded, SessionFacts
from monitor.record.render import flowsheet
from monitor.record.render.wording import (
    ADJUNCT,
    MISSING,
    SCALE_WORDS,
    clock,
    day,
    minutes,
    number,
    plain,
    quantity,
    with_error,
)

UNSIGNED = "DRAFT, not signed. A therapist completes, corrects and signs it in the record system."
ASSESSMENT = "(for the therapist)"


def soap(facts: SessionFacts) -> str:
    """The note as plain text."""
    done = sum(exercise.active_s for exercise in facts.exercises)
    head = [
        f"VISIT NOTE  {UNSIGNED}",
        "",
        f"Patient {facts.patient_id}   {day(facts)}   {facts.clinic}/{facts.station}",
        f"Session {facts.session_id}   plan {facts.plan_version}   pack {plain(facts.pack)}",
        f"Total time {minutes(facts.duration_s)} min, of which in sets {minutes(done)} min",
    ]
    parts = [
        "\n".join(head),
        "S  SUBJECTIVE\n" + "\n".join(subjective(facts)),
        "O  OBJECTIVE\n" + "\n".join(objective(facts)),
        f"A  ASSESSMENT\n{ASSESSMENT}",
        "P  PLAN (as prescribed)\n" + "\n".join(plan(facts)),
        ADJUNCT,
    ]
    return "\n\n".join(parts) + "\n"


def subjective(facts: SessionFacts) -> list[str]:
    """Ratings, symptoms and notes in the order of their time."""
    lines = [
        (rating.t_s, f"{SCALE_WORDS.get(rating.scale, rating.scale)} {number(rating.value)}", rating.phase)
        for rating in facts.ratings
    ]
    lines += [
        (note.t_s, f"{plain(note.kind)}: {note.text or 'reported'}", note.phase) for note in facts.notes
    ]
    if not lines:
        return [f"{MISSING} no rating, symptom or note was entered"]
    return [f"{clock(facts, t_s)}  {text} ({plain(phase)})" for t_s, text, phase in sorted(lines)]


def objective(facts: SessionFacts) -> list[str]:
    """The flowsheet, ranges against the goal, alerts."""
    return [
        *_sheet(facts),
        "",
        *_exercises(facts),
        *_alerts(facts),
        *_limits(facts),
        *_sensors(facts),
    ]


def _sheet(facts: SessionFacts) -> Iterator[str]:
    sheet = flowsheet.rows(facts)
    reasons = flowsheet.reasons(sheet)
    titles = [
        f"{column.title} {column.unit}".strip() if column.unit in {"%", "/min", "mmHg"} else column.title
        for column in flowsheet.COLUMNS
    ]
    lines = [titles] + [
        [f"{MISSING}[{reasons.index(cell.missing) + 1}]" if cell.missing else cell.text for cell in row.cells]
        for row in sheet
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    for line in lines:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
    for place, reason in enumerate(reasons, start=1):
        yield f"[{place}] {reason}"


def _exercises(facts: SessionFacts) -> Iterator[str]:
    for exercise in facts.exercises:
        load = "load not in the plan" if exercise.load is None else f"load {number(exercise.load)}"
        yield (
            f"{plain(exercise.name)}, {exercise.side} {exercise.joint}: {exercise.sets_done} of "
            f"{exercise.sets_prescribed} sets, {exercise.repetitions_done} of "
            f"{exercise.repetitions_prescribed} repetitions, {load}, {minutes(exercise.elapsed_s)} min"
        )
        sets = [one for one in facts.sets if one.exercise == exercise.name and one.range_best_deg is not None]
        if sets:
            best = max(sets, key=lambda one: one.range_best_deg or 0.0)
            goal = round(abs(exercise.target_angle_deg - exercise.rest_angle_deg), 1)
            yield (
                f"  best range {with_error(best.range_best_deg or 0.0, best.range_error_deg)} deg; "
                f"the plan's movement is {number(goal)} deg"
            )


def _alerts(facts: SessionFacts) -> Iterator[str]:
    if not facts.alerts:
        yield "No alert was raised."
    for alert in facts.alerts:
        answer = "not acknowledged"
        if alert.acknowledged_s is not None:
            answer = f"acknowledged after {number(round(alert.acknowledged_s - alert.fired_s, 1))} s"
        signal = "; while a poor signal was reported" if alert.by_artefact else ""
        yield (
            f"Alert {alert.fact_id} {clock(facts, alert.fired_s)} {alert.priority}: {alert.text}; "
            f"{answer}; {alert.state}{signal}"
        )


def _limits(facts: SessionFacts) -> Iterator[str]:
    for change in facts.limit_changes:
        old = "none" if change.old is None else quantity(change.old, change.unit)
        yield (
            f"Limit {plain(change.name)} from {clock(facts, change.t_s)}: "
            f"{quantity(change.new, change.unit)} (was {old}), by {change.by}"
        )


def _sensors(facts: SessionFacts) -> Iterator[str]:
    for one in facts.sets:
        if one.unseen_s >= 1.0:
            yield f"{plain(one.exercise)} set {one.number}: {number(one.unseen_s)} s not seen by the sensors"
    if isinstance(facts.gate, NotRecorded):
        yield f"Readiness check: {MISSING} {facts.gate.reason}"


def plan(facts: SessionFacts) -> list[str]:
    """What was prescribed; what comes next is the therapist's to say."""
    return [
        f"{plain(one.name)}, {one.side} {one.joint}: {one.sets_prescribed} sets, "
        f"{one.repetitions_prescribed} repetitions in all, "
        f"{number(one.rest_angle_deg)} to {number(one.target_angle_deg)} deg"
        for one in facts.exercises
    ]
