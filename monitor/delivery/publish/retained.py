"""The lane of retained alert topics: said on every change, at every connection and every 30 seconds."""

import asyncio
from collections.abc import Callable, Iterable

from monitor.clock import now_ns
from monitor.delivery.mqtt import Connection
from monitor.delivery.publish.messages import stamped
from monitor.delivery.publish.retained_state import RetainedState
from monitor.delivery.publish.tasks import until
from monitor.store.rows import RetainedRow


class RetainedPublisher:
    """The retained alert topics of a station. `on_emptied`: the broker has forgotten one."""

    def __init__(self, *, utc_ns: Callable[[], int], on_emptied: Callable[[RetainedRow], None]) -> None:
        self._topics = RetainedState()
        self._utc_ns = utc_ns
        self._on_emptied = on_emptied
        self._wake = asyncio.Event()

    @property
    def active(self) -> int:
        """How many alerts there are now."""
        return self._topics.active

    def topics(self) -> list[str]:
        """The topics that the broker keeps for us."""
        return self._topics.topics()

    def set(self, rows: Iterable[RetainedRow]) -> None:
        """What these topics say from now on."""
        self._topics.set(rows, now_ns=now_ns())
        self._wake.set()

    def confirm(self, message_ids: Iterable[str], *, session_id: str) -> None:
        """A therapist's application has received these of a session."""
        self._topics.confirm(message_ids, session_id=session_id, now_ns=now_ns())
        self._wake.set()

    def republish(self) -> None:
        """Everything is said again at once: a new connection, or somebody asked."""
        self._topics.connected(now_ns=now_ns())
        self._wake.set()

    async def run(self, connection: Connection) -> None:
        """Say what is due for as long as the connection lasts.

        Raises:
            ConnectionLostError: it broke.
        """
        while True:
            self._wake.clear()
            now = now_ns()
            for row in self._topics.due(now_ns=now):
                payload = stamped(row.body, utc_ns=self._utc_ns())
                await connection.publish(row.topic, payload, qos=self._topics.qos(row), retain=True)
                self._topics.published(row, now_ns=now)
            for row in self._topics.to_empty(now_ns=now):
                await connection.publish(row.topic, b"", qos=1, retain=True)
                self._topics.emptied(row)
                self._on_emptied(row)
            await until(self._wake, self._topics.next_due_ns())
