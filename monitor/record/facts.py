"""The facts of one session: everything that a record needs, as frozen values.

`t_s` are seconds since the session's first input, to the millisecond; `SessionFacts.utc` turns them into UTC.
Numbers are rounded here, once, to what is worth showing, so that every artefact says the same number.
People are roles with a code, never names. What a person has typed is marked as free text and can be withheld.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone

# Raised when the same field would mean something else.
FACTS_FORMAT = 1

WITHHELD = "(text withheld)"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRecorded:
    """A fact that the recording does not have, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFacts:
    """One stretch of the session in one phase; `reason` is the event that led into it."""

    phase: str
    from_s: float
    to_s: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseFacts:
    """One prescribed exercise. `load` is the plan's number; `range_goal_deg` its band (lowest, highest)."""

    name: str
    joint: str
    side: str
    load: float | None
    load_unit: str | None
    sets_prescribed: int
    repetitions_prescribed: int
    sets_done: int
    repetitions_done: int
    rest_angle_deg: float
    target_angle_deg: float
    range_goal_deg: tuple[float, float] | None
    tempo_goal_s: tuple[float, float, float] | None
    active_s: float
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFacts:
    """One set as it was done.

    Range of motion: mean and best of what was measured well; the error is one standard deviation, None
    where it is not known. `tempo_s` is the mean of lifting, holding, lowering. The vital signs are the
    worst within the set. `unseen_s` of it no sensor saw the joint.
    """

    fact_id: str
    exercise: str
    number: int
    from_s: float
    to_s: float
    repetitions: int
    repetitions_prescribed: int
    partial: int
    too_fast: int
    range_mean_deg: float | None
    range_best_deg: float | None
    range_error_deg: float | None
    detectable_change_deg: float | None
    tempo_s: tuple[float, float, float] | None
    load: float | None
    symmetry_percent: float | None
    symmetry_detectable: bool
    unseen_s: float
    heart_rate_highest_per_min: float | None
    spo2_lowest_percent: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionFacts:
    """One repetition; `flags` as the session gave them (`partial`, `too_fast`, `interrupted`, `fatigue`)."""

    fact_id: str
    exercise: str
    set_number: int
    number: int
    from_s: float
    to_s: float
    range_deg: float
    range_error_deg: float | None
    minimum_deg: float
    maximum_deg: float
    tempo_s: tuple[float, float, float] | None
    peak_speed_deg_s: float | None
    smoothness_sparc: float | None
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalFacts:
    """One vital sign of one source in one period: before, during, after.

    From values that were good or questionable; `questionable` of the `samples` were the latter. `last` is the
    period's newest.
    """

    code: str
    unit: str
    source: str
    period: str
    samples: int
    questionable: int
    minimum: float
    mean: float
    maximum: float
    last: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PointFacts:
    """One vital sign at an instant of the flowsheet: peak, recovery_1_min, recovery_3_min, recovery_5_min.

    Recovery counts from the end of the last exercise. `value` is None when there was none; `reason` says why.
    """

    code: str
    unit: str
    point: str
    t_s: float | None
    value: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PressureFacts:
    """One cuff reading of the session, as it was shown, with the phase in which it came."""

    fact_id: str
    t_s: float
    phase: str
    period: str
    systolic_mmhg: float | None
    diastolic_mmhg: float | None
    mean_mmhg: float | None
    pulse_per_min: float | None
    quality: str
    flags: tuple[str, ...]
    source: str
    arm: str | None
    posture: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledReadingFacts:
    """A cuff's reading that no rule used: out of its memory, handed over before, or another person's.

    `taken` is the cuff's own date and time. Another person's values are not told.
    """

    fact_id: str
    t_s: float
    source: str
    reason: str
    systolic_mmhg: float | None
    diastolic_mmhg: float | None
    taken: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingFacts:
    """What the patient said when asked: `scale` is rpe (6-20), cr10, dyspnoea or pain (0-10)."""

    fact_id: str
    t_s: float
    phase: str
    scale: str
    value: float
    by: str
    site: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteFacts:
    """Something said or seen: `kind` is symptom, note or another of the session's words; `text` is free."""

    fact_id: str
    t_s: float
    phase: str
    kind: str
    text: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitFacts:
    """One limit in force when the session began."""

    name: str
    unit: str
    value: float
    loosened_from_pack: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitChangeFacts:
    """One limit changed within the session."""

    fact_id: str
    t_s: float
    name: str
    unit: str
    old: float | None
    new: float
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFacts:
    """One alert's life.

    `offending_s` is the first sample that met the condition. `confirmed_after_ms` counts from the firing to
    the confirmation by the therapist's application. `by_artefact` is true when a poor signal or disagreeing
    sensors were being reported as it fired. `text` is free text where a person's words are in it.
    `verdict` is what somebody judged at acknowledgement.
    """

    fact_id: str
    rule: str
    condition: str
    kind: str
    priority: str
    text: str
    text_is_free: bool
    phase: str
    offending_s: float
    fired_s: float
    value: float | None
    unit: str
    limit: float | None
    sources: tuple[str, ...]
    firings: int
    confirmed_after_ms: float | None
    acknowledged_s: float | None
    acknowledged_by: str | None
    resolved_s: float | None
    state: str
    overridden: bool
    by_artefact: bool
    verdict: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """One sensor. `completeness_percent` is the share of the session's seconds with usable data from it."""

    device: str
    family: str
    role: str
    arm: str | None
    firmware: str | NotRecorded
    battery_percent: float | None
    reconnects: int
    decode_failures: int
    completeness_percent: float | NotRecorded


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationFacts:
    """One finished calibration of a joint; `axis_error_deg` is how well the axis was found."""

    fact_id: str
    t_s: float
    joint: str
    axis_error_deg: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLineFacts:
    """One line of the readiness check before the session."""

    fact_id: str
    t_s: float
    check: str
    passed: bool
    value: float | None
    limit: float | None
    unit: str
    by: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CueFacts:
    """One cue that was given to the patient."""

    fact_id: str
    t_s: float
    cue: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTestFacts:
    """One function test; `measures` are (name, value, unit, error or None)."""

    fact_id: str
    t_s: float
    test: str
    valid: bool
    measures: tuple[tuple[str, float, str, float | None], ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """Somebody who took part: role and code, and how many commands of theirs were carried out."""

    code: str
    role: str
    acts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A curve: `values[i]` at `t_s[i]`; None is a gap that begins there."""

    code: str
    unit: str
    source: str
    t_s: tuple[float, ...]
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A correction, shown beside the fact that it corrects; the fact stays. Its texts are free text."""

    number: int
    at_utc_ns: int
    by: str
    fact_id: str
    correction: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """The whole session.

    `start_utc_ns` is UTC at `t_s` 0 by the recording's last word on the wall clock, `utc_offset_s` local time
    minus UTC. `is_complete` is false when the recording was cut off. `plan_version` is a digest of the plan.
    `series` are left out where facts are kept in a store: they can be had from the recording again.
    """

    format: int = FACTS_FORMAT
    session_id: str
    patient_id: str
    clinic: str
    station: str
    software_version: str
    plan_version: str
    pack: str
    start_utc_ns: int
    utc_offset_s: int
    duration_s: float
    is_complete: bool
    has_ended: bool
    phases: tuple[PhaseFacts, ...]
    exercises: tuple[ExerciseFacts, ...]
    sets: tuple[SetFacts, ...]
    repetitions: tuple[RepetitionFacts, ...]
    vitals: tuple[VitalFacts, ...]
    points: tuple[PointFacts, ...]
    pressures: tuple[PressureFacts, ...]
    ratings: tuple[RatingFacts, ...]
    notes: tuple[NoteFacts, ...]
    limits: tuple[LimitFacts, ...]
    limit_changes: tuple[LimitChangeFacts, ...]
    alerts: tuple[AlertFacts, ...]
    devices: tuple[DeviceFacts, ...]
    calibrations: tuple[CalibrationFacts, ...] | NotRecorded
    gate: tuple[GateLineFacts, ...] | NotRecorded
    cues: tuple[CueFacts, ...] | NotRecorded
    function_tests: tuple[FunctionTestFacts, ...] | NotRecorded
    people: tuple[PersonFacts, ...]
    messages: int
    messages_unconfirmed: int
    filed_readings: tuple[FiledReadingFacts, ...] = ()
    series: tuple[Series, ...] = ()
    amendments: tuple[Amendment, ...] = field(default=())

    def utc(self, t_s: float) -> str:
        """ISO 8601 in UTC with milliseconds of the instant `t_s`."""
        return iso_utc(self.start_utc_ns + round(t_s * 1000) * 1_000_000)

    def local(self, t_s: float) -> datetime:
        """The station's local time of the instant `t_s`, to the millisecond."""
        zone = timezone(timedelta(seconds=self.utc_offset_s))
        milliseconds = self.start_utc_ns // 1_000_000 + round(t_s * 1000)
        return (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(zone)

    def exercise(self, name: str) -> ExerciseFacts | None:
        """The prescribed exercise of that name."""
        return next((exercise for exercise in self.exercises if exercise.name == name), None)

    def amendments_of(self, fact_id: str) -> tuple[Amendment, ...]:
        """The corrections of one fact, oldest first."""
        return tuple(amendment for amendment in self.amendments if amendment.fact_id == fact_id)


def iso_utc(utc_ns: int) -> str:
    """ISO 8601 in UTC with milliseconds of an instant given in ns since 1970."""
    instant = _EPOCH + timedelta(milliseconds=utc_ns // 1_000_000)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def without_free_text(facts: SessionFacts) -> SessionFacts:
    """The same facts with everything that a person may have typed withheld."""
    gate = facts.gate
    if not isinstance(gate, NotRecorded):
        gate = tuple(replace(line, text=_withheld(line.text)) for line in gate)
    return replace(
        facts,
        notes=tuple(replace(note, text=_withheld(note.text)) for note in facts.notes),
        alerts=tuple(
            replace(alert, text=WITHHELD) if alert.text_is_free else alert for alert in facts.alerts
        ),
        amendments=tuple(
            replace(one, correction=_withheld(one.correction), reason=_withheld(one.reason))
            for one in facts.amendments
        ),
        gate=gate,
    )


def _withheld(text: str) -> str:
    return WITHHELD if text else ""
