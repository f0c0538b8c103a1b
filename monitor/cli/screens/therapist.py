"""The person at the therapist's screen: what the feed brings is shown and sounded, keys become commands."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from pydantic import ValidationError

from monitor.cli.screens.alarm_signal import AlarmSignal
from monitor.cli.screens.asked import Notice
from monitor.cli.screens.feed_view import FeedView, is_proposal
from monitor.cli.screens.therapist_keys import Order, TherapistKeys
from monitor.clock import now_ns
from monitor.delivery.broker.broker import Broker
from monitor.delivery.broker.login_file import Login
from monitor.delivery.receiver.client import TherapistFeed
from monitor.delivery.receiver.events import FeedEvent, MessageReceived
from monitor.delivery.receiver.inbox import Inbox
from monitor.delivery.receiver.state import SessionKey
from protocols.mqtt.messages import ReplyMessage

# How often it is looked whether something must sound again.
LOOK_EVERY_S = 0.25


class Plays(Protocol):
    """What makes alerts heard."""

    problem: str

    def play(self, priority: str) -> None:
        """Sound a burst; returns at once."""
        ...


class Therapist:
    """One screen of a therapist's; `run()` for ever.

    Args:
        login: where, as whom, and which clinic.
        broker: where it is now, asked at each connection, if that can change.
        key: what this person signs commands with.
        sound: makes alerts heard.
        show: gets each line where lines are printed; None where a live screen draws the board.
    """

    def __init__(
        self,
        login: Login,
        key: bytes | None,
        *,
        sound: Plays,
        show: Callable[[str], None] | None,
        inbox: Inbox | None = None,
        broker: Callable[[], Broker] | None = None,
    ) -> None:
        self.board = FeedView(clinic=login.clinic)
        self._sound = sound
        self._sound_problem = ""
        self._signal = AlarmSignal()
        self._keys = TherapistKeys()
        self._show = show
        self._ordered: set[str] = set()
        self._silence = ""
        self._feed = TherapistFeed(
            broker=broker or (lambda: login.broker),
            clinic=login.clinic,
            actor=login.broker.username or "therapist",
            on_event=self._on_event,
            key=key,
            inbox=inbox,
        )

    async def run(self) -> None:
        """Hear the clinic and sound what is due, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._feed.run(), name="hearing")
            group.create_task(self._look(), name="sounding")

    def press(self, key: str) -> None:
        """One key, as a command or as a sentence."""
        pressed = self._keys.press(
            key, now_ns=now_ns(), alerts=self.board.numbered(), sessions=self.board.sessions()
        )
        self.board.prompt = self._keys.prompt
        match pressed:
            case Order(session=session, verb=verb, fields=fields):
                try:
                    self._ordered.add(self._feed.command(session, verb, **fields))
                except ValidationError as exc:
                    self._say(f"{verb}: {exc.errors()[0]['msg']}")
            case Notice(sentence=sentence):
                self._say(sentence)
            case None:
                pass

    def _on_event(self, event: FeedEvent) -> None:
        line = self.board.update(event, now_ns=now_ns())
        self._sound_what_is_due()
        if line is not None and self._show is not None:
            self._show(line)
        if isinstance(event, MessageReceived) and isinstance(event.message, ReplyMessage):
            self._answered(event.station, event.session_id or "", event.message)

    def _answered(self, station: str, session_id: str, reply: ReplyMessage) -> None:
        if reply.cmd_id not in self._ordered:
            return
        self._ordered.discard(reply.cmd_id)
        if is_proposal(reply):
            session = SessionKey(station=station, session_id=session_id)
            self._keys.proposed(session, reply.cmd_id, now_ns=now_ns())

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._sound_what_is_due()
            silence = self.board.silence(now_ns=now_ns())
            if silence != self._silence:
                self._silence = silence
                if silence:
                    self._say(silence)

    def _sound_what_is_due(self) -> None:
        priority = self._signal.due(self.board.waiting(), now_ns=now_ns())
        if priority is not None:
            self._sound.play(priority)
        if self._sound.problem != self._sound_problem:
            self._sound_problem = self._sound.problem
            self._say(self._sound_problem or "tones can be played again")

    def _say(self, line: str) -> None:
        self.board.note(line)
        if self._show is not None:
            self._show(line)
