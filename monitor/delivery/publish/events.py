"""The lane that must not lose anything: events go out in stored order, again and again, until confirmed."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from monitor.alerts.transition import Priority
from monitor.clock import now_ns
from monitor.delivery.mqtt import Connection
from monitor.delivery.publish.messages import stamped
from monitor.delivery.publish.outbox import IN_FLIGHT, UNHEARD_PER_S, Outbox
from monitor.delivery.publish.tasks import until
from monitor.store.rows import OutboxRow

# Events on their way at once after an outage. paho keeps at most 20 in flight; all keep their order.
WINDOW = 20


class EventPublisher:
    """The open events of a station. `on_empty`: the last one has been confirmed."""

    def __init__(
        self,
        *,
        utc_ns: Callable[[], int],
        on_published: Callable[[OutboxRow], None],
        on_empty: Callable[[], None],
    ) -> None:
        self._outbox = Outbox()
        self._utc_ns = utc_ns
        self._on_published = on_published
        self._on_empty = on_empty
        self._wake = asyncio.Event()
        self._confirmed = asyncio.Event()
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    def __len__(self) -> int:
        return len(self._outbox)

    def restore(self, rows: Iterable[OutboxRow]) -> None:
        """What earlier runs left open, as old as it is."""
        now, utc = now_ns(), self._utc_ns()
        for row in rows:
            self._outbox.add([row], now_ns=now, since_ns=now - max(0, utc - row.created_utc_ns))
        self._changed()

    def add(self, rows: Sequence[OutboxRow]) -> None:
        """Stored just now; on their way at once."""
        self._outbox.add(rows, now_ns=now_ns())
        self._changed()
        self._wake.set()

    def close(self, message_ids: Iterable[str], *, session_id: str) -> list[str]:
        """A therapist's application has received these of a session; returns those that were open."""
        closed = [
            message_id
            for message_id in dict.fromkeys(message_ids)
            if self._outbox.session_of(message_id) == session_id
        ]
        self._outbox.close(closed)
        self._outbox.receiver_active(now_ns=now_ns())
        self._changed()
        self._wake.set()
        self._confirmed.set()
        return closed

    def oldest_ages_s(self) -> dict[Priority, float]:
        """The age of the oldest open event of each priority that has one."""
        now = now_ns()
        ages = {priority: self._outbox.oldest_age_s(priority, now_ns=now) for priority in Priority}
        return {priority: age for priority, age in ages.items() if age is not None}

    async def emptied(self) -> None:
        """Wait until nothing is open."""
        await self._is_empty.wait()

    def connected(self) -> None:
        """A new connection: everything open goes out again."""
        self._outbox.connected(now_ns=now_ns())
        self._wake.set()

    async def run(self, connection: Connection) -> None:
        """Send what is due for as long as the connection lasts.

        Raises:
            ConnectionLostError: it broke.
        """
        while True:
            self._wake.clear()
            due = self._outbox.due(now_ns=now_ns())
            for first in range(0, len(due), WINDOW):
                await self._room()
                async with asyncio.TaskGroup() as window:
                    for row in due[first : first + WINDOW]:
                        window.create_task(self._send(connection, row), name=f"event {row.seq}")
            await until(self._wake, self._outbox.next_due_ns())

    async def _room(self) -> None:
        """Wait until the application has confirmed enough, or is not there: then some a second go on."""
        until_s = asyncio.get_running_loop().time() + WINDOW / UNHEARD_PER_S
        while self._outbox.in_flight(now_ns=now_ns()) > IN_FLIGHT - WINDOW:
            self._confirmed.clear()
            try:
                async with asyncio.timeout_at(until_s):
                    await self._confirmed.wait()
            except TimeoutError:
                return

    async def republish(self, connection: Connection, rows: Iterable[OutboxRow]) -> None:
        """Send events that an application misses; those that are open the lane sends, in command.

        Raises:
            ConnectionLostError: the connection broke.
        """
        missed = list(rows)
        self._outbox.missed([row.message_id for row in missed], now_ns=now_ns(), at_most=IN_FLIGHT)
        self._wake.set()
        for row in missed:
            if row.message_id not in self._outbox:
                await connection.publish(row.topic, stamped(row.body, utc_ns=self._utc_ns()), qos=1)

    async def _send(self, connection: Connection, row: OutboxRow) -> None:
        if row.message_id in self._outbox:
            qos = self._outbox.qos(row.message_id)
            self._outbox.sent(row.message_id, now_ns=now_ns())
            await connection.publish(row.topic, stamped(row.body, utc_ns=self._utc_ns()), qos=qos)
            self._on_published(row)

    def _changed(self) -> None:
        if len(self._outbox):
            self._is_empty.clear()
        else:
            self._is_empty.set()
            self._on_empty()
