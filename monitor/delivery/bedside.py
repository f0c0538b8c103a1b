"""The screen beside the patient: the session's outputs as messages, its keys as commands, without a broker.

It shows what a therapist's page shows, from the same messages, and goes on when no broker answers. It
confirms nothing: an alert on this screen has not reached the therapist.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress

from pydantic import ValidationError

from monitor.alerts.transition import Transition
from monitor.clock import iso_utc, now_ns, utc_ns_at
from monitor.delivery.commands import validation
from monitor.delivery.commands.inbox import Response
from monitor.delivery.health import DeliveryHealth
from monitor.delivery.publish import status
from monitor.delivery.publish.messages import SenderIdentity, envelope, posts_of, stamped
from monitor.delivery.publish.projection import Projection
from monitor.delivery.publish.session_info import SessionInfo
from monitor.inputs import Command
from monitor.outputs import CommandReply, JointAngleUpdate, Output
from monitor.samples import UNITS, Code
from protocols.mqtt import wire
from protocols.mqtt.enums import CommandResult, StationState
from protocols.mqtt.errors import WireError
from protocols.mqtt.messages import VitalMessage
from protocols.mqtt.topics import RETAINED, TopicKind, parse

logger = logging.getLogger(__name__)

Put = Callable[[str, bytes], None]
Details = Mapping[str, str | float | int | bool | None]

LATEST_EVERY_S = 1.0

# Commands that the screen waits for; older ones are answered on the station's terminal only.
MAX_RUNNING = 256


class BedsideScreens:
    """All screens beside one patient. `observe` gets every output of the session; `run()` beats each second.

    `actor` is the assistant who stands there; `on_command` runs what they ask for, `health` says how the way
    to the therapist fares.
    """

    def __init__(
        self,
        *,
        actor: str,
        identity: Callable[[], SenderIdentity],
        info: Callable[[], SessionInfo],
        health: Callable[[], DeliveryHealth],
        on_command: Callable[[Command], None],
    ) -> None:
        self._actor = actor
        self._identity = identity
        self._info = info
        self._health = health
        self._on_command = on_command
        self._projection = Projection(identity)
        self._screens: list[Put] = []
        self._holds: dict[str, bytes] = {}
        self._alerts: set[str] = set()
        self._running: dict[str, str] = {}
        self._started_ns = now_ns()
        self._seq = 0

    def attach(self, put: Put) -> Callable[[], None]:
        """A screen: it is told all that holds now, and everything from now on, until the result is called."""
        put(*self._session())
        put(*self._status())
        for topic, payload in self._holds.items():
            put(topic, payload)
        self._screens.append(put)

        def detach() -> None:
            if put in self._screens:
                self._screens.remove(put)

        return detach

    def observe(self, output: Output) -> None:
        """The session said something. Never fails: what cannot be put into words is only logged."""
        try:
            self._show(output)
        except (ValidationError, WireError) as exc:
            logger.warning("a %s cannot be shown: %s", type(output).__name__, exc)

    def command(self, topic: str, payload: bytes) -> None:
        """A key was pressed; the answer follows as a message."""
        try:
            session_id, wanted = validation.read_command(topic, payload)
            self._check(wanted.actor, session_id)
            command = validation.session_command(wanted, role="assistant", received_ns=now_ns())
        except (WireError, KeyError) as exc:
            logger.warning("the bedside screen's command could not be read: %s", exc)
            cmd_id = validation.cmd_id_in(payload)
            if cmd_id is not None:
                self._answer(cmd_id, "", CommandResult.REJECTED, reason=str(exc)[:200])
            return
        if len(self._running) >= MAX_RUNNING:
            self._running.pop(next(iter(self._running)))
        self._running[wanted.cmd_id] = wanted.verb
        self._on_command(command)

    def _check(self, actor: str, session_id: str) -> None:
        if actor != self._actor or session_id != self._identity().topics.session_id:
            raise WireError("it is of another session, or of somebody else")

    async def run(self) -> None:
        """Say everything once a second, for ever."""
        while True:
            latest = self._projection.latest(at_ns=now_ns(), active_alerts=len(self._alerts))
            self._put(latest.topic, latest.payload)
            self._put(*self._status())
            await asyncio.sleep(LATEST_EVERY_S)

    def _show(self, output: Output) -> None:
        if isinstance(output, Transition):
            self._show_alert(output)
        elif isinstance(output, JointAngleUpdate):
            self._projection_of(output)
            self._put(*self._angle(output))
            return
        elif isinstance(output, CommandReply):
            self._show_reply(output)
        self._projection_of(output)

    def _projection_of(self, output: Output) -> None:
        for message in self._projection.messages_of(output):
            self._put(message.topic, message.payload)

    def _show_alert(self, transition: Transition) -> None:
        identity = self._identity()
        for post in posts_of(transition, identity):
            if not post.retained:
                continue
            self._alerts.discard(post.topic) if post.cleared else self._alerts.add(post.topic)
            payload = stamped(post.body, utc_ns=utc_ns_at(now_ns(), identity.anchor))
            self._put(post.topic, payload)
            if post.cleared:
                self._holds.pop(post.topic, None)

    def _show_reply(self, reply: CommandReply) -> None:
        if reply.accepted and reply.details.get("in_force") is True:
            self._put(*self._session())
        verb = self._running.pop(reply.command_id, None)
        if verb is not None:
            result = CommandResult.ACCEPTED if reply.accepted else CommandResult.REJECTED
            self._answer(reply.command_id, verb, result, reason=reply.reason, details=reply.details)

    def _answer(
        self,
        cmd_id: str,
        verb: str,
        result: CommandResult,
        *,
        reason: str = "",
        details: Details | None = None,
    ) -> None:
        identity = self._identity()
        self._seq += 1
        answer = Response(
            session_id=identity.topics.session_id,
            cmd_id=cmd_id,
            verb=verb,
            result=result,
            reason=reason,
            details=details or {},
        )
        payload = status.reply(identity, answer, seq=self._seq, t_ns=now_ns(), sent=self._now())
        self._put(identity.topics.reply(cmd_id), payload)

    def _angle(self, output: JointAngleUpdate) -> tuple[str, bytes]:
        """Ten a second: this screen is at the patient's side."""
        identity = self._identity()
        self._seq += 1
        code = Code.JOINT_ANGLE_DEG
        fields = envelope(identity, kind="bedside", seq=self._seq, t_ns=output.t_ns)
        message = VitalMessage(
            **{**fields, "sent": fields["t"]},
            code=code.value,
            value=output.angle_deg,
            unit=UNITS[code],
            q=output.quality.value,
        )
        return identity.topics.vital(code.value), wire.encode(message)

    def _session(self) -> tuple[str, bytes]:
        identity = self._identity()
        payload = status.session(identity, self._info(), started_ns=self._started_ns, sent=self._now())
        return identity.topics.of_station().session(), payload

    def _status(self) -> tuple[str, bytes]:
        identity, health = self._identity(), self._health()
        payload = status.status(
            identity,
            state=StationState.READY,
            t=self._now(),
            unconfirmed_s=health.oldest_unconfirmed_s,
        )
        return identity.topics.of_station().status(), payload

    def _now(self) -> str:
        return iso_utc(utc_ns_at(now_ns(), self._identity().anchor))

    def _put(self, topic: str, payload: bytes) -> None:
        with suppress(WireError):
            if parse(topic).kind in RETAINED - {TopicKind.STATUS, TopicKind.SESSION}:
                self._holds[topic] = payload
        for put in tuple(self._screens):
            put(topic, payload)
