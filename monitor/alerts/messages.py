"""What people read: a tracker's state as a transition, and as a line of the therapist's list."""

from dataclasses import dataclass

from monitor.alerts.life_cycle import AlertEvent
from monitor.alerts.tracker import Tracker
from monitor.alerts.transition import AlertKind, AlertState, Priority, Transition
from monitor.alerts.verdict import Verdict
from monitor.exercise.phases import Phase
from protocols.units import NS_PER_S

OVER = frozenset({AlertEvent.CLEARED, AlertEvent.CLEARED_LATCHED})
# A value that is no older is of now: streams come once a second, and rules wait for some of them.
AGE_TOLD_FROM_S = 10.0
REASONS = {
    AlertEvent.REPEATED: "still there",
    AlertEvent.RENEWED: "again",
    AlertEvent.RAISED: "worse",
    AlertEvent.EXPIRED: "silence over, condition still there",
    AlertEvent.CONFIRMED_IN_PAUSE: "confirmed during a pause",
    AlertEvent.CLEARED: "cleared",
    AlertEvent.CLEARED_LATCHED: "cleared, not yet acknowledged",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAlert:
    """One line of the therapist's list."""

    alert_id: str
    rule_id: str
    condition: str
    kind: AlertKind
    priority: Priority
    state: AlertState
    first_offending_ns: int
    message: str
    advice: str
    silenced_until_ns: int | None


def number(value: float | None) -> str:
    """At most one decimal, no trailing zero; a dash for nothing."""
    return "-" if value is None else f"{round(value, 1):g}"


def age_text(age_s: float) -> str:
    """`45 s`, `5 min`, `2 h`: as exact as anybody needs."""
    if age_s < 120.0:
        return f"{age_s:.0f} s"
    return f"{age_s / 60:.0f} min" if age_s < 7_200.0 else f"{age_s / 3_600:.0f} h"


def message_of(tracker: Tracker, verdict: Verdict | None) -> str:
    """The rule's sentence with the finding's numbers."""
    if verdict is None:
        return tracker.restored_message or tracker.rule.condition
    return tracker.rule.message.format(
        value=number(verdict.value),
        limit=number(verdict.limit),
        unit=verdict.unit,
        subject=tracker.subject,
        detail=verdict.detail,
    )


def active_alert(tracker: Tracker) -> ActiveAlert:
    """`tracker` as a line."""
    rule = tracker.rule
    return ActiveAlert(
        alert_id=tracker.alert_id,
        rule_id=rule.rule_id,
        condition=rule.condition,
        kind=rule.kind,
        priority=tracker.priority,
        state=tracker.state,
        first_offending_ns=tracker.first_offending_ns,
        message=message_of(tracker, tracker.offence),
        advice=rule.advice,
        silenced_until_ns=tracker.silenced_until_ns,
    )


def transition_of(
    tracker: Tracker,
    before: AlertState,
    event: AlertEvent,
    *,
    seq: int,
    at_ns: int,
    phase: Phase,
    actor: str | None,
    reason: str,
) -> Transition:
    """The move that `tracker` has just made."""
    rule = tracker.rule
    offence = tracker.offence
    verdict = tracker.verdict if event in OVER else offence
    offence_sources = offence.sources if offence is not None else ()
    message = message_of(tracker, offence)
    age_s = None
    if verdict is not None and verdict.value is not None and rule.kind is AlertKind.PHYSIOLOGICAL:
        age_s = max(at_ns - verdict.t_ns, 0) / NS_PER_S
        if age_s < AGE_TOLD_FROM_S:
            age_s = None
        else:
            message += f" ({age_text(age_s)} ago)"
    return Transition(
        seq=seq,
        alert_id=tracker.alert_id,
        rule_id=rule.rule_id,
        rule_version=rule.version,
        condition=rule.condition,
        kind=rule.kind,
        priority=tracker.priority,
        from_state=before,
        to_state=tracker.state,
        at_ns=at_ns,
        first_offending_ns=tracker.first_offending_ns,
        phase=phase.value,
        message=f"Cleared: {message}" if event in OVER else message,
        advice=rule.advice,
        value=verdict.value if verdict is not None else None,
        unit=verdict.unit if verdict is not None else "",
        limit=offence.limit if offence is not None else None,
        quality=verdict.quality if verdict is not None else "",
        sources=(verdict.sources if verdict is not None else ()) or offence_sources,
        confirm_s=tracker.asked_delay_s,
        actor=actor,
        reason=reason or REASONS.get(event, ""),
        value_age_s=None if age_s is None else round(age_s, 1),
    )
