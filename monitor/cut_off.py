"""Sessions that ended without an end: a crash, a power cut. Found at the next start, and brought to one.

What was active in one is ended in its record and at the therapist, with the reason. What must not be
forgotten of the same patient (an alert that latches, or that only a therapist may close) goes on in the
session that starts now.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.alerts.rule import Latch
from monitor.alerts.rules import RULES
from monitor.alerts.transition import AlertState, Transition
from monitor.delivery.publish.messages import SenderIdentity, posts_of
from monitor.inputs import AlertRestored, ClockAnchor
from monitor.store.rows import SessionRecord
from monitor.store.store import Store
from protocols.mqtt.topics import StationTopics

_RULES = {rule.rule_id: rule for rule in RULES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The session that starts: whose it is, and when and where."""

    session_id: str
    patient_id: str
    topics: StationTopics
    anchor: ClockAnchor


def end_cut_off_sessions(store: Store, start: Start) -> list[AlertRestored]:
    """End every session without an end, in one transaction; returns what goes on in the one that starts."""
    restored: list[AlertRestored] = []
    with store.transaction():
        for record in store.sessions():
            if record.ended_utc_ns is None and record.session_id != start.session_id:
                restored += _ended(store, record, start)
    return restored


def _ended(store: Store, record: SessionRecord, start: Start) -> list[AlertRestored]:
    active = store.active_alerts(record.session_id)
    is_same_patient = _patient_of(record) == start.patient_id
    going_on = [alert for alert in active if is_same_patient and _goes_on(alert)]
    identity = SenderIdentity(
        topics=start.topics.in_session(record.session_id), boot=store.boot, anchor=start.anchor
    )
    for seq, alert in enumerate(active, start=1):
        where = f"; it goes on in session {start.session_id}" if alert in going_on else ""
        reason = f"the station stopped and the session was cut off{where}"
        over = _resolved(alert, seq=seq, at_ns=start.anchor.received_ns, reason=reason)
        store.append(over, posts_of(over, identity), session_id=record.session_id)
    store.end_session(record.session_id, {"cut_off": True, "open_alerts": len(active)})
    store.audit(
        actor="station",
        action="cut_off",
        subject=record.session_id,
        detail={"open_alerts": [alert.alert_id for alert in active], "next": start.session_id},
    )
    return [_restored(alert, record.session_id, start) for alert in going_on]


def _patient_of(record: SessionRecord) -> object:
    plan = record.header.get("plan")
    return plan.get("patient_id") if isinstance(plan, dict) else None


def _goes_on(alert: Transition) -> bool:
    """Alerts of a sensor are judged anew, by the sensor; those of the patient are not forgotten."""
    rule = _RULES.get(alert.rule_id)
    if rule is None or rule.roles:
        return False
    return rule.therapist_only or alert.to_state is AlertState.LATCHED or rule.latch is Latch.ALWAYS


def _resolved(alert: Transition, *, seq: int, at_ns: int, reason: str) -> Transition:
    # The instants of an earlier run were by another run's clock.
    return replace(
        alert,
        seq=seq,
        from_state=alert.to_state,
        to_state=AlertState.RESOLVED,
        at_ns=at_ns,
        first_offending_ns=at_ns,
        actor="station",
        reason=reason,
    )


def _restored(alert: Transition, session_id: str, start: Start) -> AlertRestored:
    return AlertRestored(
        received_ns=start.anchor.received_ns,
        rule_id=alert.rule_id,
        is_latched=alert.to_state is AlertState.LATCHED,
        priority=alert.priority.value,
        message=alert.message.removeprefix("Cleared: "),
        session_id=session_id,
        alert_id=alert.alert_id,
    )


def restored_ids(alerts: Sequence[AlertRestored]) -> str:
    """For people: which alerts go on."""
    return ", ".join(f"{alert.alert_id} ({alert.message})" for alert in alerts)
