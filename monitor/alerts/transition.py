"""What the alert engine says: one alert moved from one state to another. Pure values."""

from dataclasses import dataclass
from enum import StrEnum


class Priority(StrEnum):
    """IEC 60601-1-8: high = immediate response, medium = prompt response, low = awareness."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Higher is more urgent: 0 low, 1 medium, 2 high."""
        return _RANKS[self]


_RANKS = {Priority.LOW: 0, Priority.MEDIUM: 1, Priority.HIGH: 2}


class AlertKind(StrEnum):
    """A fact about the patient, or about the system that watches."""

    PHYSIOLOGICAL = "physiological"
    TECHNICAL = "technical"


class AlertState(StrEnum):
    """Life cycle of one alert condition; the table of moves is in `monitor.alerts.life_cycle`."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    PAUSED = "paused"  # silenced for a bounded time without anybody having acknowledged it
    LATCHED = "latched"  # the condition has gone, nobody has acknowledged it yet
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One alert's move, with everything a therapist needs to judge it.

    `alert_id` is the same from firing to resolved; `seq` counts the session's transitions without gaps.
    All instants are on the host's monotonic clock. `first_offending_ns` is the sample time of the first
    sample that met the condition; `at_ns` - `first_offending_ns` is the delay that the rule asked for.
    `value_age_s` is how old `value` was at `at_ns`, None where it was of now or there is none.
    """

    seq: int
    alert_id: str
    rule_id: str
    rule_version: int
    condition: str
    kind: AlertKind
    priority: Priority
    from_state: AlertState
    to_state: AlertState
    at_ns: int
    first_offending_ns: int
    phase: str
    message: str
    advice: str
    value: float | None = None
    unit: str = ""
    limit: float | None = None
    quality: str = ""
    sources: tuple[str, ...] = ()
    confirm_s: float = 0.0
    actor: str | None = None
    reason: str = ""
    value_age_s: float | None = None
