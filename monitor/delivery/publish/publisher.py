"""Brings a session to its therapists: alerts until they are confirmed, vitals while they are fresh.

Three lanes share one connection and cannot hold each other up: events (`event_lane`), retained alert topics
(`retained_lane`) and streams (`stream_lane`). An event is published only after it is on disk, and is closed
only when a therapist's application has confirmed it. What comes in goes over the `command_desk`.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress

from monitor.alerts.transition import Transition
from monitor.clock import iso_utc, now_ns, utc_ns_at
from monitor.delivery import mqtt
from monitor.delivery.broker.broker import Broker
from monitor.delivery.commands.clock_hold import ANSWER_WITHIN_S, ClockHold
from monitor.delivery.commands.inbox import CommandInbox, Confirmed, Response, Run, SnapshotWanted, Step
from monitor.delivery.commands.validation import UserDirectory
from monitor.delivery.errors import CommandRefusedError, DeliveryError
from monitor.delivery.health import DeliveryHealth, DeliveryTimes
from monitor.delivery.mqtt import Connection, Will
from monitor.delivery.publish import status as statements
from monitor.delivery.publish.events import EventPublisher
from monitor.delivery.publish.messages import SenderIdentity, posts_of, retained_rows, unstored_rows
from monitor.delivery.publish.projection import Projection
from monitor.delivery.publish.retained import RetainedPublisher
from monitor.delivery.publish.session_info import NO_INFO, SessionInfo
from monitor.delivery.publish.stream_buffer import Waiting
from monitor.delivery.publish.streams import StreamPublisher
from monitor.delivery.publish.tasks import all_of
from monitor.delivery.publish.timings import Timings
from monitor.outputs import CommandReply, Output
from monitor.samples import ClockAnchor, Command
from monitor.store.errors import StoreError
from monitor.store.rows import OutboxRow, RetainedRow
from monitor.store.writer import StoreWriter
from protocols.mqtt.topics import StationTopics

logger = logging.getLogger(__name__)

# With the will (one and a half keepalives) a lost station is known within 8 s even without `latest`.
STATUS_EVERY_S = 5.0

# What one snapshot says again at most; who has missed more asks again.
SNAPSHOT_EVENTS = 500


class Publisher:
    """One session's way to its therapists. `run()` for ever; `keep`, `show` and `answer` on the same loop.

    `roles`: actor -> role, the people this station knows; `keys`: actor -> key, of those who must sign
    (`protocols.mqtt.signing`). `anchor`: the clock's present anchor. `on_command` gets what the session must
    run; its `CommandReply` comes back through `answer`, or it raises CommandRefusedError. `hold` is entered
    while an answer from outside is awaited, a therapist's for `answer_within_s`. `wall_s` measures.
    """

    def __init__(
        self,
        *,
        broker: Callable[[], Broker],
        topics: StationTopics,
        session_id: str,
        store: StoreWriter,
        anchor: Callable[[], ClockAnchor],
        roles: Mapping[str, str],
        on_command: Callable[[Command], None],
        keys: Mapping[str, bytes] | None = None,
        on_times: Callable[[DeliveryTimes], None] = lambda _: None,
        info: Callable[[], SessionInfo] = lambda: NO_INFO,
        hold: Callable[[], AbstractContextManager[object]] = nullcontext,
        answer_within_s: float = ANSWER_WITHIN_S,
        wall_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._broker = broker
        self._topics = topics
        self._session_id = session_id
        self._store = store
        self._anchor = anchor
        self._on_command = on_command
        self._on_times = on_times
        self._info = info
        self._hold = hold
        self._answers = ClockHold(hold, within_s=answer_within_s)
        self._is_connected = False
        self._is_storing = True
        self._problem = "not connected yet"
        self._replies = 0
        self._started_ns = now_ns()
        self._unstored = 1 << 62  # rows that the disk did not take come after all that it did
        self._timings = Timings(wall_s)
        self._events = EventPublisher(
            utc_ns=self._utc_ns, on_published=self._note_published, on_empty=self._answers.release
        )
        self._retained = RetainedPublisher(utc_ns=self._utc_ns, on_emptied=self._forget_topic)
        self._streams = StreamPublisher(
            Projection(self.identity), active_alerts=lambda: self._retained.active
        )
        self._inbox = CommandInbox(
            store=store,
            users=UserDirectory(roles=roles, keys=keys or {}),
            now_ns=now_ns,
            utc_ns=self._utc_ns,
        )

    async def accept(self, transition: Transition) -> None:
        """Store a transition with its messages and send them on their way; returns when it is on disk.

        When the disk takes nothing the messages are sent all the same, and `health` says so: an alert that
        may be lost is better than one that certainly is.
        """
        identity = self.identity()
        posts = posts_of(transition, identity)
        for post in posts:
            if not post.retained:
                self._timings.start(post.message_id, transition)
        try:
            rows = await self._store.submit(
                lambda store: store.append(transition, posts, session_id=self._session_id)
            )
            self._is_storing = True
        except StoreError as exc:
            logger.error("an alert could not be stored and is sent without: %s", exc)  # noqa: TRY400 - no trace
            self._is_storing = False
            self._unstored += 1
            rows = unstored_rows(
                transition, posts, identity=identity, row=self._unstored, created_utc_ns=self._utc_ns()
            )
        else:
            for row in rows:
                self._report_times(self._timings.stored(row.message_id))
        self._events.add(rows)
        if rows and self._is_connected:
            self._answers.expect()
        self._retained.set(retained_rows(posts, session_id=self._session_id))

    def publish(self, output: Output) -> None:
        """Put an output on the therapists' pages. Never blocks, never fails: alerts do not go this way."""
        self._streams.put(output)

    def reply(self, reply: CommandReply) -> None:
        """The session has answered a command; those that came from elsewhere are passed over."""
        if reply.accepted and reply.details.get("in_force") is True:
            self._publish_limits()
        answer = self._inbox.finish(reply)
        if answer is not None:
            self._reply(answer)

    def health(self) -> DeliveryHealth:
        """How delivery fares at this moment."""
        return DeliveryHealth(
            connected=self._is_connected,
            open_events=len(self._events),
            oldest_unconfirmed_s=self._events.oldest_ages_s(),
            is_storing=self._is_storing,
            problem="" if self._is_connected else self._problem,
        )

    @property
    def times(self) -> list[DeliveryTimes]:
        """Each event's way so far, oldest first."""
        return self._timings.times

    async def settled(self) -> None:
        """Wait until every event has been confirmed; the caller sets the limit."""
        await self._events.emptied()

    async def run(self) -> None:
        """Deliver for ever; cancellation is the only end, and says `disconnected` if it still can."""
        rows, retained = await self._store.submit(lambda store: (store.open_rows(), store.retained()))
        self._events.restore(rows)
        self._retained.set(retained)
        await mqtt.keep_connected(
            self._broker,
            self._serve,
            client_id=f"kinewatch-{self._topics.clinic}-{self._topics.station}",
            will=lambda: Will(topic=self._topics.status(), payload=self._status("lost")),
            on_problem=self._note_problem,
            hold=self._hold,
        )

    async def _serve(self, connection: Connection) -> None:
        """Everything over one connection, until it breaks; whoever ends it says goodbye, however early."""
        try:
            await self._on_connected(connection)
            lanes = (self._events.run, self._retained.run, self._streams.run, self._streams.beat)
            await all_of(connection, *lanes, self._receive_commands, self._keep_status)
        except asyncio.CancelledError:
            with suppress(DeliveryError):
                await self._publish_offline(connection)
            raise
        finally:
            self._is_connected = False
            self._answers.release()

    async def _on_connected(self, connection: Connection) -> None:
        """Tell who we are and what runs; from then on everything is said anew over this connection."""
        await connection.subscribe({self._topics.commands(): 1})
        await self._publish_status(connection, "ready")
        await self._publish_session(connection)
        self._events.connected()
        self._retained.republish()
        self._streams.connected()
        self._is_connected = True
        if len(self._events):
            self._answers.expect()
        logger.info("connected to the broker; %d events are open", len(self._events))

    # Commands

    async def _receive_commands(self, connection: Connection) -> None:
        async for message in connection.incoming():
            if message.is_retained:
                continue  # commands are never retained: this one is somebody's mistake, or worse
            try:
                step = await self._inbox.receive(message.topic, message.payload)
                await self._execute(connection, step)
            except StoreError as exc:
                logger.warning("a command could not be noted and is not run: %s", exc)

    async def _execute(self, connection: Connection, step: Step | None) -> None:
        match step:
            case Confirmed():
                await self._confirm(step)
            case SnapshotWanted():
                await self._republish(connection, step)
            case Run():
                self._run_command(step.command)
            case Response():
                self._reply(step)

    async def _confirm(self, confirmed: Confirmed) -> None:
        try:
            await self._store.submit(lambda store: store.confirm(confirmed.ids, actor=confirmed.actor))
        except StoreError as exc:
            # It has arrived, whatever the disk says; after a restart it will be sent and confirmed again.
            logger.warning("a confirmation could not be stored: %s", exc)
        for message_id in self._events.close(confirmed.ids):
            self._report_times(self._timings.confirmed(message_id))
        self._retained.confirm(confirmed.ids)

    async def _republish(self, connection: Connection, wanted: SnapshotWanted) -> None:
        rows = await self._store.submit(
            lambda store: store.rows_after(
                wanted.session_id, boot=wanted.boot, seq=wanted.after_seq, limit=SNAPSHOT_EVENTS
            )
        )
        await self._events.republish(connection, rows)
        self._retained.republish()
        self._reply(self._inbox.finish_snapshot(wanted))

    def _run_command(self, command: Command) -> None:
        try:
            self._on_command(command)
        except CommandRefusedError as exc:
            answer = self._inbox.refuse(command, exc)
            if answer is not None:
                self._reply(answer)

    def _reply(self, answer: Response) -> None:
        self._replies += 1
        topic = self._topics.in_session(answer.session_id).reply(answer.cmd_id)
        payload = statements.reply(
            self.identity(), answer, seq=self._replies, t_ns=now_ns(), sent=iso_utc(self._utc_ns())
        )
        self._streams.put_reply(
            Waiting(key=topic, topic=topic, payload=payload, qos=1, retain=False, at_ns=now_ns())
        )

    # What the station says about itself

    async def _keep_status(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(STATUS_EVERY_S)
            # A heartbeat is not to be kept for an application that is away.
            await self._publish_status(connection, "ready", qos=0)

    async def _publish_status(self, connection: Connection, state: str, *, qos: int = 1) -> None:
        await connection.publish(self._topics.status(), self._status(state), qos=qos, retain=True)

    async def _publish_session(self, connection: Connection) -> None:
        await connection.publish(self._topics.session(), self._session(), qos=1, retain=True)

    def _publish_limits(self) -> None:
        """A limit has changed: the session's message has those in force."""
        topic = self._topics.session()
        self._streams.put_reply(
            Waiting(key=topic, topic=topic, payload=self._session(), qos=1, retain=True, at_ns=now_ns())
        )

    def _session(self) -> bytes:
        return statements.session(
            self.identity(), self._info(), started_ns=self._started_ns, sent=iso_utc(self._utc_ns())
        )

    async def _publish_offline(self, connection: Connection) -> None:
        latest = self._topics.in_session(self._session_id).latest()
        for topic in (self._topics.session(), latest):
            await connection.publish(topic, b"", qos=1, retain=True)
        await self._publish_status(connection, "disconnected")

    def _status(self, state: str) -> bytes:
        return statements.status(
            self.identity(),
            state=state,
            t=None if state == "lost" else iso_utc(self._utc_ns()),
            unconfirmed_s=self._events.oldest_ages_s(),
        )

    # Small things

    def identity(self) -> SenderIdentity:
        """Who says it, by the present clock."""
        return SenderIdentity(
            topics=self._topics.in_session(self._session_id), boot=self._store.boot, anchor=self._anchor()
        )

    def _utc_ns(self) -> int:
        return utc_ns_at(now_ns(), self._anchor())

    def _note_problem(self, problem: str) -> None:
        if problem != self._problem:
            logger.warning("%s; trying again", problem)
        self._problem = problem

    def _note_published(self, row: OutboxRow) -> None:
        times = self._timings.published(row.message_id)
        self._report_times(times)
        if times is not None and not row.published:
            self._store.submit_unawaited(lambda store: store.mark_published(row.message_id))

    def _forget_topic(self, row: RetainedRow) -> None:
        self._store.submit_unawaited(
            lambda store: store.forget_retained(row.topic, message_id=row.message_id)
        )

    def _report_times(self, times: DeliveryTimes | None) -> None:
        if times is not None:
            self._on_times(times)
