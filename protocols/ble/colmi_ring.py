"""Colmi R02, R03, R06, R09, R10 smart rings (the rings of the QRing application).

Source: `tahnok/colmi_r02_client` with its tests, `Puxtril/colmi-docs`. Both ways 16 bytes: command, 14 bytes
of content, sum of all bytes before. A refused command comes back with bit 7 set. The ring measures one thing
at a time; while it looks for the pulse it reports 0, and an error code when it is not worn. The service is
not the Nordic UART, its characteristics are.

Command 08 restarts the ring, FF resets it: neither can be built here.
"""

from enum import IntEnum
from typing import Final

from protocols.ble.codec.checksums import sum8
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    unknown_code,
    wrong_checksum,
)
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("R02_", "R03_", "R06_", "R09_", "R10_", "COLMI R")
SERVICE: Final = "6e40fff0-b5a3-f393-e0a9-e50e24dcca9e"
WRITE: Final = "6e400002-b5a3-f393-e0a9-e50e24dcca9e"
NOTIFY: Final = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"

_SIZE = 16
_CONTENT_SIZE = 14


class Opcode(IntEnum):
    """What can be asked, and what comes back."""

    BATTERY = 0x03
    START = 0x69
    STOP = 0x6A


class Reading(IntEnum):
    """What START and STOP are about. The ring has others, without a sensor behind them."""

    HEART_RATE = 1
    SPO2 = 3


class Action(IntEnum):
    """What START asks for."""

    START = 1
    CONTINUE = 3


@value
class Packet:
    """Any packet, either way; `content` has 14 bytes."""

    opcode: Opcode
    content: bytes = bytes(_CONTENT_SIZE)


@value
class RealTime:
    """Content of a START from the ring.

    `value` is None while it has none (0 on the wire); `error` other than 0 means that it cannot measure: 1 is
    what it sends when it is not worn.
    """

    reading: Reading
    error: int = 0
    value: int | None = None
    other: bytes = bytes(_CONTENT_SIZE - 3)


@value
class Battery:
    """Content of a BATTERY from the ring."""

    level_percent: int
    charging: int = 0
    other: bytes = bytes(_CONTENT_SIZE - 2)


ASK_BATTERY: Final = Packet(opcode=Opcode.BATTERY)


def measure(reading: Reading, action: Action = Action.START) -> Packet:
    """Begin or go on measuring."""
    return Packet(opcode=Opcode.START, content=bytes((reading, action)) + bytes(_CONTENT_SIZE - 2))


def stop(reading: Reading) -> Packet:
    """Measure no more: the light goes out."""
    return Packet(opcode=Opcode.STOP, content=bytes((reading,)) + bytes(_CONTENT_SIZE - 1))


def decode_packet(data: bytes) -> Packet:
    """A packet, 16 bytes. Raises DecodeError on another length or checksum, and for other commands."""
    name = "colmi_ring.packet"
    check_length(name, data, _SIZE)
    if data[-1] != sum8(data[:-1]):
        raise wrong_checksum(name, data, _SIZE - 1, sum8(data[:-1]))
    try:
        return Packet(opcode=Opcode(data[0]), content=data[1:-1])
    except ValueError:
        raise unknown_code(name, data, 0, "command", "03, 69 or 6a") from None


def encode_packet(packet: Packet) -> bytes:
    """A packet, 16 bytes. Raises EncodeError for other commands, and unless the content has 14 bytes."""
    name = "colmi_ring.packet"
    if not isinstance(packet.opcode, Opcode):
        raise EncodeError(name, field="opcode", expected="one that is safe")
    if len(packet.content) != _CONTENT_SIZE:
        raise EncodeError(name, field="content", expected=f"{_CONTENT_SIZE} bytes")
    body = bytes((packet.opcode,)) + packet.content
    return body + bytes((sum8(body),))


def decode_real_time(data: bytes) -> RealTime:
    """Content of a START from the ring, 14 bytes. Raises DecodeError for readings that are none."""
    name = "colmi_ring.real_time"
    check_length(name, data, _CONTENT_SIZE)
    try:
        reading = Reading(data[0])
    except ValueError:
        raise unknown_code(name, data, 0, "reading", "01 or 03") from None
    return RealTime(reading=reading, error=data[1], value=data[2] or None, other=data[3:])


def encode_real_time(real_time: RealTime) -> bytes:
    """Content of a START from the ring, 14 bytes. Raises EncodeError when a value does not fit."""
    name = "colmi_ring.real_time"
    if len(real_time.other) != _CONTENT_SIZE - 3:
        raise EncodeError(name, field="other", expected=f"{_CONTENT_SIZE - 3} bytes")
    with Fitting(name, field="value", expected="1 to 255, or None"):
        if real_time.value == 0:
            raise ValueError(0)
        return bytes((real_time.reading, real_time.error, real_time.value or 0)) + real_time.other


def decode_battery(data: bytes) -> Battery:
    """Content of a BATTERY from the ring, 14 bytes. Raises DecodeError on any other length."""
    check_length("colmi_ring.battery", data, _CONTENT_SIZE)
    return Battery(level_percent=data[0], charging=data[1], other=data[2:])


def encode_battery(battery: Battery) -> bytes:
    """Content of a BATTERY from the ring, 14 bytes. Raises EncodeError when a value does not fit."""
    name = "colmi_ring.battery"
    if len(battery.other) != _CONTENT_SIZE - 2:
        raise EncodeError(name, field="other", expected=f"{_CONTENT_SIZE - 2} bytes")
    with Fitting(name, field="value", expected="0 to 255"):
        return bytes((battery.level_percent, battery.charging)) + battery.other
