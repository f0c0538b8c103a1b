"""Omron cuffs, vendor service: reading and writing their memory in packets over four channels.

Sources: `userx14/omblepy`; `eigger/hass-omron`. Length, kind u16, address u16, size, content, result, and the
exclusive or of all bytes is 0; big-endian. A packet is cut into 16 bytes for each of the four transmit
characteristics, and comes back so. Newer cuffs have one channel, and some encrypt it: not covered here.
"""

from enum import IntEnum
from struct import Struct
from typing import Final

from protocols.ble.codec.checksums import xor8
from protocols.ble.codec.errors import (
    DecodeError,
    EncodeError,
    Fitting,
    check_length,
    impossible_value,
    unknown_code,
    wrong_checksum,
    wrong_length_field,
)
from protocols.ble.codec.value import value

SERVICE: Final = "ecbe3980-c9a2-11e1-b1bd-0002a5d5c51b"
SINGLE_CHANNEL_SERVICE: Final = "0000fe4a-0000-1000-8000-00805f9b34fb"
NOTIFY: Final = (
    "49123040-aee8-11e1-a74d-0002a5d5c51b",
    "4d0bf320-aee8-11e1-a0d9-0002a5d5c51b",
    "5128ce60-aee8-11e1-b84b-0002a5d5c51b",
    "560f1420-aee8-11e1-8184-0002a5d5c51b",
)
WRITE: Final = (
    "db5b55e0-aee7-11e1-965e-0002a5d5c51b",
    "e0b8a060-aee7-11e1-92f4-0002a5d5c51b",
    "0ae12b00-aee8-11e1-a192-0002a5d5c51b",
    "10e1ba60-aee8-11e1-89e5-0002a5d5c51b",
)
UNLOCK: Final = "b305b680-aee7-11e1-a730-0002a5d5c51b"
# What public software programs as its key; the cuff remembers whatever it is given.
COMMON_KEY: Final = bytes.fromhex("deadbeaf12341234deadbeaf12341234")

CHANNEL_SIZE: Final = 16
LONGEST: Final = 4 * CHANNEL_SIZE

_HEAD = Struct(">BHHB")
_OVERHEAD = _HEAD.size + 2
_KEY_SIZE = 16


class Kind(IntEnum):
    """Bytes 1 and 2; what comes from the cuff has the upper bit."""

    START = 0x0000
    READ = 0x0100
    WRITE = 0x01C0
    END = 0x0F00
    START_REPLY = 0x8000
    READ_REPLY = 0x8100
    WRITE_REPLY = 0x81C0
    END_REPLY = 0x8F00


@value
class Packet:
    """One packet, either direction.

    `size` is how many bytes are asked for or come along; a READ_REPLY without content and with a `result`
    is a refusal. END_REPLY answers the end of a session and also a rejected command.
    """

    kind: Kind
    address: int = 0
    size: int = 0
    content: bytes = b""
    result: int = 0


START: Final = Packet(kind=Kind.START, size=0x10)
END: Final = Packet(kind=Kind.END)


class UnlockKind(IntEnum):
    """First byte on the unlock characteristic, to the cuff."""

    PROGRAM_KEY = 0x00
    UNLOCK = 0x01
    ENTER_PROGRAMMING = 0x02


@value
class UnlockCommand:
    """To the cuff; ENTER_PROGRAMMING carries zeros."""

    kind: UnlockKind
    key: bytes = bytes(_KEY_SIZE)


@value
class UnlockReply:
    """From the cuff: `result` 0 is success, 0x0F "not in pairing mode". `rest` as sent."""

    kind: UnlockKind
    result: int
    rest: bytes = b""


def read(address: int, size: int) -> Packet:
    """Ask for `size` bytes (at most 56) from `address` on."""
    return Packet(kind=Kind.READ, address=address, size=size)


def write(address: int, content: bytes) -> Packet:
    """Write `content` (at most 56 bytes) from `address` on."""
    return Packet(kind=Kind.WRITE, address=address, size=len(content), content=content)


