"""The session as it was: sets, vitals before, during and after, alerts. Pure values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from monitor.alerts.life_cycle import ACTIVE
from monitor.alerts.transition import AlertKind, AlertState, Priority, Transition
from monitor.exercise.phases import Phase
from monitor.exercise.sets import SetSummary
from monitor.outputs import ReadingFiled
from monitor.plan.exercise import Exercise
from monitor.samples import STORED, Code, Quality, Sample

# The three columns of a flow sheet.
PERIODS: Mapping[Phase, str] = {
    Phase.BEFORE: "before",
    Phase.CALIBRATION: "before",
    Phase.EXERCISE: "during",
    Phase.REST: "during",
    Phase.RECOVERY: "after",
    Phase.ENDED: "after",
}
SUMMARISED = (
    Code.SPO2_PERCENT,
    Code.HEART_RATE_PER_MIN,
    Code.PULSE_RATE_PER_MIN,
    Code.SYSTOLIC_MMHG,
    Code.DIASTOLIC_MMHG,
    Code.BODY_TEMPERATURE_CEL,
    Code.SPEED_KM_H,
    Code.INCLINE_PERCENT,
    Code.CADENCE_PER_MIN,
    Code.POWER_W,
    Code.DISTANCE_M,
    Code.RESISTANCE_LEVEL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResult:
    """One set: what was asked for and what was done; for `unseen_s` of it no sensor saw the joint."""

    exercise: str
    set_number: int
    repetitions: int
    repetition_target: int
    partial: int
    too_fast: int
    range_of_motion_deg: float | None
    t_start_ns: int
    t_end_ns: int
    unseen_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalStatistics:
    """Of the good and questionable values of one period."""

    minimum: float
    mean: float
    maximum: float
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """One time that an alert was raised: at first, and again when its priority rose."""

    at_ns: int
    priority: Priority
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertResult:
    """One alert's life. `fired_after_s` counts from the first offending sample; `priority` is the latest."""

    alert_id: str
    rule_id: str
    condition: str
    kind: AlertKind
    priority: Priority
    first_offending_ns: int
    fired_ns: int
    fired_after_s: float
    acknowledged_ns: int | None
    resolved_ns: int | None
    state: AlertState
    message: str
    firings: tuple[Firing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The whole session. `vitals[period][code]` with period before, during, after.

    `filed_readings` are the cuff's stored readings and other people's, which no figure here counts.
    """

    session_id: str
    phase: Phase
    sets: tuple[SetResult, ...]
    vitals: Mapping[str, Mapping[Code, VitalStatistics]]
    alerts: tuple[AlertResult, ...]
    open_alerts: int
    filed_readings: tuple[ReadingFiled, ...] = ()


@dataclass(slots=True)
class _Running:
    minimum: float
    maximum: float
    total: float = 0.0
    samples: int = 0


@dataclass(slots=True)
class SummaryBuilder:
    """Gathers what a summary needs, in constant space for vitals."""

    _vitals: dict[tuple[str, Code], _Running] = field(default_factory=dict)
    _alerts: dict[str, AlertResult] = field(default_factory=dict)
    _filed: list[ReadingFiled] = field(default_factory=list)

    def filed(self, reading: ReadingFiled) -> None:
        """A reading that is no observation of now; repetitions are not kept."""
        if reading.reason != "repeated":
            self._filed.append(reading)

    def add_sample(self, sample: Sample, phase: Phase) -> None:
        """A judged sample; poor and missing ones have no part in a statistic."""
        value = sample.value
        if value is None or sample.code not in SUMMARISED or sample.quality is Quality.POOR:
            return
        if STORED in sample.flags:
            return
        key = (PERIODS[phase], sample.code)
        running = self._vitals.get(key)
        if running is None:
            running = self._vitals[key] = _Running(minimum=value, maximum=value)
        running.minimum = min(running.minimum, value)
        running.maximum = max(running.maximum, value)
        running.total += value
        running.samples += 1

    def add_transition(self, one: Transition) -> None:
        """An alert moved."""
        known = self._alerts.get(one.alert_id)
        if known is None:
            known = AlertResult(
                alert_id=one.alert_id,
                rule_id=one.rule_id,
                condition=one.condition,
                kind=one.kind,
                priority=one.priority,
                first_offending_ns=one.first_offending_ns,
                fired_ns=one.at_ns,
                fired_after_s=(one.at_ns - one.first_offending_ns) / 1e9,
                acknowledged_ns=None,
                resolved_ns=None,
                state=one.to_state,
                message=one.message,
                firings=(),
            )
        by_person = one.actor is not None and one.to_state in (AlertState.ACKNOWLEDGED, AlertState.RESOLVED)
        acknowledged = one.at_ns if by_person and known.acknowledged_ns is None else known.acknowledged_ns
        firings = known.firings
        if one.to_state is AlertState.FIRING and (not firings or firings[-1].priority is not one.priority):
            firings += (Firing(at_ns=one.at_ns, priority=one.priority, sources=tuple(one.sources)),)
        self._alerts[one.alert_id] = replace(
            known,
            firings=firings,
            priority=one.priority,
            state=one.to_state,
            acknowledged_ns=acknowledged,
            resolved_ns=one.at_ns if one.to_state is AlertState.RESOLVED else None,
        )

    def summary(
        self, *, session_id: str, phase: Phase, sets: Iterable[tuple[Exercise, SetSummary]]
    ) -> Summary:
        """Everything so far."""
        vitals: dict[str, dict[Code, VitalStatistics]] = {}
        for (period, code), one in sorted(self._vitals.items()):
            vitals.setdefault(period, {})[code] = VitalStatistics(
                minimum=one.minimum, mean=one.total / one.samples, maximum=one.maximum, samples=one.samples
            )
        alerts = tuple(self._alerts.values())
        return Summary(
            session_id=session_id,
            phase=phase,
            sets=tuple(_set_result(exercise, one) for exercise, one in sets),
            vitals=vitals,
            alerts=alerts,
            open_alerts=sum(one.state in ACTIVE for one in alerts),
            filed_readings=tuple(self._filed),
        )


def _set_result(exercise: Exercise, one: SetSummary) -> SetResult:
    return SetResult(
        exercise=exercise.name,
        set_number=one.index,
        repetitions=one.full,
        repetition_target=exercise.repetitions,
        partial=one.partial,
        too_fast=one.too_fast,
        range_of_motion_deg=one.mean_rom_deg,
        t_start_ns=one.start_ns,
        t_end_ns=one.end_ns,
        unseen_s=one.unseen_s,
    )
