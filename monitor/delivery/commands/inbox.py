"""Takes therapists' commands: each is checked, run once, and answered.

A command is noted in the store before it runs, so that it is never run twice, not even over a restart. Its
answer is stored too: the same command again gets the same answer.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from monitor.coalesced_log import CoalescedLog
from monitor.delivery.commands import validation
from monitor.delivery.commands.validation import UserDirectory
from monitor.delivery.errors import CommandRefusedError
from monitor.inputs import Command
from monitor.outputs import CommandReply
from monitor.plan.verbs import wire_name
from monitor.store.errors import StoreError
from monitor.store.rows import SeenCommand
from monitor.store.writer import StoreWriter
from protocols.mqtt.commands import AnyCommand, Received, Snapshot
from protocols.mqtt.enums import CommandResult
from protocols.mqtt.errors import WireError
from protocols.mqtt.plain_text import plain
from protocols.mqtt.topics import TopicKind, parse

logger = logging.getLogger(__name__)

Scalar = str | float | int | bool | None

# On a disk that takes nothing a command cannot be noted, and a restart would run it again. These change what
# is watched for; all others warn, calm down or end, and are better run twice than not at all.
NOT_WITHOUT_DISK = frozenset({"pause", "override", "limit", "begin"})

# Commands of this run that are remembered without a disk.
MAX_TAKEN = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What to tell the one who sent a command."""

    session_id: str
    cmd_id: str
    verb: str
    result: CommandResult
    reason: str = ""
    details: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A therapist's application has received these, of this session."""

    session_id: str
    ids: tuple[str, ...]
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotWanted:
    """Say everything again after (`boot`, `after_seq`)."""

    session_id: str
    cmd_id: str
    boot: int
    after_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The session is to run this; its answer follows."""

    command: Command


Step = Response | Confirmed | SnapshotWanted | Run


class CommandInbox:
    """One station's intake of commands; `session_id` is the session that runs."""

    def __init__(
        self,
        *,
        session_id: str,
        store: StoreWriter,
        users: UserDirectory,
        now_ns: Callable[[], int],
        utc_ns: Callable[[], int],
    ) -> None:
        self._session_id = session_id
        self._store = store
        self._users = users
        self._now_ns = now_ns
        self._utc_ns = utc_ns
        self._running: dict[str, str] = {}  # cmd_id -> session id
        self._taken: OrderedDict[str, Response | None] = OrderedDict()  # while the disk does not say
        self._log = CoalescedLog(logger)

    async def receive(self, topic: str, payload: bytes) -> Step | None:
        """What a message asks for; None when it is nothing that can be answered, or is being run already."""
        try:
            session_id, command = validation.read_command(topic, payload)
        except WireError as exc:
            self._log.warning("unreadable", "a command could not be read: %s", plain(str(exc)))
            return _unreadable(topic, payload, str(exc))
        try:
            return await self._accept(session_id, command, topic)
        except CommandRefusedError as exc:
            return Response(
                session_id=session_id,
                cmd_id=command.cmd_id,
                verb=command.verb,
                result=exc.result,
                reason=str(exc),
            )

    def finish(self, reply: CommandReply) -> Response | None:
        """The session has answered; None when the command did not come from here."""
        verb = wire_name(reply.verb)
        result = CommandResult.ACCEPTED if reply.accepted else CommandResult.REJECTED
        return self._finish(reply.command_id, verb, result, reason=reply.reason, details=reply.details)

    def refuse(self, command: Command, refusal: CommandRefusedError) -> Response | None:
        """The service does not take it to the session."""
        verb = wire_name(command.verb)
        return self._finish(command.command_id, verb, refusal.result, reason=str(refusal), details={})

    def finish_snapshot(self, wanted: SnapshotWanted) -> Response:
        """Everything asked for has been said."""
        self._running.pop(wanted.cmd_id, None)
        self._store_result(wanted.cmd_id, CommandResult.DONE, "", {})
        return Response(
            session_id=wanted.session_id, cmd_id=wanted.cmd_id, verb="snapshot", result=CommandResult.DONE
        )

    async def _accept(self, session_id: str, command: AnyCommand, topic: str) -> Step | None:
        utc_ns = self._utc_ns()
        if isinstance(command, Received):
            validation.check_confirmation(command, topic=topic, users=self._users, utc_ns=utc_ns)
            return Confirmed(session_id=session_id, ids=command.ids, actor=command.actor)
        role = validation.check_command(command, topic=topic, users=self._users, utc_ns=utc_ns)
        if session_id != self._session_id and not isinstance(command, Snapshot):
            # Alerts of two sessions may have one name; what was meant for one must not hit the other.
            raise CommandRefusedError(
                CommandResult.REJECTED, f"session {session_id} does not run here any more"
            )
        if command.cmd_id in self._running:
            return None
        try:
            seen = await self._store.submit_within(
                lambda store: store.take_command(
                    command.cmd_id, session_id=session_id, verb=command.verb, actor=command.actor
                )
            )
        except StoreError as exc:
            self._log.warning("unnoted", "a command could not be noted on disk: %s", exc)
            if command.cmd_id in self._taken:
                return self._taken[command.cmd_id]
            if command.verb in NOT_WITHOUT_DISK:
                raise CommandRefusedError(
                    CommandResult.REJECTED, "the station's disk does not take it; say it at the station"
                ) from exc
        else:
            if seen is not None:
                return _again(session_id, seen)
        self._remember(command.cmd_id, None)
        self._running[command.cmd_id] = session_id
        if isinstance(command, Snapshot):
            return SnapshotWanted(
                session_id=session_id,
                cmd_id=command.cmd_id,
                boot=command.boot,
                after_seq=command.after_seq,
            )
        return Run(command=validation.session_command(command, role=role, received_ns=self._now_ns()))

    def _remember(self, cmd_id: str, response: Response | None) -> None:
        self._taken[cmd_id] = response
        if len(self._taken) > MAX_TAKEN:
            self._taken.popitem(last=False)

    def _finish(
        self, cmd_id: str, verb: str, result: CommandResult, *, reason: str, details: Mapping[str, Scalar]
    ) -> Response | None:
        session_id = self._running.pop(cmd_id, None)
        if session_id is None:
            return None
        self._store_result(cmd_id, result, reason, details)
        response = Response(
            session_id=session_id, cmd_id=cmd_id, verb=verb, result=result, reason=reason, details=details
        )
        self._remember(cmd_id, response)
        return response

    def _store_result(
        self, cmd_id: str, result: CommandResult, reason: str, details: Mapping[str, Scalar]
    ) -> None:
        self._store.submit_unawaited(
            lambda store: store.finish_command(cmd_id, result=result, reason=reason, details=details)
        )


def _again(session_id: str, seen: SeenCommand) -> Response:
    if seen.result is None:
        return Response(
            session_id=session_id,
            cmd_id=seen.cmd_id,
            verb=seen.verb,
            result=CommandResult.REJECTED,
            reason="was cut off by a restart of the station; send it again with a new cmd_id",
        )
    return Response(
        session_id=session_id,
        cmd_id=seen.cmd_id,
        verb=seen.verb,
        result=CommandResult(seen.result),
        reason=seen.reason,
        details=seen.details,
    )


def _unreadable(topic: str, payload: bytes, reason: str) -> Response | None:
    cmd_id = validation.cmd_id_in(payload)
    try:
        place = parse(topic)
    except WireError:
        return None
    if cmd_id is None or place.kind is not TopicKind.COMMAND or place.session_id is None:
        return None
    return Response(
        session_id=place.session_id,
        cmd_id=cmd_id,
        verb=place.leaf or "",
        result=CommandResult.REJECTED,
        reason=reason[:200],
    )
