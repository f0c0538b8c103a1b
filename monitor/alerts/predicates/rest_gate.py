"""G10: values at rest with which exercise must not begin.

The stream's values must be out of range for a minute (`confirm_s`), the cuff's in two readings a minute or
more apart. One high reading is BETWEEN: no alert yet, but `blocks` says that the start must wait.
"""

from monitor.alerts.context.blood_pressure import PressureReading
from monitor.alerts.context.situation import Situation
from monitor.alerts.rule import Rule
from monitor.alerts.verdict import Finding, Verdict, clear
from monitor.freshness import fresh_until_ns
from monitor.plan.limits import Limits
from monitor.samples import UNITS, Code, Quality, Sample
from protocols.units import NS_PER_S

READINGS_APART_NS = 60 * NS_PER_S


def not_fit_to_start(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """The verdict of the rest before exercise; a therapist's override ends it."""
    del rule, subject
    if situation.start_overridden:
        return clear(now_ns)
    high = [one for one in situation.pressures.readings if _offence(one, situation.limits) is not None]
    latest = situation.pressures.latest
    if latest is not None and high and high[-1] is latest:
        found = _offence(latest, situation.limits)
        repeated = any(one.certain and latest.t_ns - one.t_ns >= READINGS_APART_NS for one in high)
        if repeated and latest.good and found is not None:
            return _of_reading(latest, found)
    stream = _stream_offence(situation, now_ns)
    if stream is not None:
        return stream
    if latest is not None and high and high[-1] is latest:
        return Verdict(finding=Finding.BETWEEN, t_ns=latest.t_ns, detail=f"{latest.text}, repeat")
    complete = situation.newest.fresh(Code.SPO2_PERCENT, now_ns) and situation.heart_rate(now_ns)
    return Verdict(finding=Finding.BETWEEN if complete else Finding.UNKNOWN, t_ns=now_ns)


def blocks(situation: Situation, now_ns: int) -> str:
    """Why exercise must not begin right now, or the empty string."""
    if situation.start_overridden:
        return ""
    latest = situation.pressures.latest
    if latest is not None and _offence(latest, situation.limits) is not None:
        return f"blood pressure {latest.text}: repeat after a minute"
    stream = _stream_offence(situation, now_ns)
    if stream is not None and stream.value is not None:
        return f"{stream.detail} {stream.value:g} {stream.unit} at rest"
    return ""


def _offence(reading: PressureReading, limits: Limits) -> tuple[float, float] | None:
    if reading.systolic_mmhg > limits.systolic_rest_mmhg:
        return reading.systolic_mmhg, limits.systolic_rest_mmhg
    if reading.diastolic_mmhg > limits.diastolic_rest_mmhg:
        return reading.diastolic_mmhg, limits.diastolic_rest_mmhg
    return None


def _of_reading(reading: PressureReading, found: tuple[float, float]) -> Verdict:
    return Verdict(
        finding=Finding.MET,
        t_ns=reading.t_ns,
        value=found[0],
        unit="mm[Hg]",
        limit=found[1],
        quality="good",
        sources=(reading.device,),
        detail=f"blood pressure {reading.text}",
        confirm_s=0.0,
    )


def _stream_offence(situation: Situation, now_ns: int) -> Verdict | None:
    limits = situation.limits
    spo2 = situation.newest.fresh(Code.SPO2_PERCENT, now_ns)
    if spo2 is not None and spo2.value is not None and spo2.value < limits.spo2_rest_percent:
        return _of_sample(spo2, limits.spo2_rest_percent, "SpO2", now_ns)
    heart = situation.heart_rate(now_ns)
    if heart is not None and heart.value is not None and heart.value > limits.heart_rate_rest_per_min:
        return _of_sample(heart, limits.heart_rate_rest_per_min, "heart rate", now_ns)
    return None


def _of_sample(sample: Sample, limit: float, what: str, now_ns: int) -> Verdict:
    return Verdict(
        finding=Finding.MET,
        t_ns=min(sample.t_ns, now_ns),
        value=sample.value,
        unit=UNITS[sample.code],
        limit=limit,
        quality=Quality(sample.quality).value,
        sources=(sample.device,),
        detail=what,
        review_at_ns=fresh_until_ns(sample),
    )
