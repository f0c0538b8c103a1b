"""How many commands a station takes from whom: a flood must not stand in front of alerts. Pure.

MQTT 3.1.1 does not tell who published. So the budget is by the actor that a message claims, if this station
knows them; all others share one. Confirmations have one of their own: they close alerts.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

# As much as a person and their screen can mean: a page says some commands a second at most.
COMMANDS_PER_S = 20.0
COMMANDS_AT_ONCE = 200.0

# One confirmation has up to 100 ids; after an outage thousands of alerts are confirmed within seconds.
CONFIRMATIONS_PER_S = 200.0
CONFIRMATIONS_AT_ONCE = 1_000.0

# From nobody that this station knows: enough for an answer that says so.
STRANGERS_PER_S = 2.0
STRANGERS_AT_ONCE = 20.0

_ACTOR = re.compile(rb'"actor"\s*:\s*"([^"\\]{1,64})"')
_LOOKED_AT_BYTES = 16_384


@dataclass(slots=True)
class _Bucket:
    per_s: float
    at_once: float
    left: float
    at_s: float

    def take(self, now_s: float) -> bool:
        self.left = min(self.at_once, self.left + (now_s - self.at_s) * self.per_s)
        self.at_s = now_s
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


class CommandBudget:
    """`known`: the actors of this station."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = frozenset(known)
        self._buckets: dict[tuple[str, bool], _Bucket] = {}
        self.refused = 0

    def allows(self, topic: str, payload: bytes, *, now_s: float) -> bool:
        """Whether to look at a message at all."""
        found = _ACTOR.search(payload[:_LOOKED_AT_BYTES])
        claimed = found[1].decode(errors="replace") if found else ""
        actor = claimed if claimed in self._known else ""
        confirms = bool(actor) and topic.endswith("/received")
        bucket = self._buckets.get((actor, confirms))
        if bucket is None:
            bucket = self._buckets[actor, confirms] = _bucket(actor, confirms=confirms, now_s=now_s)
        allowed = bucket.take(now_s)
        self.refused += not allowed
        return allowed


def _bucket(actor: str, *, confirms: bool, now_s: float) -> _Bucket:
    if not actor:
        per_s, at_once = STRANGERS_PER_S, STRANGERS_AT_ONCE
    elif confirms:
        per_s, at_once = CONFIRMATIONS_PER_S, CONFIRMATIONS_AT_ONCE
    else:
        per_s, at_once = COMMANDS_PER_S, COMMANDS_AT_ONCE
    return _Bucket(per_s=per_s, at_once=at_once, left=at_once, at_s=now_s)
