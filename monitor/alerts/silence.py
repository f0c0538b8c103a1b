"""How long an alert may be silent. A pause always ends by itself; a high alert is never silent for long."""

from monitor.alerts.rule import Rule
from monitor.alerts.transition import Priority
from protocols.units import NS_PER_S

# High: the bound that users of comparable systems were hurt without ("snoozed until re-enabled" means for
# ever). Medium: about as long as it takes to see to the patient and measure again.
ACKNOWLEDGED_FOR_S: dict[Priority, float | None] = {
    Priority.HIGH: 120.0,
    Priority.MEDIUM: 300.0,
    Priority.LOW: None,  # until its condition clears: awareness needs no second call
}
PAUSED_AT_MOST_S: dict[Priority, float] = {
    Priority.HIGH: 120.0,
    Priority.MEDIUM: 300.0,
    Priority.LOW: 900.0,
}


def acknowledged_until_ns(priority: Priority, silent_since_ns: int) -> int | None:
    """When an acknowledged alert fires again, counted from when it fell silent; None: not by time."""
    for_s = ACKNOWLEDGED_FOR_S[priority]
    return None if for_s is None else silent_since_ns + round(for_s * NS_PER_S)


class Pauses:
    """Which rules are paused, and until when."""

    def __init__(self) -> None:
        self._until_ns: dict[str, int] = {}

    def start(self, rule: Rule, for_s: float, now_ns: int) -> bool:
        """Pause `rule`; False when it is paused already."""
        if self.until_ns(rule, now_ns) is not None:
            return False
        bound = PAUSED_AT_MOST_S[rule.silence_bound]
        self._until_ns[rule.rule_id] = now_ns + round(min(max(for_s, 0.0), bound) * NS_PER_S)
        return True

    def end(self, rule: Rule) -> None:
        """End the pause of `rule`."""
        self._until_ns.pop(rule.rule_id, None)

    def until_ns(self, rule: Rule, now_ns: int) -> int | None:
        """When the pause of `rule` ends; None when it is not paused."""
        until = self._until_ns.get(rule.rule_id)
        return until if until is not None and until > now_ns else None
