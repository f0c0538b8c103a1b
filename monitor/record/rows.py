"""A session's facts as the rows that the store keeps. Pure."""

from monitor.record.facts import AlertFacts, Amendment, ExerciseFacts, SessionFacts
from monitor.record.facts_json import to_json
from monitor.record.gather.people import People
from monitor.store.record_rows import AlertRow, AmendmentRow, ExerciseRow, RecordRow, StoredRecord


def stored_record(facts: SessionFacts) -> StoredRecord:
    """Everything that the store keeps; amendments are rows of their own and left out here."""
    shares = [
        device.completeness_percent
        for device in facts.devices
        if isinstance(device.completeness_percent, float)
    ]
    row = RecordRow(
        session_id=facts.session_id,
        patient_id=facts.patient_id,
        clinic=facts.clinic,
        station=facts.station,
        pack=facts.pack,
        plan_version=facts.plan_version,
        started_utc_ns=facts.start_utc_ns,
        duration_s=facts.duration_s,
        is_complete=facts.is_complete,
        has_ended=facts.has_ended,
        sets_done=sum(exercise.sets_done for exercise in facts.exercises),
        sets_prescribed=sum(exercise.sets_prescribed for exercise in facts.exercises),
        repetitions_done=sum(exercise.repetitions_done for exercise in facts.exercises),
        repetitions_prescribed=sum(exercise.repetitions_prescribed for exercise in facts.exercises),
        alerts=len(facts.alerts),
        alerts_high=sum(alert.priority == "high" for alert in facts.alerts),
        messages_unconfirmed=facts.messages_unconfirmed,
        completeness_percent=min(shares, default=None),
        recovery_fall_per_min=recovery_fall(facts),
    )
    return StoredRecord(
        row=row,
        exercises=tuple(
            _exercise(position, exercise, facts) for position, exercise in enumerate(facts.exercises, start=1)
        ),
        alerts=tuple(_alert(alert) for alert in facts.alerts),
        facts=to_json(facts, series=False),
    )


def recovery_fall(facts: SessionFacts) -> float | None:
    """How far the heart rate fell from its peak to one minute after the last exercise."""
    values = {
        point.point: point.value
        for point in facts.points
        if point.code == "heart_rate_per_min" and point.value is not None
    }
    peak, after = values.get("peak"), values.get("recovery_1_min")
    return None if peak is None or after is None else round(peak - after, 1)


def amendment_of(row: AmendmentRow, clinic: str) -> Amendment:
    """A stored correction, its author as a code."""
    return Amendment(
        number=row.number,
        at_utc_ns=row.at_utc_ns,
        by=People(clinic, {}).code(row.actor),
        fact_id=row.fact_id,
        correction=row.correction,
        reason=row.reason,
    )


def _exercise(position: int, exercise: ExerciseFacts, facts: SessionFacts) -> ExerciseRow:
    sets = [one for one in facts.sets if one.exercise == exercise.name]
    best = max(
        (one for one in sets if one.range_best_deg is not None),
        key=lambda one: one.range_best_deg or 0.0,
        default=None,
    )
    # A rating belongs to the exercise whose set came before it.
    ratings = [
        rating
        for rating in facts.ratings
        if rating.scale in {"rpe", "cr10"} and _exercise_before(rating.t_s, facts) == exercise.name
    ]
    last = ratings[-1] if ratings else None
    return ExerciseRow(
        position=position,
        exercise=exercise.name,
        joint=exercise.joint,
        side=exercise.side,
        load=exercise.load,
        sets_done=exercise.sets_done,
        sets_prescribed=exercise.sets_prescribed,
        repetitions_done=exercise.repetitions_done,
        repetitions_prescribed=exercise.repetitions_prescribed,
        range_best_deg=None if best is None else best.range_best_deg,
        range_error_deg=None if best is None else best.range_error_deg,
        detectable_change_deg=None if best is None else best.detectable_change_deg,
        range_goal_deg=round(abs(exercise.target_angle_deg - exercise.rest_angle_deg), 1),
        exertion=None if last is None else last.value,
        exertion_scale=None if last is None else last.scale,
    )


def _exercise_before(t_s: float, facts: SessionFacts) -> str | None:
    return next((one.exercise for one in reversed(facts.sets) if one.from_s <= t_s), None)


def _alert(alert: AlertFacts) -> AlertRow:
    return AlertRow(
        alert_id=alert.fact_id,
        rule=alert.rule,
        priority=alert.priority,
        kind=alert.kind,
        firings=alert.firings,
        confirmed_after_ms=alert.confirmed_after_ms,
        acknowledged_after_s=_after(alert, alert.acknowledged_s),
        resolved_after_s=_after(alert, alert.resolved_s),
        by_artefact=alert.by_artefact,
        verdict=alert.verdict,
    )


def _after(alert: AlertFacts, t_s: float | None) -> float | None:
    return None if t_s is None else round(t_s - alert.fired_s, 3)
