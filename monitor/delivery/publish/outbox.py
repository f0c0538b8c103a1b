"""Which events are on their way, and when each is to be sent (again). Pure; time is an argument.

The store knows what is open; this knows since when, how often it has been tried, and what is due next.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from monitor.alerts.transition import Priority
from monitor.store.rows import OutboxRow

# An application that lives confirms within milliseconds. A first repetition soon, in case one message was
# lost; then seldom, for its absence is now known and told otherwise.
RESEND_AFTER_NS = (2_000_000_000, 5_000_000_000, 30_000_000_000)


@dataclass(slots=True)
class _Open:
    row: OutboxRow
    since_ns: int
    due_ns: int
    sent_ns: int = 0
    attempts: int = 0


# The first attempts ask the broker to keep the message for an application that is away. Later ones are for
# one that is there: kept too, they would fill the queue of a tablet that is off with thousands of doubles.
KEPT_ATTEMPTS = len(RESEND_AFTER_NS)


# Events that are with the broker or the application and not yet confirmed. More at once helps nobody: a
# broker that makes each durable falls behind its own answers, is taken for dead, and is sent it all again.
IN_FLIGHT = 100

# Where nobody confirms the rest follows all the same, for the broker to keep: as many a second.
UNHEARD_PER_S = 200


class Outbox:
    """The open events in the order they were stored."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._open

    def session_of(self, message_id: str) -> str | None:
        """The session of an open event, None for any other."""
        item = self._open.get(message_id)
        return None if item is None else item.row.session_id

    def add(self, rows: Iterable[OutboxRow], *, now_ns: int, since_ns: int | None = None) -> None:
        """New events, due at once; `since_ns` is when they were stored, if not now."""
        for row in rows:
            if row.message_id not in self._open:
                since = now_ns if since_ns is None else since_ns
                self._open[row.message_id] = _Open(row=row, since_ns=since, due_ns=now_ns)

    def connected(self, *, now_ns: int) -> None:
        """A new connection: everything open is due at once."""
        for item in self._open.values():
            item.due_ns = now_ns
            item.attempts = 0

    def receiver_active(self, *, now_ns: int) -> None:
        """A therapist's application is back: resend now what has been sent more than once any more."""
        waited = (
            item
            for item in self._open.values()
            if item.attempts > 1 and now_ns - item.sent_ns >= RESEND_AFTER_NS[0]
        )
        # As many as may be on their way: the rest of a long backlog follows when these are confirmed.
        for item in islice(waited, IN_FLIGHT):
            item.due_ns = now_ns

    def missed(self, message_ids: Iterable[str], *, now_ns: int, at_most: int) -> None:
        """An application has a hole: the first of these that are open and have been sent are due at once."""
        sent = [self._open[each] for each in message_ids if each in self._open and self._open[each].attempts]
        for item in sent[:at_most]:
            item.due_ns = now_ns

    def due(self, *, now_ns: int) -> list[OutboxRow]:
        """What is to be sent now, in the order it was stored; as much as may be on its way at once."""
        due = (item.row for item in self._open.values() if item.due_ns <= now_ns)
        return list(islice(due, IN_FLIGHT))

    def in_flight(self, *, now_ns: int) -> int:
        """How many have been sent lately and may be confirmed at any moment."""
        return sum(
            1
            for item in self._open.values()
            if item.attempts and now_ns - item.sent_ns < RESEND_AFTER_NS[0] and item.due_ns > now_ns
        )

    def next_due_ns(self) -> int | None:
        """When there will be something to send; None when nothing is open."""
        return min((item.due_ns for item in self._open.values()), default=None)

    def qos(self, message_id: str) -> int:
        """The quality of service of the next attempt: 1 asks the broker to keep the message, 0 does not."""
        item = self._open.get(message_id)
        return 1 if item is None or item.attempts < KEPT_ATTEMPTS else 0

    def sent(self, message_id: str, *, now_ns: int) -> None:
        """An attempt was made; the next follows after 2, 5, 30, 30 ... seconds without a confirmation."""
        item = self._open.get(message_id)
        if item is not None:
            item.sent_ns = now_ns
            item.due_ns = now_ns + RESEND_AFTER_NS[min(item.attempts, len(RESEND_AFTER_NS) - 1)]
            item.attempts += 1

    def close(self, message_ids: Iterable[str]) -> None:
        """These have been confirmed."""
        for message_id in message_ids:
            self._open.pop(message_id, None)

    def oldest_age_s(self, priority: Priority, *, now_ns: int) -> float | None:
        """Age of the oldest open event of a priority; None when there is none."""
        oldest = min(
            (item.since_ns for item in self._open.values() if item.row.priority is priority), default=None
        )
        return None if oldest is None else (now_ns - oldest) / 1e9
