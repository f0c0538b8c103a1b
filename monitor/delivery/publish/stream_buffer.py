"""Streams on their way out: bounded, newest wins, old ones dropped. Pure; time is an argument."""

from collections import OrderedDict
from dataclasses import dataclass

# A vital sign older than this misleads more than its absence.
DROP_AFTER_NS = 10_000_000_000

# More than a session has topics; beyond it the message that has waited longest gives way.
MAX_WAITING = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One message that waits: only the newest of its `key` does (of its topic, unless each one matters)."""

    key: str
    topic: str
    payload: bytes
    qos: int
    retain: bool
    at_ns: int


class StreamBuffer:
    """At most one message a key; `dropped` counts those replaced or too old."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, Waiting] = OrderedDict()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Waiting) -> None:
        """The newest of its key; it keeps the place in the queue of the one it replaces."""
        if message.key in self._waiting:
            self.dropped += 1
        elif len(self._waiting) >= MAX_WAITING:
            self._waiting.popitem(last=False)
            self.dropped += 1
        self._waiting[message.key] = message

    def take(self, *, now_ns: int) -> Waiting | None:
        """The message that has waited longest and is still worth sending, or None."""
        while self._waiting:
            _, message = self._waiting.popitem(last=False)
            if now_ns - message.at_ns <= DROP_AFTER_NS:
                return message
            self.dropped += 1
        return None
