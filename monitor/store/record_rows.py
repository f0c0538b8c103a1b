"""The rows of session records. Pure values; `monitor.record.rows` makes them of a session's facts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    """One session in a list; the field names are the table's columns."""

    session_id: str
    patient_id: str
    clinic: str
    station: str
    pack: str
    plan_version: str
    started_utc_ns: int
    duration_s: float
    is_complete: bool
    has_ended: bool
    sets_done: int
    sets_prescribed: int
    repetitions_done: int
    repetitions_prescribed: int
    alerts: int
    alerts_high: int
    messages_unconfirmed: int
    completeness_percent: float | None
    recovery_fall_per_min: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseRow:
    """One exercise of one session; `range_goal_deg` is how far one whole repetition should go."""

    position: int
    exercise: str
    joint: str
    side: str
    load: float | None
    sets_done: int
    sets_prescribed: int
    repetitions_done: int
    repetitions_prescribed: int
    range_best_deg: float | None
    range_error_deg: float | None
    detectable_change_deg: float | None
    range_goal_deg: float | None
    exertion: float | None
    exertion_scale: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert of one session; times count from its firing, None when it did not happen."""

    alert_id: str
    rule: str
    priority: str
    kind: str
    firings: int
    confirmed_after_ms: float | None
    acknowledged_after_s: float | None
    resolved_after_s: float | None
    by_artefact: bool
    verdict: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """Everything that the store keeps of one session's record; `facts` is canonical JSON."""

    row: RecordRow
    exercises: tuple[ExerciseRow, ...]
    alerts: tuple[AlertRow, ...]
    facts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentRow:
    """One correction as stored; `actor` is the login of who made it."""

    number: int
    session_id: str
    at_utc_ns: int
    actor: str
    fact_id: str
    correction: str
    reason: str
