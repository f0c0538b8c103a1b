"""The life of one alert condition, as a table.

Theory of operation. A condition is a fact (SpO2 below 90 %); its alert is what people are told. The alert of
a condition is INACTIVE until the condition is met, PENDING while the rule's delay runs, and FIRING once it
is confirmed. FIRING calls for a person, again and again (`re_alert_s`), until one acknowledges it or the
condition clears.

- Acknowledging silences this alert only, for a bounded time; the condition goes on being watched. When the
  time is over and the condition is still there, the alert fires again (EXPIRED). A worse finding (RAISED)
  ends the silence at once, and so does a new rating or reading of the same (RENEWED).
- Pausing silences without anybody having taken it up. A paused alert that clears is latched like an
  unacknowledged one. A condition confirmed during a pause is told as PAUSED and fires when the pause ends.
- Clearing needs good data: UNKNOWN never clears. A latched rule whose condition has gone unseen stays LATCHED
  until a person has acknowledged it; when the condition comes back before that, the same alert fires again.
- INHIBITED: a worse alert of the same condition has taken over. One alert, one acknowledgement.
- ENDED: the session is over. What needs a person's eye stays LATCHED, everything else is RESOLVED.

RESOLVED is final for an alert's id; the rule starts again from INACTIVE with the next id.

Everything that decides about states is this table; the engine only computes which event has happened.
"""

from collections.abc import Mapping
from enum import StrEnum

from monitor.alerts.transition import AlertState


class AlertEvent(StrEnum):
    """What can happen to an alert."""

    MET = "met"
    LAPSED = "lapsed"  # not met any more, or unknown for too long, before it was confirmed
    CONFIRMED = "confirmed"
    CONFIRMED_IN_PAUSE = "confirmed_in_pause"
    REPEATED = "repeated"  # the re-alert timer
    RENEWED = "renewed"  # new evidence of the same, of a kind that calls again (a rating, a reading)
    RAISED = "raised"  # the finding has become worse: a higher priority
    ACKNOWLEDGED = "acknowledged"
    PAUSED = "paused"
    RESUMED = "resumed"
    EXPIRED = "expired"  # the silence is over and the condition is still there
    CLEARED = "cleared"
    CLEARED_LATCHED = "cleared_latched"  # cleared under a rule that latches
    INHIBITED = "inhibited"
    OVERRIDDEN = "overridden"  # a therapist closes it, with a reason
    ENDED = "ended"
    ENDED_LATCHED = "ended_latched"
    RESTORED = "restored"  # it was active when the session before was cut off
    RESTORED_LATCHED = "restored_latched"


INACTIVE = AlertState.INACTIVE
PENDING = AlertState.PENDING
FIRING = AlertState.FIRING
ACKNOWLEDGED = AlertState.ACKNOWLEDGED
PAUSED = AlertState.PAUSED
LATCHED = AlertState.LATCHED
RESOLVED = AlertState.RESOLVED

TRANSITIONS: Mapping[tuple[AlertState, AlertEvent], AlertState] = {
    (INACTIVE, AlertEvent.MET): PENDING,
    (INACTIVE, AlertEvent.RESTORED): FIRING,
    (INACTIVE, AlertEvent.RESTORED_LATCHED): LATCHED,
    (PENDING, AlertEvent.LAPSED): INACTIVE,
    (PENDING, AlertEvent.CONFIRMED): FIRING,
    (PENDING, AlertEvent.CONFIRMED_IN_PAUSE): PAUSED,
    (PENDING, AlertEvent.INHIBITED): INACTIVE,
    (PENDING, AlertEvent.ENDED): INACTIVE,
    (PENDING, AlertEvent.ENDED_LATCHED): INACTIVE,
    (FIRING, AlertEvent.REPEATED): FIRING,
    (FIRING, AlertEvent.RENEWED): FIRING,
    (FIRING, AlertEvent.RAISED): FIRING,
    (FIRING, AlertEvent.ACKNOWLEDGED): ACKNOWLEDGED,
    (FIRING, AlertEvent.PAUSED): PAUSED,
    (FIRING, AlertEvent.CLEARED): RESOLVED,
    (FIRING, AlertEvent.CLEARED_LATCHED): LATCHED,
    (FIRING, AlertEvent.INHIBITED): RESOLVED,
    (FIRING, AlertEvent.OVERRIDDEN): RESOLVED,
    (FIRING, AlertEvent.ENDED): RESOLVED,
    (FIRING, AlertEvent.ENDED_LATCHED): LATCHED,
    (ACKNOWLEDGED, AlertEvent.RENEWED): FIRING,
    (ACKNOWLEDGED, AlertEvent.RAISED): FIRING,
    (ACKNOWLEDGED, AlertEvent.EXPIRED): FIRING,
    (ACKNOWLEDGED, AlertEvent.CLEARED): RESOLVED,
    (ACKNOWLEDGED, AlertEvent.CLEARED_LATCHED): RESOLVED,
    (ACKNOWLEDGED, AlertEvent.INHIBITED): RESOLVED,
    (ACKNOWLEDGED, AlertEvent.OVERRIDDEN): RESOLVED,
    (ACKNOWLEDGED, AlertEvent.ENDED): RESOLVED,
    (ACKNOWLEDGED, AlertEvent.ENDED_LATCHED): RESOLVED,
    (PAUSED, AlertEvent.RAISED): FIRING,
    (PAUSED, AlertEvent.ACKNOWLEDGED): ACKNOWLEDGED,
    (PAUSED, AlertEvent.RESUMED): FIRING,
    (PAUSED, AlertEvent.EXPIRED): FIRING,
    (PAUSED, AlertEvent.CLEARED): RESOLVED,
    (PAUSED, AlertEvent.CLEARED_LATCHED): LATCHED,
    (PAUSED, AlertEvent.INHIBITED): RESOLVED,
    (PAUSED, AlertEvent.OVERRIDDEN): RESOLVED,
    (PAUSED, AlertEvent.ENDED): RESOLVED,
    (PAUSED, AlertEvent.ENDED_LATCHED): LATCHED,
    (LATCHED, AlertEvent.REPEATED): LATCHED,
    (LATCHED, AlertEvent.CONFIRMED): FIRING,
    (LATCHED, AlertEvent.CONFIRMED_IN_PAUSE): PAUSED,
    (LATCHED, AlertEvent.ACKNOWLEDGED): RESOLVED,
    (LATCHED, AlertEvent.OVERRIDDEN): RESOLVED,
}

# The condition is present: a person is being called, has taken it up, or has asked for silence.
PRESENT = frozenset({FIRING, ACKNOWLEDGED, PAUSED})
# In the therapist's list.
ACTIVE = PRESENT | {LATCHED}


def next_state(state: AlertState, event: AlertEvent) -> AlertState | None:
    """Where `event` leads from `state`; None when it does not concern that state."""
    return TRANSITIONS.get((state, event))
