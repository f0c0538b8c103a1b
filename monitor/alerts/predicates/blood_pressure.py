"""Cuff readings: fallen under load, too high, high, not fit to start, fallen on standing.

One reading of a cuff is worth little: the difference of two has a standard deviation of about 11 mmHg. So one
reading asks for a repeat, and the second of the same within two minutes, or a symptom, makes it high. A
reading the cuff itself doubts may ask for a repeat; it neither confirms nor clears.
"""

from collections.abc import Callable

from monitor.alerts.context.blood_pressure import PressureReading
from monitor.alerts.context.situation import Situation
from monitor.alerts.observations import Posture
from monitor.alerts.rule import Rule
from monitor.alerts.transition import Priority
from monitor.alerts.verdict import Finding, Verdict, unknown
from monitor.exercise.phases import Phase
from protocols.units import NS_PER_S

MMHG = "mm[Hg]"
# Inflating, deflating and showing the result.
MEASUREMENT_TAKES_NS = 20 * NS_PER_S
CONFIRMED_WITHIN_NS = 120 * NS_PER_S
# A symptom this recent belongs to the same event as the reading.
SYMPTOM_WITHIN_NS = 300 * NS_PER_S
REST_READINGS_APART_NS = 60 * NS_PER_S
# Readings of a rising load differ by stage; ISO 81060-2 noise is dealt with by the repeat.
STANDING_WITHIN_NS = 180 * NS_PER_S
RECOVERY_JUDGED_AFTER_NS = 180 * NS_PER_S
PEAK_FRACTION_AT_THREE_MINUTES = 0.9
EFFORT = frozenset({Phase.EXERCISE, Phase.REST})

Offence = Callable[[PressureReading], tuple[float, float] | None]