def decode_packet(data: bytes) -> Packet:
    """A whole packet, 8 to 64 bytes.

    Raises:
        DecodeError: on a wrong length, size or checksum, and for unknown kinds.
    """
    name = "omron_eeprom.packet"
    check_length(name, data, _OVERHEAD, LONGEST)
    length, kind, address, size = _HEAD.unpack_from(data)
    if length != len(data):
        raise wrong_length_field(name, data, 0, len(data))
    if xor8(data):
        raise wrong_checksum(name, data, len(data) - 1, xor8(data[:-1]))
    content = data[_HEAD.size : -2]
    if content and len(content) != size:
        raise wrong_length_field(name, data, 5, len(content))
    try:
        known = Kind(kind)
    except ValueError:
        raise unknown_code(name, data, 1, "kind", "0000, 0100, 01c0 or 0f00, with or without 8000") from None
    return Packet(kind=known, address=address, size=size, content=content, result=data[-2])


def encode_packet(packet: Packet) -> bytes:
    """A whole packet. Raises EncodeError when a value does not fit or content and size disagree."""
    name = "omron_eeprom.packet"
    if len(packet.content) > LONGEST - _OVERHEAD or (packet.content and len(packet.content) != packet.size):
        raise EncodeError(name, field="content", expected="at most 56 bytes, as many as `size` says, or none")
    with Fitting(name, field="value", expected="values that fit their bytes"):
        head = _HEAD.pack(len(packet.content) + _OVERHEAD, packet.kind, packet.address, packet.size)
        body = head + packet.content + bytes((packet.result,))
    return body + bytes((xor8(body),))


def split(data: bytes) -> tuple[bytes, ...]:
    """An encoded packet cut for the transmit characteristics, in their order."""
    return tuple(data[at : at + CHANNEL_SIZE] for at in range(0, len(data), CHANNEL_SIZE))


class OmronAssembler:
    """Packets out of the notifications of the four channels; holds at most one packet."""

    def __init__(self) -> None:
        self._parts: list[bytes | None] = [None] * 4

    def feed(self, channel: int, data: bytes) -> list[Packet | DecodeError]:
        """Take one notification of `channel` (0 to 3); return the packet or error that it completes.

        The cuff sends the channels in order, so that channel 0 begins a packet and ends any unfinished one.
        """
        if channel == 0:
            self._parts = [None] * 4
        self._parts[channel] = data[:CHANNEL_SIZE]
        first = self._parts[0]
        if not first:
            return []
        needed = (min(first[0], LONGEST) + CHANNEL_SIZE - 1) // CHANNEL_SIZE
        parts = [part for part in self._parts[:needed] if part is not None]
        if len(parts) < needed:
            return []
        self._parts = [None] * 4
        frame = b"".join(parts)[: first[0]]
        try:
            return [decode_packet(frame)]
        except DecodeError as error:
            return [error]


def decode_unlock_command(data: bytes) -> UnlockCommand:
    """To the unlock characteristic, 17 bytes. Raises DecodeError on any other length or first byte."""
    name = "omron_eeprom.unlock_command"
    check_length(name, data, 1 + _KEY_SIZE)
    try:
        return UnlockCommand(kind=UnlockKind(data[0]), key=data[1:])
    except ValueError:
        raise unknown_code(name, data, 0, "kind", "00, 01 or 02") from None


def encode_unlock_command(command: UnlockCommand) -> bytes:
    """To the unlock characteristic. Raises EncodeError unless the key has 16 bytes."""
    if len(command.key) != _KEY_SIZE:
        raise EncodeError("omron_eeprom.unlock_command", field="key", expected="16 bytes")
    return bytes((command.kind,)) + command.key


def decode_unlock_reply(data: bytes) -> UnlockReply:
    """From the unlock characteristic, 2 to 20 bytes. Raises DecodeError on any other length or first byte."""
    name = "omron_eeprom.unlock_reply"
    check_length(name, data, 2, 20)
    if not data[0] & 0x80:
        raise impossible_value(name, data, 0, "kind", "80, 81 or 82")
    try:
        return UnlockReply(kind=UnlockKind(data[0] & 0x7F), result=data[1], rest=data[2:])
    except ValueError:
        raise unknown_code(name, data, 0, "kind", "80, 81 or 82") from None


def encode_unlock_reply(reply: UnlockReply) -> bytes:
    """From the unlock characteristic. Raises EncodeError when it does not fit."""
    with Fitting("omron_eeprom.unlock_reply", field="result", expected="0 to 255"):
        data = bytes((reply.kind | 0x80, reply.result)) + reply.rest
    if len(data) > 20:
        raise EncodeError("omron_eeprom.unlock_reply", field="rest", expected="at most 18 bytes")
    return data
