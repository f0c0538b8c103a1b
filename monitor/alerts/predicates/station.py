"""The station itself: are alerts arriving, is the clock sound, are inputs worked off in time."""

from monitor.alerts.context.situation import Situation
from monitor.alerts.rule import Rule
from monitor.alerts.verdict import Finding, Verdict, clear, unknown
from protocols.units import NS_PER_S

HIGH_UNCONFIRMED_S = 10.0
MEDIUM_UNCONFIRMED_S = 30.0
QUEUE_LATE_S = 2.0
CLOCK_STEP_S = 2.0
# A step is an event; for this long afterwards instants in the record may look out of order.
STEP_FELT_FOR_NS = 60 * NS_PER_S


def delivery(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """T5: no connection, or an alert that the therapist's application has not confirmed in time."""
    del rule, subject
    status = situation.delivery
    if status is None:
        return unknown(now_ns)
    high, medium = status.oldest_unconfirmed_high_s, status.oldest_unconfirmed_medium_s
    since = status.received_ns
    if high is not None and high >= HIGH_UNCONFIRMED_S:
        return _late(since - round(high * NS_PER_S), high, HIGH_UNCONFIRMED_S, "high")
    if medium is not None and medium >= MEDIUM_UNCONFIRMED_S:
        return _late(since - round(medium * NS_PER_S), medium, MEDIUM_UNCONFIRMED_S, "medium")
    if situation.disconnected_since_ns is None:
        return clear(now_ns)
    return Verdict(
        finding=Finding.MET,
        t_ns=situation.disconnected_since_ns,
        quality="missing",
        detail="no connection to the broker",
        confirm_s=MEDIUM_UNCONFIRMED_S if high is None else HIGH_UNCONFIRMED_S,
    )


def _late(t_ns: int, age_s: float, limit_s: float, priority: str) -> Verdict:
    return Verdict(
        finding=Finding.MET,
        t_ns=t_ns,
        value=age_s,
        unit="s",
        limit=limit_s,
        detail=f"{priority} alert not confirmed",
        confirm_s=0.0,
        delay_s=limit_s,
    )


def unsound(situation: Situation, rule: Rule, subject: str, now_ns: int) -> Verdict:
    """T6: clock step, late queue, full disk, missed self-check."""
    del rule, subject
    step, status = situation.clock_step, situation.station
    if status is not None:
        if status.disk_full:
            return Verdict(finding=Finding.MET, t_ns=status.received_ns, detail="the disk is full")
        if status.self_check_missed:
            return Verdict(finding=Finding.MET, t_ns=status.received_ns, detail="a self-check was missed")
        if status.queue_late_s > QUEUE_LATE_S:
            return Verdict(
                finding=Finding.MET,
                t_ns=status.received_ns,
                value=status.queue_late_s,
                unit="s",
                limit=QUEUE_LATE_S,
                detail="inputs are worked off late",
            )
    if step is not None and abs(step.step_s) > CLOCK_STEP_S:
        over_at = step.received_ns + STEP_FELT_FOR_NS
        if now_ns < over_at:
            return Verdict(
                finding=Finding.MET,
                t_ns=step.received_ns,
                value=step.step_s,
                unit="s",
                limit=CLOCK_STEP_S,
                detail="the clock was set",
                review_at_ns=over_at,
            )
    return clear(now_ns)
