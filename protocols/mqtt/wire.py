"""Messages to bytes and back; which message belongs to which kind of topic."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import TypeAdapter, ValidationError

from protocols.mqtt.commands import AnyCommand
from protocols.mqtt.errors import MessageError
from protocols.mqtt.fields import MAX_PAYLOAD_BYTES, Body
from protocols.mqtt.messages import (
    AlertMessage,
    DeviceMessage,
    EntryMessage,
    EventMessage,
    LatestMessage,
    ReplyMessage,
    RepMessage,
    RomMessage,
    SessionMessage,
    StatusMessage,
    VitalMessage,
)
from protocols.mqtt.topics import TopicKind

StationMessage = (
    AlertMessage
    | DeviceMessage
    | EntryMessage
    | EventMessage
    | LatestMessage
    | RepMessage
    | ReplyMessage
    | RomMessage
    | SessionMessage
    | StatusMessage
    | VitalMessage
)

MESSAGES: Mapping[TopicKind, type[StationMessage]] = MappingProxyType(
    {
        TopicKind.STATUS: StatusMessage,
        TopicKind.DEVICE: DeviceMessage,
        TopicKind.SESSION: SessionMessage,
        TopicKind.VITAL: VitalMessage,
        TopicKind.LATEST: LatestMessage,
        TopicKind.REP: RepMessage,
        TopicKind.ROM: RomMessage,
        TopicKind.ALERT: AlertMessage,
        TopicKind.EVENT: EventMessage,
        TopicKind.ENTRY: EntryMessage,
        TopicKind.REPLY: ReplyMessage,
    }
)

COMMAND_ADAPTER: TypeAdapter[AnyCommand] = TypeAdapter(AnyCommand)


def encode(message: Body) -> bytes:
    """The payload of a message: one canonical JSON object (keys sorted, no white space).

    Raises:
        MessageError: larger than `MAX_PAYLOAD_BYTES`.
    """
    fields = message.model_dump(mode="json")
    payload = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise MessageError(
            type(message).__name__, [("", f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES}")]
        )
    return payload


def decode(kind: TopicKind, payload: bytes) -> StationMessage:
    """Read what a station published at a topic of this kind.

    Raises:
        MessageError: too large, no JSON, not this message, or a command (see `decode_command`).
    """
    if kind not in MESSAGES:
        raise MessageError(kind.value, [("", "is not said by a station")])
    _check_size(kind.value, payload)
    try:
        return MESSAGES[kind].model_validate_json(payload)
    except ValidationError as exc:
        raise _message_error(kind.value, exc) from exc


def decode_command(verb: str, payload: bytes) -> AnyCommand:
    """Read a command that came at `cmd/<verb>`.

    Raises:
        MessageError: too large, no JSON, not a command, or another verb's.
    """
    _check_size(f"cmd/{verb[:40]}", payload)
    try:
        command = COMMAND_ADAPTER.validate_json(payload)
    except ValidationError as exc:
        raise _message_error(f"cmd/{verb[:40]}", exc) from exc
    if command.verb != verb:
        raise MessageError(f"cmd/{verb[:40]}", [("verb", f"is {command.verb}, not the topic's")])
    return command


def _check_size(kind: str, payload: bytes) -> None:
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise MessageError(kind, [("", f"{len(payload)} bytes, at most {MAX_PAYLOAD_BYTES}")])


def _message_error(kind: str, exc: ValidationError) -> MessageError:
    problems = [
        (".".join(str(part) for part in problem["loc"]), problem["msg"])
        for problem in exc.errors(include_url=False, include_context=False, include_input=False)
    ]
    return MessageError(kind, problems)
