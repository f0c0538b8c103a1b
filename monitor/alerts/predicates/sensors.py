"""Sensors: silent, poor, frozen, running empty, undecodable, contradicting each other.

These watch the watchers: none of them asks whether data are fresh, for that is what they find out.
"""

from collections.abc import Mapping

from monitor.alerts.context.heart_rate import DISAGREE_PER_MIN
from monitor.alerts.context.sensor_state import FROZEN_AFTER_NS
from monitor.alerts.context.situation import Situation
from monitor.alerts.rule import Rule
from monitor.alerts.transition import Priority
from monitor.alerts.verdict import Finding, Verdict, clear, unknown
from monitor.exercise.phases import Phase
from monitor.freshness import fresh_until_ns
from monitor.plan.limits import Limits
from monitor.samples import UNITS, Code
from monitor.sensors import PLACED_IMU_ROLES, SensorRole
from protocols.units import NS_PER_S

# How long a sensor may give nothing valid. An IMU's silence costs a repetition within seconds.
SILENT_AFTER_S: Mapping[SensorRole, float] = {
    SensorRole.OXIMETER: 10.0,
    SensorRole.HEART_RATE_STRAP: 10.0,
    SensorRole.IMU_PROXIMAL: 3.0,
    SensorRole.IMU_DISTAL: 3.0,
    SensorRole.EXERCISE_MACHINE: 10.0,
    **dict.fromkeys(PLACED_IMU_ROLES, 3.0),
}
CUFF_OVERDUE_S = 120.0
POOR_OF_WINDOW_NS = 20 * NS_PER_S
BATTERY_LOW_PERCENT = 20.0
BATTERY_EMPTY_PERCENT = 10.0
# An IMU that has moved this recently says that the patient is exercising.
MOVING_WITHIN_NS = 10 * NS_PER_S
FAILURES = 5
FAILURES_OVER_AFTER_NS = 10 * NS_PER_S


