"""A therapist's application: hears its clinic, confirms every alert at once, acknowledges when told to."""

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from monitor.clock import iso_utc, now_ns
from monitor.coalesced_log import CoalescedLog
from monitor.delivery import mqtt
from monitor.delivery.broker.broker import Broker
from monitor.delivery.mqtt import Connection
from monitor.delivery.publish.tasks import all_of
from monitor.delivery.receiver.events import AlertReceived, BrokerState, FeedEvent, MessageReceived
from monitor.delivery.receiver.inbox import Inbox, InboxRow
from monitor.delivery.receiver.state import FeedState, FeedUpdate, SessionKey
from monitor.delivery.receiver.station_clock import StationClocks
from protocols.mqtt import wire
from protocols.mqtt.commands import Acknowledge, CommandMessage, Received, Snapshot
from protocols.mqtt.errors import WireError
from protocols.mqtt.fields import MAX_IDS
from protocols.mqtt.messages import AlertMessage, EventMessage, LatestMessage, StatusMessage
from protocols.mqtt.plain_text import plain
from protocols.mqtt.signing import signed
from protocols.mqtt.topics import SessionTopics, clinic_filter, parse

logger = logging.getLogger(__name__)

# Long enough for a slow network, short enough that an acknowledgement does not take effect as a surprise.
COMMAND_EXPIRES_AFTER_NS = 30_000_000_000

# A person is not kept from an alert by their own disk; it is only not confirmed before the disk has it.
STORED_WITHIN_S = 0.3
STORED_AGAIN_AFTER_S = 2.0

# Staleness is told at most this much late.
LOOK_EVERY_S = 0.5


