"""Brings a session to its therapists: alerts until they are confirmed, vitals while they are fresh.

Three lanes share one connection and cannot hold each other up: events (`event_lane`), retained alert topics
(`retained_lane`) and streams (`stream_lane`). An event is published only after it is on disk, and is closed
only when a therapist's application has confirmed it. What comes in goes over the `command_desk`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import assert_never

from monitor.alerts.transition import Transition
from monitor.clock import iso_utc, now_ns, utc_ns_at
from monitor.coalesced_log import CoalescedLog
from monitor.delivery import mqtt
from monitor.delivery.broker.broker import Broker
from monitor.delivery.commands.budget import CommandBudget
from monitor.delivery.commands.clock_hold import ANSWER_WITHIN_S, ClockHold
from monitor.delivery.commands.inbox import CommandInbox, Confirmed, Response, Run, SnapshotWanted, Step
from monitor.delivery.commands.validation import UserDirectory
from monitor.delivery.errors import CommandRefusedError, DeliveryError
from monitor.delivery.health import DeliveryHealth, DeliveryTimes
from monitor.delivery.mqtt import Connection, Will
from monitor.delivery.publish import status as statements
from monitor.delivery.publish.events import EventPublisher
from monitor.delivery.publish.keeping import Released, TransitionKeeper
from monitor.delivery.publish.messages import SenderIdentity, posts_of, retained_rows
from monitor.delivery.publish.projection import Projection
from monitor.delivery.publish.retained import RetainedPublisher
from monitor.delivery.publish.session_info import NO_INFO, SessionInfo
from monitor.delivery.publish.stream_buffer import Waiting
from monitor.delivery.publish.streams import StreamPublisher
from monitor.delivery.publish.tasks import all_of
from monitor.delivery.publish.timings import Timings
from monitor.inputs import ClockAnchor, Command
from monitor.outputs import CommandReply, Output
from monitor.store.errors import StoreError
from monitor.store.rows import OutboxRow, RetainedRow
from monitor.store.writer import StoreWriter
from protocols.mqtt.enums import StationState
from protocols.mqtt.topics import StationTopics

logger = logging.getLogger(__name__)

# With the will (one and a half keepalives) a lost station is known within 8 s even without `latest`.
STATUS_EVERY_S = 5.0

# A disk that takes longer to say what earlier runs left open is not waited for.
RESTORED_WITHIN_S = 2.0

# What one snapshot says again at most; who has missed more asks again.
SNAPSHOT_EVENTS = 500


class Publisher:
    """One session's way to its therapists. `run()` for ever; `keep`, `show` and `answer` on the same loop.

    `roles`: actor -> role, the people this station knows; `keys`: actor -> key, of those who must sign
    (`protocols.mqtt.signing`). `anchor`: the clock's present anchor. `on_command` gets what the session must
    run; its `CommandReply` comes back through `answer`, or it raises CommandRefusedError. While `is_moving`
    says no the station does not say that it lives. One that is not announced (a check) has a client id for
    this once, says nothing of the station itself, and leaves nothing at the broker. `hold` is entered while
    an answer from outside is awaited, a therapist's for `answer_within_s`. `wall_s` measures.
    `announcements`, topic -> payload, are retained for programs that look for stations.
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
        is_moving: Callable[[], bool] = lambda: True,
        is_announced: bool = True,
        announcements: Mapping[str, bytes] | None = None,
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
        self._is_moving = is_moving
        self._is_announced = is_announced
        self._announcements = announcements or {}
        self._hold = hold
        self._answers = ClockHold(hold, within_s=answer_within_s)
        self._is_connected = False
        self._problem = "not connected yet"
        self._replies = 0
        self._started_ns = now_ns()
        self._timings = Timings(wall_s)
        self._events = EventPublisher(
            utc_ns=self._utc_ns, on_published=self._note_published, on_empty=self._answers.release
        )
        self._keeper = TransitionKeeper(
            store,
            on_released=self._hand_on,
            on_stored=self._note_stored,
            utc_ns=self._utc_ns,
        )
        self._retained = RetainedPublisher(utc_ns=self._utc_ns, on_emptied=self._forget_topic)
        self._streams = StreamPublisher(
            Projection(self.identity), active_alerts=lambda: self._retained.active, is_moving=is_moving
        )
        self._budget = CommandBudget(roles)
        self._wanted: dict[str, list[SnapshotWanted]] = {}
        self._snapshot_asked = asyncio.Event()
        self._log = CoalescedLog(logger)
        self._inbox = CommandInbox(
            session_id=session_id,
            store=store,
            users=UserDirectory(roles=roles, keys=keys or {}),
            now_ns=now_ns,
            utc_ns=self._utc_ns,
        )

    def accept(self, transition: Transition) -> "asyncio.Future[None]":
        """Store a transition with its messages and send them on their way; the future is done when they are.

        The disk has half a second. Then the messages are sent all the same, and `health` says so: an alert
        that may be lost is better than one that certainly is.
        """
        identity = self.identity()
        posts = posts_of(transition, identity)
        for post in posts:
            if not post.retained:
                self._timings.start(post.message_id, transition)
        return self._keeper.keep(transition, posts, identity)

    def _hand_on(self, released: Released) -> None:
        self._events.add(released.rows)
        if released.rows and self._is_connected:
            self._answers.expect()
        self._retained.set(retained_rows(released.posts, session_id=self._session_id))

    def _note_stored(self, message_ids: Sequence[str]) -> None:
        for message_id in message_ids:
            self._report_times(self._timings.stored(message_id))

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
            is_storing=self._keeper.is_storing,
            problem="" if self._is_connected else self._problem,
        )

    @property
    def times(self) -> list[DeliveryTimes]:
        """Each event's way so far, oldest first."""
        return self._timings.times

    async def settled(self) -> None:
        """Wait until every event has been confirmed; the caller sets the limit."""
        await self._keeper.emptied()
        await self._events.emptied()

    async def run(self) -> None:
        """Deliver for ever; cancellation is the only end, and says `disconnected` if it still can."""
        await self._restore()
        await mqtt.keep_connected(
            self._broker,
            self._serve,
            client_id=self._store.client_id if self._is_announced else mqtt.random_client_id(),
            clean_session=not self._is_announced,
            will=self._will if self._is_announced else None,
            on_problem=self._note_problem,
            hold=self._hold,
        )

    def _will(self) -> Will:
        return Will(topic=self._topics.status(), payload=self._status(StationState.LOST))

    async def _restore(self) -> None:
        """What earlier runs left open; a disk that is slow with it does not hold up what is said now."""
        restored = self._store.submit(lambda store: (store.open_rows(), store.retained()))
        restored.add_done_callback(self._restored)
        await asyncio.wait([restored], timeout=RESTORED_WITHIN_S)

    def _restored(self, restored: "asyncio.Future[tuple[list[OutboxRow], list[RetainedRow]]]") -> None:
        error = None if restored.cancelled() else restored.exception()
        if error is not None or restored.cancelled():
            logger.error("what earlier sessions left unconfirmed cannot be read: %s", error)
            return
        rows, retained = restored.result()
        self._events.restore(rows)
        self._retained.set(retained)

    async def _serve(self, connection: Connection) -> None:
        """Everything over one connection, until it breaks; whoever ends it says goodbye, however early."""
        try:
            await self._on_connected(connection)
            lanes: list[Callable[[Connection], Awaitable[None]]] = [
                self._events.run,
                self._retained.run,
                self._streams.run,
            ]
            if self._is_announced:
                lanes += [self._streams.beat, self._keep_status]
            await all_of(connection, *lanes, self._receive_commands, self._publish_snapshots)
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
        if self._is_announced:
            await self._publish_status(connection, StationState.READY)
            await self._publish_session(connection)
            for topic, payload in self._announcements.items():
                await connection.publish(topic, payload, qos=1, retain=True)
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
            if not self._budget.allows(message.topic, message.payload, now_s=time.monotonic()):
                self._log.warning("flood", "somebody floods this station with commands; they are dropped")
                # Whoever floods must not keep the loop for itself.
                await asyncio.sleep(0)
                continue
            try:
                step = await self._inbox.receive(message.topic, message.payload)
                self._execute(step)
            except StoreError as exc:
                self._log.warning("unnoted", "a command could not be noted and is not run: %s", exc)

    def _execute(self, step: Step | None) -> None:
        match step:
            case Confirmed():
                self._confirm(step)
            case SnapshotWanted():
                self._want_snapshot(step)
            case Run():
                self._run_command(step.command)
            case Response():
                self._reply(step)
            case None:
                pass  # nothing that can be answered, or it runs already
            case _:
                assert_never(step)

    def _confirm(self, confirmed: Confirmed) -> None:
        # It has arrived, whatever the disk says.
        self._keeper.confirm(confirmed.ids, session_id=confirmed.session_id, actor=confirmed.actor)
        for message_id in self._events.close(confirmed.ids, session_id=confirmed.session_id):
            self._report_times(self._timings.confirmed(message_id))
        self._retained.confirm(confirmed.ids, session_id=confirmed.session_id)

    def _want_snapshot(self, wanted: SnapshotWanted) -> None:
        """Noted, to be answered beside everything else: confirmations do not wait behind it."""
        # Of one session the earliest hole covers the later ones; who asked before is answered with them.
        self._wanted.setdefault(wanted.session_id, []).append(wanted)
        self._snapshot_asked.set()

    async def _publish_snapshots(self, connection: Connection) -> None:
        while True:
            await self._snapshot_asked.wait()
            self._snapshot_asked.clear()
            while self._wanted:
                session_id, asked = self._wanted.popitem()
                await self._publish_snapshot(connection, session_id, asked)

    async def _publish_snapshot(
        self, connection: Connection, session_id: str, asked: Sequence[SnapshotWanted]
    ) -> None:
        first = min((one.boot, one.after_seq) for one in asked)
        try:
            rows = await self._store.submit_within(
                lambda store: store.rows_after(session_id, boot=first[0], seq=first[1], limit=SNAPSHOT_EVENTS)
            )
        except StoreError as exc:
            self._log.warning("snapshot", "a snapshot has no events: %s", exc)
            rows = []
        self._retained.republish()
        self._streams.retain_latest()
        await self._events.republish(connection, rows)
        for one in asked:
            self._reply(self._inbox.finish_snapshot(one))

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
            if self._is_moving():
                await self._publish_status(connection, StationState.READY, qos=0)

    async def _publish_status(self, connection: Connection, state: StationState, *, qos: int = 1) -> None:
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
        if not self._is_announced:
            for topic in self._retained.topics():
                await connection.publish(topic, b"", qos=1, retain=True)
            return
        latest = self._topics.in_session(self._session_id).latest()
        for topic in (self._topics.session(), latest):
            await connection.publish(topic, b"", qos=1, retain=True)
        await self._publish_status(connection, StationState.DISCONNECTED)

    def _status(self, state: StationState) -> bytes:
        return statements.status(
            self.identity(),
            state=state,
            t=None if state is StationState.LOST else iso_utc(self._utc_ns()),
            unconfirmed_s=self._events.oldest_ages_s(),
        )

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
