"""Brings a session to its therapists: alerts until they are confirmed, vitals while they are fresh.

Four tasks share one connection and cannot hold each other up: events (in the order they were stored, again
until a therapist's application confirms each), retained alert topics, streams (at most one message on its way
at any moment, newest wins), and what comes in. An event is published only after it is on disk.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress

from pydantic import ValidationError

from monitor.alerts.transition import Priority, Transition
from monitor.clock import iso_utc, now_ns, utc_ns_at
from monitor.delivery import mqtt, statements
from monitor.delivery.broadcast import Broadcast
from monitor.delivery.broker import Broker
from monitor.delivery.command_desk import Answer, CommandDesk, Confirmed, Run, SnapshotWanted, Step
from monitor.delivery.connection_tasks import all_of, until
from monitor.delivery.errors import CommandRefusedError, DeliveryError
from monitor.delivery.health import DeliveryHealth, DeliveryTimes
from monitor.delivery.mqtt import Connection, Will
from monitor.delivery.outbox import Outbox
from monitor.delivery.retained_topics import RetainedTopics
from monitor.delivery.statements import SessionFacts
from monitor.delivery.stopwatches import Stopwatches
from monitor.delivery.stream_ring import StreamRing
from monitor.delivery.wording import Speaker, posts_of, retained_rows, stamped, unstored_rows
from monitor.outputs import CommandReply, Output
from monitor.samples import ClockAnchor, Command
from monitor.store.errors import StoreError
from monitor.store.rows import OutboxRow, Post, RetainedRow
from monitor.store.writer import StoreWriter
from protocols.mqtt.errors import WireError
from protocols.mqtt.topics import StationTopics

logger = logging.getLogger(__name__)

# A page shows "stale" after 3 s without `latest`, and a lost station within 5 s of its last word.
LATEST_EVERY_S = 1.0
STATUS_EVERY_S = 5.0

# Told later than this, an event is history: it must not pop up as if it were happening now.
HISTORICAL_AFTER_NS = 10_000_000_000

# Events on their way at once after an outage. paho keeps at most 20 in flight; all keep their order.
WINDOW = 20

# What one snapshot says again at most; who has missed more asks again.
SNAPSHOT_EVENTS = 500


class Sender:
    """One session's way to its therapists. `run()` for ever; `keep`, `show` and `answer` from the same loop.

    `roles`: actor -> role, the people this station knows. `anchor`: the clock's present anchor. `on_command`
    gets what the session must run; its `CommandReply` comes back through `answer`, or it raises
    CommandRefusedError. `hold` is entered while an answer from outside is awaited. `wall_s` measures.
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
        on_times: Callable[[DeliveryTimes], None] = lambda _: None,
        facts: SessionFacts = statements.NO_FACTS,
        hold: Callable[[], AbstractContextManager[object]] = nullcontext,
        wall_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._broker = broker
        self._topics = topics
        self._session_id = session_id
        self._store = store
        self._anchor = anchor
        self._on_command = on_command
        self._on_times = on_times
        self._facts = facts
        self._hold = hold
        self._held = ExitStack()
        self._is_held = False
        self._outbox = Outbox()
        self._retained = RetainedTopics()
        self._ring = StreamRing()
        self._answers: deque[Answer] = deque(maxlen=256)
        self._watches = Stopwatches(wall_s)
        self._broadcast = Broadcast(self._speaker)
        self._desk = CommandDesk(store=store, roles=roles, now_ns=now_ns, utc_ns=self._utc_ns)
        self._wake_events = asyncio.Event()
        self._wake_retained = asyncio.Event()
        self._wake_streams = asyncio.Event()
        self._empty = asyncio.Event()
        self._connected = False
        self._is_storing = True
        self._problem = "not connected yet"
        self._replies = 0
        self._started_ns = now_ns()
        self._unstored = 1 << 62  # rows that the disk did not take come after all that it did

    # What the service tells us

    async def keep(self, transition: Transition) -> None:
        """Store a transition with its messages and send them on their way; returns when it is on disk.

        When the disk takes nothing the messages are sent all the same, and `health` says so: an alert that
        may be lost is better than one that certainly is.
        """
        posts = posts_of(transition, self._speaker())
        for post in posts:
            if not post.retained:
                self._watches.start(post.message_id, transition)
        try:
            rows = await self._store.submit(
                lambda store: store.append(transition, posts, session_id=self._session_id)
            )
            self._is_storing = True
        except StoreError as exc:
            logger.error("an alert could not be stored and is sent without: %s", exc)  # noqa: TRY400
            self._is_storing = False
            rows = self._unstored_rows(transition, posts)
        now = now_ns()
        for row in rows:
            self._tell(self._watches.stored(row.message_id))
        self._outbox.add(rows, now_ns=now)
        self._retained.set(retained_rows(posts, session_id=self._session_id), now_ns=now)
        self._settle()
        self._wake_events.set()
        self._wake_retained.set()

    def show(self, output: Output) -> None:
        """Put an output on the therapists' pages. Never blocks, never fails: alerts do not go this way."""
        try:
            for message in self._broadcast.take(output):
                self._ring.put(message)
        except (ValidationError, WireError) as exc:
            logger.warning("a %s cannot be shown: %s", type(output).__name__, exc)
        self._wake_streams.set()

    def answer(self, reply: CommandReply) -> None:
        """The session has answered a command; those that came from elsewhere are passed over."""
        answer = self._desk.finish(reply.command_id, reply.verb, accepted=reply.accepted, reason=reply.reason)
        if answer is not None:
            self._reply(answer)

    def health(self) -> DeliveryHealth:
        """How delivery fares at this moment."""
        now = now_ns()
        ages = {priority: self._outbox.oldest_age_s(priority, now_ns=now) for priority in Priority}
        return DeliveryHealth(
            connected=self._connected,
            open_events=len(self._outbox),
            oldest_unconfirmed_s={priority: age for priority, age in ages.items() if age is not None},
            is_storing=self._is_storing,
            problem="" if self._connected else self._problem,
        )

    @property
    def times(self) -> list[DeliveryTimes]:
        """Each event's way so far, oldest first."""
        return self._watches.times

    async def settled(self) -> None:
        """Wait until every event has been confirmed; the caller sets the limit."""
        self._settle()
        await self._empty.wait()

    # The tasks

    async def run(self) -> None:
        """Deliver for ever; cancellation is the only end, and says `disconnected` if it still can."""
        await self._restore()
        try:
            await mqtt.keep_connected(
                self._broker,
                self._serve,
                client_id=f"kinewatch-{self._topics.clinic}-{self._topics.station}",
                will=lambda: Will(topic=self._topics.status(), payload=self._status("lost")),
                on_problem=self._note_problem,
                hold=self._hold,
            )
        finally:
            self._connected = False
            self._settle()

    async def _restore(self) -> None:
        """What earlier runs left open is on its way again."""
        rows, retained = await self._store.submit(lambda store: (store.open_rows(), store.retained()))
        now = now_ns()
        utc = self._utc_ns()
        for row in rows:
            self._outbox.add([row], now_ns=now, since_ns=now - max(0, utc - row.created_utc_ns))
        self._retained.set(retained, now_ns=now)

    async def _serve(self, connection: Connection) -> None:
        """Everything over one connection, until it breaks."""
        with self._hold():
            await connection.subscribe({self._topics.commands(): 1})
            await self._say_status(connection, "ready")
            await self._say_session(connection)
        now = now_ns()
        self._outbox.connected(now_ns=now)
        self._retained.connected(now_ns=now)
        self._connected = True
        self._settle()
        logger.info("connected to the broker; %d events are open", len(self._outbox))
        loops = (self._send_events, self._say_retained, self._stream, self._take_in, self._beat)
        try:
            await all_of(connection, *loops)
        except asyncio.CancelledError:
            with suppress(DeliveryError), self._hold():
                await self._say_goodbye(connection)
            raise
        finally:
            self._connected = False
            self._settle()

    async def _send_events(self, connection: Connection) -> None:
        while True:
            self._wake_events.clear()
            due = self._outbox.due(now_ns=now_ns())
            for first in range(0, len(due), WINDOW):
                async with asyncio.TaskGroup() as window:
                    for row in due[first : first + WINDOW]:
                        window.create_task(self._send_event(connection, row), name=f"event {row.seq}")
            await until(self._wake_events, self._outbox.next_due_ns())

    async def _send_event(self, connection: Connection, row: OutboxRow) -> None:
        if row.message_id not in self._outbox:
            return
        self._outbox.sent(row.message_id, now_ns=now_ns())
        await connection.publish(row.topic, self._stamped(row), qos=1)
        times = self._watches.published(row.message_id)
        self._tell(times)
        if times is not None and not row.published:
            _swallow(self._store.submit(lambda store: store.mark_published(row.message_id)))

    async def _say_retained(self, connection: Connection) -> None:
        while True:
            self._wake_retained.clear()
            now = now_ns()
            for row in self._retained.due(now_ns=now):
                sent = iso_utc(self._utc_ns())
                await connection.publish(
                    row.topic, stamped(row.body, sent=sent, is_historical=False), qos=1, retain=True
                )
                self._retained.said(row, now_ns=now)
            for row in self._retained.to_empty(now_ns=now):
                await connection.publish(row.topic, b"", qos=1, retain=True)
                self._retained.emptied(row)
                self._forget_topic(row)
            await until(self._wake_retained, self._retained.next_due_ns())

    async def _stream(self, connection: Connection) -> None:
        while True:
            self._wake_streams.clear()
            while self._answers:
                answer = self._answers[0]
                await connection.publish(*self._worded(answer), qos=1)
                self._answers.popleft()
            while (message := self._ring.take(now_ns=now_ns())) is not None:
                await connection.publish(
                    message.topic, message.payload, qos=message.qos, retain=message.retain
                )
                if self._answers:
                    break
            else:
                await until(self._wake_streams, None)

    async def _beat(self, connection: Connection) -> None:
        status_due_s = STATUS_EVERY_S
        while True:
            latest = self._broadcast.latest(at_ns=now_ns(), active_alerts=self._retained.active)
            self._ring.put(latest)
            self._wake_streams.set()
            await asyncio.sleep(LATEST_EVERY_S)
            status_due_s -= LATEST_EVERY_S
            if status_due_s <= 0:
                status_due_s = STATUS_EVERY_S
                await self._say_status(connection, "ready")

    async def _take_in(self, connection: Connection) -> None:
        async for message in connection.incoming():
            if message.is_retained:
                continue  # commands are never retained: this one is somebody's mistake, or worse
            try:
                step = await self._desk.take(message.topic, message.payload)
                await self._do(connection, step)
            except StoreError as exc:
                logger.warning("a command could not be noted and is not run: %s", exc)

    async def _do(self, connection: Connection, step: Step | None) -> None:
        match step:
            case Confirmed():
                await self._confirm(step)
            case SnapshotWanted():
                await self._say_again(connection, step)
            case Run():
                self._run_command(step.command)
            case Answer():
                self._reply(step)

    async def _confirm(self, confirmed: Confirmed) -> None:
        try:
            await self._store.submit(lambda store: store.confirm(confirmed.ids, actor=confirmed.actor))
        except StoreError as exc:
            # It has arrived, whatever the disk says; after a restart it will be sent and confirmed again.
            logger.warning("a confirmation could not be stored: %s", exc)
        for message_id in confirmed.ids:
            if message_id in self._outbox:
                self._tell(self._watches.confirmed(message_id))
        self._outbox.close(confirmed.ids)
        self._retained.confirm(confirmed.ids, now_ns=now_ns())
        self._wake_retained.set()
        self._settle()

    async def _say_again(self, connection: Connection, wanted: SnapshotWanted) -> None:
        rows = await self._store.submit(
            lambda store: store.rows_after(
                wanted.session_id, boot=wanted.boot, seq=wanted.after_seq, limit=SNAPSHOT_EVENTS
            )
        )
        for row in rows:
            await connection.publish(row.topic, self._stamped(row), qos=1)
        self._retained.connected(now_ns=now_ns())
        self._wake_retained.set()
        self._reply(self._desk.finish_snapshot(wanted))

    def _run_command(self, command: Command) -> None:
        try:
            self._on_command(command)
        except CommandRefusedError as exc:
            answer = self._desk.finish(command.command_id, command.verb, accepted=False, reason=str(exc))
            if answer is not None:
                self._reply(answer)

    def _reply(self, answer: Answer) -> None:
        self._answers.append(answer)
        self._wake_streams.set()

    def _forget_topic(self, row: RetainedRow) -> None:
        _swallow(
            self._store.submit(lambda store: store.forget_retained(row.topic, message_id=row.message_id))
        )

    # What is said outside the tasks' loops

    async def _say_status(self, connection: Connection, state: str) -> None:
        await connection.publish(self._topics.status(), self._status(state), qos=1, retain=True)

    async def _say_session(self, connection: Connection) -> None:
        payload = statements.session(
            self._speaker(), self._facts, started_ns=self._started_ns, sent=iso_utc(self._utc_ns())
        )
        await connection.publish(self._topics.session(), payload, qos=1, retain=True)

    async def _say_goodbye(self, connection: Connection) -> None:
        await connection.publish(self._topics.session(), b"", qos=1, retain=True)
        latest = self._topics.in_session(self._session_id).latest()
        await connection.publish(latest, b"", qos=1, retain=True)
        await self._say_status(connection, "disconnected")

    def _status(self, state: str) -> bytes:
        return statements.status(
            self._speaker(),
            state=state,
            t=None if state == "lost" else iso_utc(self._utc_ns()),
            unconfirmed_s=self.health().oldest_unconfirmed_s,
        )

    def _worded(self, answer: Answer) -> tuple[str, bytes]:
        self._replies += 1
        payload = statements.reply(
            self._speaker(), answer, seq=self._replies, t_ns=now_ns(), sent=iso_utc(self._utc_ns())
        )
        return self._topics.in_session(answer.session_id).reply(answer.cmd_id), payload

    # Small things

    def _stamped(self, row: OutboxRow) -> bytes:
        utc = self._utc_ns()
        return stamped(
            row.body, sent=iso_utc(utc), is_historical=utc - row.created_utc_ns > HISTORICAL_AFTER_NS
        )

    def _speaker(self) -> Speaker:
        return Speaker(
            topics=self._topics.in_session(self._session_id), boot=self._store.boot, anchor=self._anchor()
        )

    def _utc_ns(self) -> int:
        return utc_ns_at(now_ns(), self._anchor())

    def _settle(self) -> None:
        """Hold the clock exactly while events are open and a broker is there to take them."""
        wanted = bool(len(self._outbox)) and self._connected
        if wanted and not self._is_held:
            self._held.enter_context(self._hold())
        elif not wanted and self._is_held:
            self._held.close()
        self._is_held = wanted
        if len(self._outbox):
            self._empty.clear()
        else:
            self._empty.set()

    def _unstored_rows(self, transition: Transition, posts: Sequence[Post]) -> list[OutboxRow]:
        self._unstored += 1
        created = self._utc_ns()
        return unstored_rows(
            transition, posts, speaker=self._speaker(), row=self._unstored, created_utc_ns=created
        )

    def _note_problem(self, problem: str) -> None:
        if problem != self._problem:
            logger.warning("%s; trying again", problem)
        self._problem = problem

    def _tell(self, times: DeliveryTimes | None) -> None:
        if times is not None:
            self._on_times(times)


def _swallow(done: "asyncio.Future[None]") -> None:
    """Let a write go on by itself; it is worth having, and not worth failing for."""
    done.add_done_callback(lambda future: future.cancelled() or future.exception())