class TherapistFeed:
    """One therapist's application, a client of its own with its own login; `run()` for ever.

    `on_event` gets everything there is to show, on the loop, and must not block: an alert is confirmed as
    soon as it returns. With an `inbox` alerts are on disk before they are confirmed, and a restart shows
    none of them again. `actor` is the login's name; with `key`, commands are signed. `clock_ns` tells what is
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
        inbox: Inbox | None = None,
        clock_ns: Callable[[], int] = now_ns,
        utc_ns: Callable[[], int] = time.time_ns,
        hold: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._broker = broker
        self._clinic = clinic
        self._actor = actor
        self._on_event = on_event
        self._key = key
        self._inbox = inbox
        # Of this screen, and not to be guessed: whoever uses another's is taken for it by the broker.
        self._client_id = inbox.client_id if inbox else f"kw-{secrets.token_hex(8)}"
        self._clock_ns = clock_ns
        self._utc_ns = utc_ns
        self._hold = hold
        self._outgoing: deque[tuple[str, bytes]] = deque()
        self._received: dict[SessionKey, list[str]] = {}
        self._wake = asyncio.Event()
        self._arrived = asyncio.Event()
        self._untold: deque[AlertReceived] = deque()
        self._unsettled: dict[str, SessionKey] = {}  # told or about to be, but not yet in the inbox
        self._log = CoalescedLog(logger)
        self._clocks = StationClocks()
        if inbox is None:
            self.state = FeedState()
        else:
            self.state = FeedState(known=inbox.known, newest=inbox.newest)

    def acknowledge(self, session: SessionKey, alert_id: str) -> str:
        """A clinician has seen the alert; returns the command's id, to which the station will reply."""
        return self._enqueue(session, Acknowledge(**self._head(session), alert_id=alert_id), verb="ack")

    def command(self, session: SessionKey, verb: str, **fields: object) -> str:
        """Any other command of `protocols.mqtt.commands`; returns its id.

        Raises:
            MessageError, pydantic.ValidationError: there is no such command, or a field is wrong.
        """
        command = wire.COMMAND_ADAPTER.validate_python({**self._head(session), **fields, "verb": verb})
        return self._enqueue(session, command, verb=verb)

    async def run(self) -> None:
        """Hear and confirm for ever; cancellation is the only end."""
        async with asyncio.TaskGroup() as tasks:
            # Staleness is told without a connection too: that is when everything becomes stale.
            tasks.create_task(self._watch_staleness(), name="staleness")
            if self._inbox is not None:
                tasks.create_task(self._tell(self._inbox), name="inbox")
            await mqtt.keep_connected(
                self._broker,
                self._serve,
                client_id=self._client_id,
                # Without an inbox this screen is not known again: the broker need not keep anything for it.
                clean_session=self._inbox is None,
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
                update = self.state.receive(
                    message.topic,
                    message.payload,
                    now_ns=self._clock_ns(),
                    is_retained=message.is_retained,
                )
            except WireError as exc:
                self._log.warning("unreadable", "a message could not be read: %s", plain(str(exc)))
                continue
            self._apply(update)
            if not message.is_retained:
                self._note_clocks(update)

    def _apply(self, update: FeedUpdate) -> None:
        for event in update.events:
            if isinstance(event, AlertReceived) and self._inbox is not None:
                self._untold.append(event)
                self._unsettled[event.message.id] = _place_of(event)
                self._arrived.set()
            else:
                self._on_event(event)
        for session, message_id in update.received:
            if message_id not in self._unsettled:
                self._confirm(session, message_id)
        for wanted in update.wanted:
            snapshot = Snapshot(**self._head(wanted.session), boot=wanted.boot, after_seq=wanted.after_seq)
            self._enqueue(wanted.session, snapshot, verb="snapshot")

    def _confirm(self, session: SessionKey, message_id: str) -> None:
        self._received.setdefault(session, []).append(message_id)
        self._wake.set()

    def _note_clocks(self, update: FeedUpdate) -> None:
        """A live heartbeat tells the station's time."""
        for event in update.events:
            if isinstance(event, MessageReceived):
                message = event.message
                said = message.t if isinstance(message, LatestMessage | StatusMessage) else None
                if said is not None:
                    self._clocks.hear(event.station, said, utc_ns=self._utc_ns())

    async def _tell(self, inbox: Inbox) -> None:
        """Make durable, tell, mark as told, confirm: in this order, some at a time."""
        left = [alert for alert in map(_alert_of, inbox.unshown) if alert is not None]
        self._unsettled |= {alert.message.id: _place_of(alert) for alert in left}
        self._untold.extendleft(reversed(left))
        while True:
            some = [self._untold.popleft() for _ in range(min(len(self._untold), MAX_IDS))]
            if not some:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            stored = self._store(inbox, some)
            await asyncio.wait([stored], timeout=STORED_WITHIN_S)
            for alert in some:
                self._on_event(alert)
            marked = inbox.mark_shown([alert.message.id for alert in some])
            marked.add_done_callback(self._note_inbox)
            stored.add_done_callback(partial(self._settle, inbox, some))

    def _store(self, inbox: Inbox, alerts: Sequence[AlertReceived]) -> "asyncio.Future[None]":
        return inbox.take([_row_of(alert, self._clinic) for alert in alerts])

    def _settle(self, inbox: Inbox, alerts: Sequence[AlertReceived], stored: "asyncio.Future[None]") -> None:
        """What could not be made durable is not confirmed: meanwhile the station calls out itself."""
        self._note_inbox(stored)
        if stored.cancelled() or stored.exception() is not None:
            again = partial(self._store_again, inbox, alerts)
            asyncio.get_running_loop().call_later(STORED_AGAIN_AFTER_S, again)
            return
        for alert in alerts:
            del self._unsettled[alert.message.id]
            self._confirm(_place_of(alert), alert.message.id)

    def _store_again(self, inbox: Inbox, alerts: Sequence[AlertReceived]) -> None:
        if inbox.is_open:
            self._store(inbox, alerts).add_done_callback(partial(self._settle, inbox, alerts))

    def _note_inbox(self, done: "asyncio.Future[None]") -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._log.warning("inbox", "the inbox cannot be written; nothing is confirmed: %s", error)

    async def _send(self, connection: Connection) -> None:
        while True:
            self._wake.clear()
            while self._received:
                session, ids = next(iter(self._received.items()))
                some = tuple(dict.fromkeys(ids))[:MAX_IDS]
                received = Received(**self._head(session), ids=some)
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
            self._apply(self.state.overdue(now_ns=self._clock_ns()))

    def _enqueue(self, session: SessionKey, command: CommandMessage, *, verb: str) -> str:
        topic = self._topic(session, verb)
        self._outgoing.append((topic, self._payload(command, topic)))
        self._wake.set()
        return command.cmd_id

    def _payload(self, command: CommandMessage, topic: str) -> bytes:
        return wire.encode(command if self._key is None else signed(command, topic=topic, key=self._key))

    def clock_offset_s(self, station: str) -> float | None:
        """By how much a station's clock is ahead of this application's; None while it has not been heard."""
        return self._clocks.offset_s(station)

    def _head(self, session: SessionKey) -> dict[str, str]:
        """By the station's clock, for that is the one a command expires by."""
        utc_ns = self._clocks.utc_ns(session.station, utc_ns=self._utc_ns())
        return {
            "cmd_id": secrets.token_hex(12),
            "expires_at": iso_utc(utc_ns + COMMAND_EXPIRES_AFTER_NS),
            "actor": self._actor,
        }

    def _topic(self, session: SessionKey, verb: str) -> str:
        topics = SessionTopics(clinic=self._clinic, station=session.station, session_id=session.session_id)
        return topics.command(verb)


def _place_of(alert: AlertReceived) -> SessionKey:
    return SessionKey(station=alert.station, session_id=alert.session_id)


def _row_of(alert: AlertReceived, clinic: str) -> InboxRow:
    topics = SessionTopics(clinic=clinic, station=alert.station, session_id=alert.session_id)
    message = alert.message
    topic = topics.event() if isinstance(message, EventMessage) else topics.alert(message.alert_id)
    return InboxRow(
        message_id=message.id,
        station=alert.station,
        session_id=alert.session_id,
        boot=message.boot,
        seq=message.seq,
        topic=topic,
        payload=wire.encode(message),
    )


def _alert_of(row: InboxRow) -> AlertReceived | None:
    """What was taken by a run that was cut off before it could tell it."""
    try:
        message = wire.decode(parse(row.topic).kind, row.payload)
    except WireError:
        return None  # by another version of this program
    if not isinstance(message, EventMessage | AlertMessage):
        return None
    return AlertReceived(station=row.station, session_id=row.session_id, message=message, is_late=True)
