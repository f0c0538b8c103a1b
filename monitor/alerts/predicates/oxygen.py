"""Saturation: low, suddenly low, fallen from where it was, low at rest."""

from dataclasses import replace

from monitor.alerts.context.situation import Situation
from monitor.alerts.predicates.against import below
from monitor.alerts.rule import Rule
from monitor.alerts.verdict import Finding, Verdict, unknown
from monitor.samples import Code, Sample


def _spo2(situation: Situation, now_ns: int) -> Sample | None:
    return situation.newest.fresh(Code.SPO2_PERCENT, now_ns)


def low(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G1: below the low limit."""
    del subject
    sample = _spo2(situation, now_ns)
    if sample is None:
        return unknown(now_ns)
    limit = situation.limits.spo2_low_percent
    return below(sample, limit, clear_from=limit + rule.clear_margin, inclusive=rule.inclusive)


def sudden(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G2: at or below the sudden limit."""
    del subject
    sample = _spo2(situation, now_ns)
    if sample is None:
        return unknown(now_ns)
    limit = situation.limits.spo2_sudden_percent
    return below(sample, limit, clear_from=limit + rule.clear_margin, inclusive=rule.inclusive)


def fallen(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """G3: fallen from the median before exercise; under a ceiling where the pack sets one."""
    del subject
    sample, baseline = _spo2(situation, now_ns), situation.spo2_baseline.value
    if sample is None or sample.value is None or baseline is None:
        return unknown(now_ns)
    limits = situation.limits
    limit = min(baseline - limits.spo2_fall_points, limits.spo2_fall_ceiling_percent)
    verdict = below(sample, limit, clear_from=baseline - rule.clear_margin, inclusive=True)
    return replace(verdict, detail=f"{baseline:g} % before exercise")


def low_at_rest(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """K4: below the pack's rest limit; a pack without one has no such condition."""
    del subject
    sample, limit = _spo2(situation, now_ns), situation.limits.spo2_hold_percent
    if limit is None:
        return Verdict(finding=Finding.CLEAR, t_ns=now_ns)
    if sample is None:
        return unknown(now_ns)
    return below(sample, limit, clear_from=limit + rule.clear_margin)