def silent(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """T1: no valid sample; MET as soon as data are no more continuous, confirmed at the role's delay."""
    del rule
    sensor = situation.sensors[subject]
    # No rule stands on what a machine says; many sleep while nobody moves them.
    needed = situation.phase is Phase.EXERCISE and sensor.role is not SensorRole.EXERCISE_MACHINE
    priority = Priority.MEDIUM if needed else Priority.LOW
    if sensor.role is SensorRole.CUFF:
        return _cuff_overdue(situation, subject, now_ns, priority)
    continuous_until = sensor.valid_ns + sensor.continuous_within_ns
    if now_ns < continuous_until:
        return clear(now_ns, review_at_ns=continuous_until)
    return Verdict(
        finding=Finding.MET,
        t_ns=sensor.valid_ns,
        quality="missing",
        sources=(subject,),
        detail=_role_name(sensor.role),
        priority=priority,
        confirm_s=SILENT_AFTER_S[sensor.role],
    )


def _cuff_overdue(situation: Situation, subject: str, now_ns: int, priority: Priority) -> Verdict:
    every, since = situation.pressure_due_every_s, situation.exercise_since_ns
    if every is None or since is None or situation.phase not in (Phase.EXERCISE, Phase.REST):
        return clear(now_ns)
    latest = situation.pressures.latest_certain
    due = max(since, latest.t_ns if latest is not None else since) + round(every * NS_PER_S)
    if now_ns < due:
        return clear(now_ns, review_at_ns=due)
    return Verdict(
        finding=Finding.MET,
        t_ns=due,
        quality="missing",
        sources=(subject,),
        detail="blood pressure",
        priority=priority,
        confirm_s=CUFF_OVERDUE_S,
    )


def poor(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """T2: poor for 20 s of the last 30 s."""
    del rule, now_ns
    sensor = situation.sensors[subject]
    if not sensor.poor_now:
        return clear(sensor.signal_ns)
    poor_ns = sensor.poor_for_ns()
    return Verdict(
        finding=Finding.MET if poor_ns >= POOR_OF_WINDOW_NS else Finding.BETWEEN,
        t_ns=sensor.poor_since_ns(),
        value=poor_ns / NS_PER_S,
        unit="s",
        limit=POOR_OF_WINDOW_NS / NS_PER_S,
        quality="poor",
        sources=(subject,),
        detail=", ".join(sensor.poor_flags),
        confirm_s=0.0,
        delay_s=POOR_OF_WINDOW_NS / NS_PER_S,
    )


def frozen(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """T3: the same bytes for a minute, or the same values for a minute while the patient moves."""
    del rule
    sensor = situation.sensors[subject]
    if not sensor.streams:
        return unknown(now_ns)
    # A silent sensor is T1's; frozen means that it goes on saying the same.
    talking = now_ns - sensor.valid_ns < sensor.continuous_within_ns
    since = sensor.payload_since_ns
    detail = "identical data"
    moving = situation.moving_ns is not None and now_ns - situation.moving_ns <= MOVING_WITHIN_NS
    if sensor.role is SensorRole.OXIMETER and moving and sensor.values_since_ns < since:
        since, detail = sensor.values_since_ns, "same values while the patient moves"
    if now_ns - since < FROZEN_AFTER_NS:
        return clear(now_ns, review_at_ns=since + FROZEN_AFTER_NS)
    if not talking:
        return unknown(now_ns, review_at_ns=now_ns + NS_PER_S)
    return Verdict(
        finding=Finding.MET,
        t_ns=since,
        quality="questionable",
        sources=(subject,),
        detail=detail,
        confirm_s=0.0,
        delay_s=FROZEN_AFTER_NS / NS_PER_S,
        review_at_ns=now_ns + NS_PER_S,
    )


def battery(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """T4: below 20 %, worse below 10 %."""
    sensor = situation.sensors[subject]
    percent = sensor.battery_percent
    if percent is None:
        return unknown(now_ns)
    empty = percent < BATTERY_EMPTY_PERCENT
    met = percent < BATTERY_LOW_PERCENT
    cleared = percent >= BATTERY_LOW_PERCENT + rule.clear_margin
    return Verdict(
        finding=Finding.MET if met else Finding.CLEAR if cleared else Finding.BETWEEN,
        t_ns=sensor.battery_ns,
        value=percent,
        unit="%",
        limit=BATTERY_EMPTY_PERCENT if empty else BATTERY_LOW_PERCENT,
        quality="good",
        sources=(subject,),
        detail=_role_name(sensor.role),
        priority=Priority.MEDIUM if empty else Priority.LOW,
    )


def disagreeing(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """T7: the oximeter's pulse and the strap's heart rate differ."""
    del rule, subject
    strap = situation.newest.fresh(Code.HEART_RATE_PER_MIN, now_ns)
    pulse = situation.newest.fresh(Code.PULSE_RATE_PER_MIN, now_ns)
    if strap is None or pulse is None or strap.value is None or pulse.value is None:
        return unknown(now_ns)
    difference = abs(strap.value - pulse.value)
    priority, beyond = _beyond_limit(situation.limits, strap.value, pulse.value)
    return Verdict(
        finding=Finding.MET if difference > DISAGREE_PER_MIN else Finding.CLEAR,
        t_ns=max(strap.t_ns, pulse.t_ns),
        value=difference,
        unit=UNITS[Code.HEART_RATE_PER_MIN],
        limit=DISAGREE_PER_MIN,
        quality="questionable",
        sources=(strap.device, pulse.device),
        detail=f"strap {strap.value:g}, oximeter {pulse.value:g}{beyond}",
        priority=priority,
        review_at_ns=min(fresh_until_ns(strap), fresh_until_ns(pulse)),
    )


def _beyond_limit(limits: Limits, *rates_per_min: float) -> tuple[Priority, str]:
    """The priority of the limit that one of two contradicting rates is beyond, for it may be the true one."""
    highest, lowest = max(rates_per_min), min(rates_per_min)
    if highest > limits.heart_rate_sudden_per_min:
        return Priority.HIGH, f"; {highest:.0f} would be above {limits.heart_rate_sudden_per_min:.0f}"
    if lowest < limits.heart_rate_low_per_min:
        return Priority.HIGH, f"; {lowest:.0f} would be below {limits.heart_rate_low_per_min:.0f}"
    if highest > limits.heart_rate_upper_per_min:
        return Priority.MEDIUM, f"; {highest:.0f} would be above {limits.heart_rate_upper_per_min:.0f}"
    return Priority.LOW, ""


def undecodable(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """T8: frames that no decoder accepts keep coming."""
    del rule
    sensor = situation.sensors[subject]
    count, newest_ns = sensor.failures_within(now_ns)
    if count == 0:
        return clear(now_ns)
    over_at = newest_ns + FAILURES_OVER_AFTER_NS
    return Verdict(
        finding=Finding.MET if count >= FAILURES else Finding.BETWEEN,
        t_ns=newest_ns,
        value=float(count),
        unit="frames",
        limit=float(FAILURES),
        quality="missing",
        sources=(subject,),
        detail=sensor.failure_reason,
        review_at_ns=over_at,
    )


def _role_name(role: SensorRole) -> str:
    return role.value.replace("_", " ")
