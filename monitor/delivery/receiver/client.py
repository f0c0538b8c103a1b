"""A therapist's application: hears its clinic, confirms every alert at once, acknowledges when told to."""

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from monitor.clock import iso_utc, now_ns
from monitor.delivery import mqtt
from monitor.delivery.broker.broker import Broker
from monitor.delivery.mqtt import Connection
from monitor.delivery.publish.tasks import all_of
from monitor.delivery.receiver.events import BrokerState, FeedEvent
from monitor.delivery.receiver.state import FeedState, SessionKey
from protocols.mqtt import wire
from protocols.mqtt.commands import Acknowledge, CommandMessage, Received, Snapshot
from protocols.mqtt.errors import WireError
from protocols.mqtt.fields import MAX_IDS
from protocols.mqtt.signing import signed
from protocols.mqtt.topics import SessionTopics, clinic_filter

logger = logging.getLogger(__name__)

# Long enough for a slow network, short enough that an acknowledgement does not take effect as a surprise.
COMMAND_EXPIRES_AFTER_NS = 30_000_000_000

# Staleness is told at most this much late.
LOOK_EVERY_S = 0.5


class TherapistFeed:
    """One therapist's application, a client of its own with its own login; `run()` for ever.

    `on_event` gets everything there is to show, on the loop, and must not block: an alert is confirmed as
    soon as it returns. `actor` is the login's name; with `key`, commands are signed. `clock_ns` tells what is
    stale (a wall clock where the loop's is virtual: this application stands for another machine); `utc_ns` is
    the stations' UTC.
    """

    def __init__(
        self,
        *,
        broker: Callable[[], Broker],
        clinic: str,
        actor: str,
        on_event: Callable[[FeedEvent], None],
        key: bytes | None = None,
        client_id: str | None = None,
        clock_ns: Callable[[], int] = now_ns,
        utc_ns: Callable[[], int] = time.time_ns,
        hold: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._broker = broker
        self._clinic = clinic
        self._actor = actor
        self._on_event = on_event
        self._key = key
        self._client_id = client_id or f"kinewatch-{clinic}-{actor}"
        self._clock_ns = clock_ns
        self._utc_ns = utc_ns
        self._hold = hold
        self._outgoing: deque[tuple[str, bytes]] = deque()
        self._received: dict[SessionKey, list[str]] = {}
        self._wake = asyncio.Event()
        self.state = FeedState()

    def acknowledge(self, session: SessionKey, alert_id: str) -> str:
        """A clinician has seen the alert; returns the command's id, to which the station will reply."""
        return self._enqueue(session, Acknowledge(**self._head(), alert_id=alert_id), verb="ack")

    def command(self, session: SessionKey, verb: str, **fields: object) -> str:
        """Any other command of `protocols.mqtt.commands`; returns its id.

        Raises:
            MessageError, pydantic.ValidationError: there is no such command, or a field is wrong.
        """
        command = wire.COMMAND_ADAPTER.validate_python({**self._head(), **fields, "verb": verb})
        return self._enqueue(session, command, verb=verb)

    async def run(self) -> None:
        """Hear and confirm for ever; cancellation is the only end."""
        async with asyncio.TaskGroup() as tasks:
            # Staleness is told without a connection too: that is when everything becomes stale.
            tasks.create_task(self._watch_staleness(), name="staleness")
            await mqtt.keep_connected(
                self._broker,
                self._serve,
                client_id=self._client_id,
                on_problem=lambda problem: self._on_event(BrokerState(is_connected=False, problem=problem)),
                hold=self._hold,
            )

    async def _serve(self, connection: Connection) -> None:
        await connection.subscribe({clinic_filter(self._clinic): 1})
        self._on_event(BrokerState(is_connected=True))
        self._wake.set()
        await all_of(connection, self._receive, self._send)

    async def _receive(self, connection: Connection) -> None:
        async for message in connection.incoming():
            try:
                update = self.state.receive(message.topic, message.payload, now_ns=self._clock_ns())
            except WireError as exc:
                logger.warning("a message could not be read: %s", exc)
                continue
            for event in update.events:
                self._on_event(event)
            for session, message_id in update.received:
                self._received.setdefault(session, []).append(message_id)
            for wanted in update.wanted:
                snapshot = Snapshot(**self._head(), boot=wanted.boot, after_seq=wanted.after_seq)
                self._enqueue(wanted.session, snapshot, verb="snapshot")
            if update.received:
                self._wake.set()

    async def _send(self, connection: Connection) -> None:
        while True:
            self._wake.clear()
            while self._received:
                session, ids = next(iter(self._received.items()))
                some = tuple(dict.fromkeys(ids))[:MAX_IDS]
                received = Received(**self._head(), ids=some)
                topic = self._topic(session, "received")
                await connection.publish(topic, self._payload(received, topic), qos=1)
                left = [message_id for message_id in self._received[session] if message_id not in some]
                if left:
                    self._received[session] = left
                else:
                    del self._received[session]
            while self._outgoing:
                topic, payload = self._outgoing[0]
                await connection.publish(topic, payload, qos=1)
                self._outgoing.popleft()
            await self._wake.wait()

    async def _watch_staleness(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for event in self.state.stale(now_ns=self._clock_ns()):
                self._on_event(event)

    def _enqueue(self, session: SessionKey, command: CommandMessage, *, verb: str) -> str:
        topic = self._topic(session, verb)
        self._outgoing.append((topic, self._payload(command, topic)))
        self._wake.set()
        return command.cmd_id

    def _payload(self, command: CommandMessage, topic: str) -> bytes:
        return wire.encode(command if self._key is None else signed(command, topic=topic, key=self._key))

    def _head(self) -> dict[str, str]:
        return {
            "cmd_id": secrets.token_hex(12),
            "expires_at": iso_utc(self._utc_ns() + COMMAND_EXPIRES_AFTER_NS),
            "actor": self._actor,
        }

    def _topic(self, session: SessionKey, verb: str) -> str:
        topics = SessionTopics(clinic=self._clinic, station=session.station, session_id=session.session_id)
        return topics.command(verb)
