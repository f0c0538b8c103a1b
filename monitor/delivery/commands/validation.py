"""Commands from the wire: is it one of ours, from somebody we know, still in time? Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitor.clock import iso_utc
from monitor.delivery.errors import CommandRefusedError
from monitor.inputs import Command
from monitor.plan.roles import Role
from monitor.plan.verbs import OF_WIRE
from protocols.mqtt import wire
from protocols.mqtt.commands import AnyCommand
from protocols.mqtt.enums import CommandResult
from protocols.mqtt.errors import WireError
from protocols.mqtt.signing import is_signed
from protocols.mqtt.topics import TopicKind, parse

# Whose application counts as delivery: an assistant stands at the station anyway.
MAY_CONFIRM = frozenset({Role.THERAPIST})

# A page gives its commands half a minute; a clock that is wrong by more than the rest is found out.
MAX_LIFE_S = 120.0

_ENVELOPE = frozenset({"v", "cmd_id", "expires_at", "actor", "signature", "verb"})
_CMD_ID = re.compile(rb'"cmd_id"\s*:\s*"([A-Za-z0-9_.:-]{1,64})"')


def read_command(topic: str, payload: bytes) -> tuple[str, AnyCommand]:
    """The session id and the command of a message.

    Raises:
        WireError: it is no command of ours.
    """
    place = parse(topic)
    if place.kind is not TopicKind.COMMAND or place.session_id is None or place.leaf is None:
        raise WireError(f"{topic[:200]} is no command's topic")
    return place.session_id, wire.decode_command(place.leaf, payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDirectory:
    """Who this station knows: `roles` by actor, and the `keys` of those who must sign what they ask for."""

    roles: Mapping[str, str]
    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def check_actor(command: AnyCommand, *, topic: str, users: UserDirectory) -> str:
    """The role of the one who sent it.

    Raises:
        CommandRefusedError: nobody here knows the actor, or a signature is missing or wrong.
    """
    role = users.roles.get(command.actor)
    if role is None:
        raise CommandRefusedError(CommandResult.REJECTED, f"{command.actor} is not known at this station")
    key = users.keys.get(command.actor)
    if key is not None and not is_signed(command, topic=topic, key=key):
        raise CommandRefusedError(CommandResult.REJECTED, f"the signature is not {command.actor}'s")
    return role


def check_command(command: AnyCommand, *, topic: str, users: UserDirectory, utc_ns: int) -> str:
    """The role of the one who sent it in time.

    Sender and station have two clocks. The sender says `expires_at` by the station's (its heartbeats tell it,
    see `receiver.station_clock`); one that is further ahead than any command lives was said by another clock,
    and could run when nobody expects it any more.

    Raises:
        CommandRefusedError: unknown actor, wrong signature, too late, or said for too long.
    """
    role = check_actor(command, topic=topic, users=users)
    left_s = datetime.fromisoformat(command.expires_at).timestamp() - utc_ns / 1e9
    here = iso_utc(utc_ns)
    if left_s < 0:
        raise CommandRefusedError(
            CommandResult.EXPIRED, f"came after {command.expires_at}; at this station it is {here}"
        )
    if left_s > MAX_LIFE_S:
        reason = f"expires in {left_s:.0f} s, at most {MAX_LIFE_S:.0f}; at this station it is {here}"
        raise CommandRefusedError(CommandResult.REJECTED, reason)
    return role


def check_confirmation(command: AnyCommand, *, topic: str, users: UserDirectory, utc_ns: int) -> None:
    """A confirmation closes an alert for good: it counts only from one who may judge it.

    Raises:
        CommandRefusedError: as for `check_command`, or the actor is no therapist.
    """
    role = check_command(command, topic=topic, users=users, utc_ns=utc_ns)
    if role not in MAY_CONFIRM:
        raise CommandRefusedError(CommandResult.REJECTED, f"the role {role!r} does not confirm alerts")


def session_command(command: AnyCommand, *, role: str, received_ns: int) -> Command:
    """The same as an input of the session; the wire's other fields become its arguments."""
    fields = command.model_dump(mode="json", exclude=set(_ENVELOPE))
    # The core's arguments are flat; what a test's protocol asks for cannot take the place of its own fields.
    fields = fields.pop("conditions", {}) | fields
    return Command(
        received_ns=received_ns,
        command_id=command.cmd_id,
        verb=OF_WIRE[command.verb],
        actor=command.actor,
        role=role,
        arguments={key: value for key, value in fields.items() if value is not None and value != ""},
    )


def cmd_id_in(payload: bytes) -> str | None:
    """The id in a payload that could not be read otherwise, so that its sender gets an answer."""
    found = _CMD_ID.search(payload[:4096])
    return found[1].decode() if found else None
