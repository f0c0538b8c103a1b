"""Proof of who sent a command, where a broker's login is not proof enough.

A signature is HMAC-SHA-256 (RFC 2104) over the topic and the command's canonical JSON without its signature,
with a key that only this person's application and the station have. The topic is covered, so that a command
cannot be moved to another session; `cmd_id` and `expires_at` are, so that it cannot be used again.
"""

import hashlib
import hmac
from typing import TypeVar

from protocols.mqtt import wire
from protocols.mqtt.commands import CommandMessage

# RFC 2104, section 3: a key shorter than the hash's output weakens the proof.
MIN_KEY_BYTES = 32

Command = TypeVar("Command", bound=CommandMessage)


def signed(command: Command, *, topic: str, key: bytes) -> Command:
    """The same command with its signature."""
    return command.model_copy(update={"signature": _signature(command, topic, key)})


def is_signed(command: CommandMessage, *, topic: str, key: bytes) -> bool:
    """Whether the command was signed for this topic with this key; takes the same time for every answer."""
    return hmac.compare_digest(command.signature, _signature(command, topic, key))


def _signature(command: CommandMessage, topic: str, key: bytes) -> str:
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"a key has at least {MIN_KEY_BYTES} bytes, not {len(key)}")
    unsigned = wire.encode(command.model_copy(update={"signature": ""}))
    return hmac.new(key, topic.encode() + b"\n" + unsigned, hashlib.sha256).hexdigest()
