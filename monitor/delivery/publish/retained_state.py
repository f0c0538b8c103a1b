"""What each retained alert topic must say, and when it is to be said (again). Pure; time is an argument."""

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.store.rows import RetainedRow

# Brokers lose retained messages at restarts and do not say so (RabbitMQ keeps them on one node only).
REPEAT_EVERY_NS = 30_000_000_000

# A page opened just after an alert has cleared still shows that it was there; then the topic is emptied.
EMPTY_AFTER_NS = 30_000_000_000


@dataclass(slots=True)
class _Topic:
    row: RetainedRow
    due_ns: int
    is_confirmed: bool
    is_said: bool = False
    empty_ns: int | None = None


class RetainedState:
    """The retained alert topics of a station."""

    def __init__(self) -> None:
        self._topics: dict[str, _Topic] = {}

    def __len__(self) -> int:
        return len(self._topics)

    @property
    def active(self) -> int:
        """How many alerts there are now."""
        return sum(not topic.row.cleared for topic in self._topics.values())

    def topics(self) -> list[str]:
        """All of them."""
        return list(self._topics)

    def set(self, rows: Iterable[RetainedRow], *, now_ns: int) -> None:
        """What topics say from now on; due at once."""
        for row in rows:
            topic = _Topic(row=row, due_ns=now_ns, is_confirmed=row.confirmed)
            self._topics[row.topic] = topic
            self._plan_empty(topic, now_ns)

    def connected(self, *, now_ns: int) -> None:
        """A new connection: everything is said again."""
        for topic in self._topics.values():
            topic.due_ns = now_ns
            topic.is_said = False

    def confirm(self, message_ids: Iterable[str], *, session_id: str, now_ns: int) -> None:
        """The events of these have been received; what has had its last word will be emptied."""
        confirmed = set(message_ids)
        for topic in self._topics.values():
            if topic.row.session_id == session_id and topic.row.message_id in confirmed:
                topic.is_confirmed = True
                self._plan_empty(topic, now_ns)

    def due(self, *, now_ns: int) -> list[RetainedRow]:
        """What is to be said now."""
        return [topic.row for topic in self._topics.values() if topic.due_ns <= now_ns]

    def qos(self, row: RetainedRow) -> int:
        """1 for news; 0 for repetitions, which no broker should keep for an application that is away."""
        topic = self._topics.get(row.topic)
        return 0 if topic is not None and topic.is_said else 1

    def to_empty(self, *, now_ns: int) -> list[RetainedRow]:
        """What is to be emptied now."""
        return [
            topic.row
            for topic in self._topics.values()
            if topic.empty_ns is not None and topic.empty_ns <= now_ns
        ]

    def published(self, row: RetainedRow, *, now_ns: int) -> None:
        """The broker has it; unless the topic has changed since, it is repeated later."""
        topic = self._topics.get(row.topic)
        if topic is not None and topic.row == row:
            topic.due_ns = now_ns + REPEAT_EVERY_NS
            topic.is_said = True

    def emptied(self, row: RetainedRow) -> None:
        """The broker has forgotten it; unless the topic has changed since, so do we."""
        topic = self._topics.get(row.topic)
        if topic is not None and topic.row == row:
            del self._topics[row.topic]

    def next_due_ns(self) -> int | None:
        """When there will be something to do; None without topics."""
        instants = [topic.due_ns for topic in self._topics.values()]
        instants += [topic.empty_ns for topic in self._topics.values() if topic.empty_ns is not None]
        return min(instants, default=None)

    def _plan_empty(self, topic: _Topic, now_ns: int) -> None:
        if topic.row.cleared and topic.is_confirmed:
            topic.empty_ns = now_ns + EMPTY_AFTER_NS
