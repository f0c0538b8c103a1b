"""The closed sets of words on the wire that programs act on."""

from enum import StrEnum


class CommandResult(StrEnum):
    """What came of a command."""

    ACCEPTED = "accepted"  # taken by the session
    REJECTED = "rejected"
    EXPIRED = "expired"  # it came after its `expires_at`
    DONE = "done"  # carried out by the station itself


class StationState(StrEnum):
    """What a station says about itself; LOST is its will, published by the broker."""

    INIT = "init"
    READY = "ready"
    DISCONNECTED = "disconnected"
    LOST = "lost"


class WireAlertState(StrEnum):
    """Where an alert is; the station's own `AlertState` has the same words."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    PAUSED = "paused"
    LATCHED = "latched"
    RESOLVED = "resolved"


# In the therapist's list.
ACTIVE = frozenset(
    {WireAlertState.FIRING, WireAlertState.ACKNOWLEDGED, WireAlertState.PAUSED, WireAlertState.LATCHED}
)
