"""How delivery fares, and the alarm at the station itself when nobody confirms. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.alerts.transition import Priority
from monitor.inputs import DeliveryStatus

# How long an alert may go unconfirmed before the station itself calls out.
LOCAL_ALARM_AFTER_S: Mapping[Priority, float] = {Priority.HIGH: 10.0, Priority.MEDIUM: 30.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryHealth:
    """`oldest_unconfirmed_s`: by priority, those that have an open event. `problem`: a sentence, or ""."""

    connected: bool
    open_events: int
    oldest_unconfirmed_s: Mapping[Priority, float] = field(default_factory=dict)
    is_storing: bool = True
    problem: str = ""

    def as_input(self, received_ns: int) -> DeliveryStatus:
        """The same for the session's rules."""
        return DeliveryStatus(
            received_ns=received_ns,
            connected=self.connected,
            oldest_unconfirmed_high_s=self.oldest_unconfirmed_s.get(Priority.HIGH),
            oldest_unconfirmed_medium_s=self.oldest_unconfirmed_s.get(Priority.MEDIUM),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAlarm:
    """The station must call out itself: a flag on the screen, and the terminal's bell for `rings`."""

    priority: Priority
    rings: bool
    sentence: str


def local_alarm(health: DeliveryHealth) -> LocalAlarm | None:
    """Whether an alert has gone unconfirmed for too long; delivery over MQTT is never the only alarm path."""
    for priority in (Priority.HIGH, Priority.MEDIUM):
        age_s = health.oldest_unconfirmed_s.get(priority)
        if age_s is not None and age_s >= LOCAL_ALARM_AFTER_S[priority]:
            why = "no connection to the broker" if not health.connected else "no answer from a therapist"
            return LocalAlarm(
                priority=priority,
                rings=priority is Priority.HIGH,
                sentence=f"{priority.value} alert unconfirmed for {age_s:.0f} s: {why}. Call the therapist.",
            )
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTimes:
    """One event's way, in wall-clock milliseconds from the moment the session said it.

    `stored_ms`: on disk; `published_ms`: acknowledged by the broker; `confirmed_ms`: by the therapist's
    application. None: not yet.
    """

    message_id: str
    alert_id: str
    seq: int
    to_state: str
    stored_ms: float | None = None
    published_ms: float | None = None
    confirmed_ms: float | None = None
