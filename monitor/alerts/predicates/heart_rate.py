"""Heart rate: too high, far too high, too low or falling under load, high at rest, not recovering."""

from dataclasses import replace

from monitor.alerts.context.situation import Situation
from monitor.alerts.predicates.against import above, finding_of
from monitor.alerts.rule import Rule
from monitor.alerts.transition import Priority
from monitor.alerts.verdict import Finding, Verdict, clear, unknown
from monitor.exercise.phases import Phase
from monitor.freshness import fresh_until_ns
from monitor.samples import UNITS, Code
from protocols.units import NS_PER_S

# The limit of recovery comes from maximal and submaximal tests. After light work there is nothing to recover
# from, and a fall of 12 /min cannot be expected.
RISE_WORTH_RECOVERING_PER_MIN = 30.0
RECOVERY_JUDGED_AFTER_NS = 60 * NS_PER_S
RECOVERY_JUDGED_UNTIL_NS = 75 * NS_PER_S


def high(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G4: above the upper limit."""
    del subject
    sample = situation.heart_rate(now_ns)
    if sample is None:
        return unknown(now_ns)
    limit = situation.limits.heart_rate_upper_per_min
    return above(sample, limit, clear_to=limit - rule.clear_margin)


def sudden(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G5: above the sudden limit; clears where G4 does."""
    del subject
    sample = situation.heart_rate(now_ns)
    if sample is None:
        return unknown(now_ns)
    limits = situation.limits
    return above(
        sample, limits.heart_rate_sudden_per_min, clear_to=limits.heart_rate_upper_per_min - rule.clear_margin
    )


def low_or_falling(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G6: below the low limit, or fallen within a minute of an uninterrupted set."""
    del subject
    sample = situation.heart_rate(now_ns)
    if sample is None or sample.value is None:
        return unknown(now_ns)
    limits = situation.limits
    too_low = sample.value < limits.heart_rate_low_per_min
    highest = None
    if situation.set_since_ns is not None:
        highest = situation.heart.highest_since(situation.set_since_ns)
    fallen = highest is not None and highest - sample.value >= limits.heart_rate_drop_per_min
    limit = limits.heart_rate_low_per_min
    if fallen and not too_low and highest is not None:
        limit = highest - limits.heart_rate_drop_per_min
    cleared = sample.value > limits.heart_rate_low_per_min + rule.clear_margin and not fallen
    return Verdict(
        finding=finding_of(sample, met=too_low or fallen, cleared=cleared),
        t_ns=sample.t_ns,
        value=sample.value,
        unit=UNITS[sample.code],
        limit=limit,
        quality=sample.quality.value,
        sources=(sample.device,),
        detail="falling during the set" if fallen and not too_low else "low",
        # An optical pulse can lock on to the cadence of movement; only a strap can say it alone.
        priority=Priority.HIGH if sample.code is Code.HEART_RATE_PER_MIN else Priority.MEDIUM,
        review_at_ns=fresh_until_ns(sample),
    )


def high_at_rest(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """K5: above the pack's rest limit; a pack without one has no such condition."""
    del subject
    limit = situation.limits.heart_rate_hold_per_min
    if limit is None:
        return clear(now_ns)
    sample = situation.heart_rate(now_ns)
    if sample is None:
        return unknown(now_ns)
    return above(sample, limit, clear_to=limit - rule.clear_margin)


def not_recovering(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G16, heart: fell too little in the first minute of recovery. Judged once, one minute in."""
    del rule, subject
    judged_at = situation.phase_since_ns + RECOVERY_JUDGED_AFTER_NS
    heart, before = situation.heart, situation.heart_rate_baseline.value
    end = heart.at_exercise_end_per_min
    if situation.phase is not Phase.RECOVERY or end is None or before is None:
        return clear(now_ns)
    if heart.peak_per_min is None or heart.peak_per_min - before < RISE_WORTH_RECOVERING_PER_MIN:
        return clear(now_ns)
    if now_ns < judged_at:
        return Verdict(finding=Finding.BETWEEN, t_ns=now_ns, review_at_ns=judged_at)
    sample = situation.heart_rate(now_ns)
    if sample is None or sample.value is None or now_ns > situation.phase_since_ns + RECOVERY_JUDGED_UNTIL_NS:
        return unknown(now_ns)
    limit = situation.limits.recovery_heart_rate_fall_per_min
    verdict = above(sample, end - limit, clear_to=end - limit)
    return replace(verdict, detail=f"{end:g} at the end of exercise", review_at_ns=None)
