"""Transitions for tests of what lies behind the session."""

from monitor.alerts.transition import AlertKind, AlertState, Priority, Transition


def transition(
    seq: int = 1,
    *,
    alert_id: str = "G2-1",
    from_state: AlertState = AlertState.PENDING,
    to_state: AlertState = AlertState.FIRING,
    priority: Priority = Priority.HIGH,
    at_ns: int = 20_000_000_000,
    **others: object,
) -> Transition:
    """A sudden desaturation, unless told otherwise."""
    fields = {
        "rule_id": "G2",
        "rule_version": 1,
        "condition": "spo2_sudden",
        "kind": AlertKind.PHYSIOLOGICAL,
        "first_offending_ns": at_ns - 5_000_000_000,
        "phase": "exercise",
        "message": "SpO2 84 % (limit 85 %)",
        "advice": "Stop now, therapist to patient.",
        "value": 84.0,
        "unit": "%",
        "limit": 85.0,
        "quality": "good",
        "sources": ("oximeter",),
        "confirm_s": 5.0,
    }
    return Transition(
        seq=seq,
        alert_id=alert_id,
        from_state=from_state,
        to_state=to_state,
        priority=priority,
        at_ns=at_ns,
        **(fields | others),
    )