def fallen(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G7: systolic more than the limit below rest, or below the previous stage though the load went up."""
    del rule, subject
    readings = [one for one in situation.pressures.readings if one.phase in EFFORT]
    before = situation.pressures.before_exercise()
    if not readings:
        return unknown(now_ns)
    drop = situation.limits.systolic_drop_mmhg

    def offence(reading: PressureReading) -> tuple[float, float] | None:
        index = readings.index(reading)
        references = [] if before is None else [before.systolic_mmhg]
        if index > 0 and readings[index - 1].certain and _load_rose(readings[index - 1], reading):
            references.append(readings[index - 1].systolic_mmhg)
        worst = max(references, default=None)
        if worst is None or worst - reading.systolic_mmhg <= drop:
            return None
        return reading.systolic_mmhg, worst - drop

    latest = readings[-1]
    if offence(latest) is None and before is None:
        return unknown(now_ns)
    return _repeated(situation, readings, offence, cleared=True)


def too_high(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G8: above the limits at which exercise stops."""
    del subject
    limits = situation.limits
    return _over(
        situation,
        now_ns,
        systolic=limits.systolic_stop_mmhg,
        diastolic=limits.diastolic_stop_mmhg,
        systolic_margin=rule.clear_margin,
        diastolic_margin=rule.clear_margin / 2,
        confirms=True,
        clears_at_margin=True,
    )


def high(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G9: above the limits at which the therapist wants to know."""
    del subject
    limits = situation.limits
    return _over(
        situation,
        now_ns,
        systolic=limits.systolic_high_mmhg,
        diastolic=limits.diastolic_high_mmhg,
        systolic_margin=rule.clear_margin,
        diastolic_margin=rule.clear_margin / 2,
        confirms=False,
        clears_at_margin=False,
    )


def fallen_on_standing(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G11: lower within three minutes of standing than in the posture before."""
    del rule, subject
    pressures, limits = situation.pressures, situation.limits
    lying = [one for one in pressures.readings if one.posture is not Posture.STANDING and one.good]
    standing = [
        one
        for one in pressures.readings
        if one.posture is Posture.STANDING and one.t_ns - one.posture_since_ns <= STANDING_WITHIN_NS
    ]
    if not lying or not standing:
        return unknown(now_ns)
    reference = lying[-1]

    def offence(reading: PressureReading) -> tuple[float, float] | None:
        systolic = reference.systolic_mmhg - limits.systolic_standing_drop_mmhg
        diastolic = reference.diastolic_mmhg - limits.diastolic_standing_drop_mmhg
        if reading.systolic_mmhg <= systolic:
            return reading.systolic_mmhg, systolic
        if reading.diastolic_mmhg <= diastolic:
            return reading.diastolic_mmhg, diastolic
        return None

    return _repeated(situation, standing, offence, cleared=True)


def not_recovering(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G16, pressure: three minutes into recovery still above nine tenths of the peak of exercise."""
    del rule, subject
    readings = situation.pressures.readings
    peak = max((one.systolic_mmhg for one in readings if one.phase in EFFORT and one.certain), default=None)
    before = situation.pressures.before_exercise()
    late = [
        one
        for one in readings
        if one.phase is Phase.RECOVERY and one.t_ns - situation.phase_since_ns >= RECOVERY_JUDGED_AFTER_NS
    ]
    if peak is None or before is None or not late or not late[-1].good:
        return unknown(now_ns)
    limit = PEAK_FRACTION_AT_THREE_MINUTES * peak
    latest = late[-1]
    # A peak that hardly left the resting value cannot fall by a tenth.
    met = latest.systolic_mmhg > limit and before.systolic_mmhg < limit
    return _verdict(
        latest,
        finding=Finding.MET if met else Finding.CLEAR,
        offence=(latest.systolic_mmhg, limit),
        priority=None,
    )


def _over(
    situation: Situation,
    now_ns: int,
    *,
    systolic: float,
    diastolic: float,
    systolic_margin: float,
    diastolic_margin: float,
    confirms: bool,
    clears_at_margin: bool,
) -> Verdict:
    readings = situation.pressures.readings
    if not readings:
        return unknown(now_ns)

    def offence(reading: PressureReading) -> tuple[float, float] | None:
        if reading.systolic_mmhg > systolic:
            return reading.systolic_mmhg, systolic
        if reading.diastolic_mmhg > diastolic:
            return reading.diastolic_mmhg, diastolic
        return None

    latest = readings[-1]
    inside = max(
        latest.systolic_mmhg - (systolic - systolic_margin),
        latest.diastolic_mmhg - (diastolic - diastolic_margin),
    )
    cleared = inside < 0 or (clears_at_margin and inside == 0)
    return _repeated(situation, readings, offence, cleared=cleared, confirms=confirms)


def _repeated(
    situation: Situation,
    readings: list[PressureReading],
    offence: Offence,
    *,
    cleared: bool,
    confirms: bool = True,
) -> Verdict:
    """The newest reading's verdict; HIGH when the one before said the same, or with a symptom."""
    latest = readings[-1]
    found = offence(latest)
    if found is None:
        finding = Finding.UNKNOWN if not latest.good else Finding.CLEAR if cleared else Finding.BETWEEN
        return _verdict(latest, finding=finding, offence=None, priority=None)
    if not confirms:
        return _verdict(latest, finding=Finding.MET, offence=found, priority=None)
    before = next((one for one in reversed(readings[:-1]) if one.certain), None)
    confirmed = (
        latest.good
        and before is not None
        and _are_two_measurements(before, latest)
        and latest.t_ns - before.t_ns <= CONFIRMED_WITHIN_NS
        and offence(before) is not None
    )
    high = confirmed or (latest.certain and _symptomatic(situation, latest.t_ns))
    return _verdict(
        latest,
        finding=Finding.MET,
        offence=found,
        priority=Priority.HIGH if high else Priority.MEDIUM,
        detail="confirmed" if confirmed else "with a symptom" if high else _repeat_now(latest),
    )


def _repeat_now(reading: PressureReading) -> str:
    return "repeat now" if reading.certain else "(perhaps an old record or another person's), repeat now"


def _are_two_measurements(earlier: PressureReading, later: PressureReading) -> bool:
    """Whether a cuff could have measured both: what comes faster is a burst of records, or one reading."""
    apart_ns = max(later.t_ns - earlier.t_ns, later.received_ns - earlier.received_ns)
    return apart_ns >= MEASUREMENT_TAKES_NS


def _symptomatic(situation: Situation, t_ns: int) -> bool:
    symptom = situation.symptom
    return symptom is not None and abs(t_ns - symptom.received_ns) <= SYMPTOM_WITHIN_NS


def _load_rose(earlier: PressureReading, later: PressureReading) -> bool:
    return earlier.workload is not None and later.workload is not None and later.workload > earlier.workload


def _verdict(
    reading: PressureReading,
    *,
    finding: Finding,
    offence: tuple[float, float] | None,
    priority: Priority | None,
    detail: str = "",
) -> Verdict:
    value, limit = offence if offence is not None else (reading.systolic_mmhg, None)
    return Verdict(
        finding=finding,
        t_ns=reading.t_ns,
        value=value,
        unit=MMHG,
        limit=limit,
        quality="good" if reading.good else "questionable",
        sources=(reading.device,),
        detail=f"{reading.text} {detail}".rstrip(),
        priority=priority,
    )
