"""A surgeon's caps on the joint, and whether its angle can be trusted for them."""

from monitor.alerts.context.situation import Situation
from monitor.alerts.rule import Rule
from monitor.alerts.verdict import Finding, Verdict, clear, unknown
from monitor.samples import Quality

DEGREES = "deg"


def beyond_cap(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """K1: flexed or extended further than allowed. A plan without caps has no such condition."""
    del subject
    limits, sample = situation.limits, situation.joint_angle
    if limits.flexion_cap_deg is None and limits.extension_cap_deg is None:
        return clear(now_ns)
    if sample is None or sample.value is None:
        return unknown(now_ns)
    flexion, extension = limits.flexion_cap_deg, limits.extension_cap_deg
    limit, beyond = None, float("-inf")
    if flexion is not None:
        limit, beyond = flexion, sample.value - flexion
    if extension is not None and extension - sample.value > beyond:
        limit, beyond = extension, extension - sample.value
    finding = (
        Finding.MET if beyond > 0 else Finding.CLEAR if beyond <= -rule.clear_margin else Finding.BETWEEN
    )
    if finding is not Finding.MET and sample.quality is not Quality.GOOD:
        finding = Finding.UNKNOWN
    return Verdict(
        finding=finding,
        t_ns=sample.t_ns,
        value=sample.value,
        unit=DEGREES,
        limit=limit,
        quality=sample.quality.value,
        sources=(sample.device,),
    )


def uncertain(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """K2: the angle cannot be trusted while a cap depends on it."""
    del rule, subject
    limits, certainty = situation.limits, situation.joint_certainty
    if certainty is None or (limits.flexion_cap_deg is None and limits.extension_cap_deg is None):
        return clear(now_ns)
    finding = Finding.CLEAR if certainty.certain else Finding.MET
    return Verdict(
        finding=finding, t_ns=certainty.received_ns, quality="questionable", detail=certainty.reason
    )


def too_fast(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """K3: a repetition faster than the plan's cap."""
    del rule, subject
    limit, repetition = situation.limits.repetition_speed_cap_deg_s, situation.repetition
    if limit is None or repetition is None:
        return clear(now_ns)
    return Verdict(
        finding=Finding.MET if repetition.peak_speed_deg_s > limit else Finding.CLEAR,
        t_ns=repetition.received_ns,
        value=repetition.peak_speed_deg_s,
        unit="deg/s",
        limit=limit,
        quality="good",
    )
