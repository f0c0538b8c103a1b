"""Contec CMS50D-BT: pleth at 60 Hz, values at 1 Hz.

Sources: `nringelstein/CMS50D-BT`; capture in `tobiasisenberg/OxiVis` issue 2. Every frame and command ends
with the sum of all bytes before it, modulo 128. Write without response: the initialisation, START, and
KEEP_ALIVE every 5 s.
"""

from enum import Enum
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.checksums import sum7
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    too_short,
    unknown_code,
    wrong_checksum,
    wrong_header,
)
from protocols.ble.codec.framing import NO_FRAME, UNDECIDED, Framer
from protocols.ble.codec.value import value

WRITE: Final = assigned_numbers.uuid16(0xFF01)
NOTIFY: Final = assigned_numbers.uuid16(0xFF02)
NOTIFY_2: Final = assigned_numbers.uuid16(0xFF04)

WAVE_RATE_HZ: Final = 60
KEEP_ALIVE_S: Final = 5

_START = 0xEB
_WAVE, _VALUES = 0x00, 0x01
_SIZES: Final = {_WAVE: 6, _VALUES: 8}


class Command(Enum):
    """The commands, as they are written."""

    INITIALISE_1 = bytes.fromhex("8101")
    INITIALISE_2 = bytes.fromhex("8202")
    KEEP_ALIVE = bytes.fromhex("9a1a")
    PREPARE = bytes.fromhex("9b001b")
    START = bytes.fromhex("9b011c")
    STOP = bytes.fromhex("9b7f1a")


START_SEQUENCE: Final = (
    Command.INITIALISE_1,
    Command.INITIALISE_2,
    Command.KEEP_ALIVE,
    Command.PREPARE,
    Command.START,
)


@value
class Values:
    """EB 01: `status` as sent, see `finger`; `other` are the two bytes before the checksum."""

    status: int
    pulse_rate_per_min: int
    spo2_percent: int
    other: bytes = bytes.fromhex("7f00")

    @property
    def finger(self) -> bool | None:
        """Whether a finger is in it, by the only reporter's guess: 06 yes, 04 no. His 04 frame has values."""
        return {0x04: False, 0x06: True}.get(self.status)


@value
class Wave:
    """EB 00: one sample of the pleth; `status` and `bar` as sent."""

    status: int
    pleth: int
    bar: int


def decode_frame(data: bytes) -> Values | Wave:
    """A frame, 6 or 8 bytes.

    Raises:
        DecodeError: on a wrong header, kind, length or checksum.
    """
    name = "cms50d_bt.frame"
    check_length(name, data, 1, 8)
    if data[0] != _START:
        raise wrong_header(name, data, 0, "eb")
    if len(data) < 2:
        raise too_short(name, data, "kind", 1, 1)
    if data[1] not in _SIZES:
        raise unknown_code(name, data, 1, "kind", "00 (pleth) or 01 (values)")
    check_length(name, data, _SIZES[data[1]])
    if data[-1] != sum7(data[:-1]):
        raise wrong_checksum(name, data, len(data) - 1, sum7(data[:-1]))
    if data[1] == _WAVE:
        return Wave(status=data[2], pleth=data[3], bar=data[4])
    return Values(status=data[2], pulse_rate_per_min=data[3], spo2_percent=data[4], other=data[5:7])


def encode_frame(frame: Values | Wave) -> bytes:
    """A frame, 6 or 8 bytes. Raises EncodeError when a value does not fit."""
    name = "cms50d_bt.frame"
    with Fitting(name, field="value", expected="0 to 255"):
        if isinstance(frame, Wave):
            body = bytes((_START, _WAVE, frame.status, frame.pleth, frame.bar))
        else:
            if len(frame.other) != 2:
                raise EncodeError(name, field="other", expected="2 bytes")
            head = (_START, _VALUES, frame.status, frame.pulse_rate_per_min, frame.spo2_percent)
            body = bytes(head) + frame.other
    return body + bytes((sum7(body),))


def decode_command(data: bytes) -> Command:
    """A command, 2 or 3 bytes. Raises DecodeError for any other."""
    name = "cms50d_bt.command"
    check_length(name, data, 2, 3)
    if data[-1] != sum7(data[:-1]):
        raise wrong_checksum(name, data, len(data) - 1, sum7(data[:-1]))
    try:
        return Command(data)
    except ValueError:
        raise unknown_code(name, data, 0, "command", "81, 82, 9a, or 9b with 00, 01 or 7f") from None


def encode_command(command: Command) -> bytes:
    """A command, 2 or 3 bytes."""
    return command.value


class Cms50dFramer(Framer[Values | Wave]):
    """Frames out of the notifications of one oximeter."""

    format_name = "cms50d_bt.frame"
    longest = 8
    header = "eb 00 or eb 01"

    def _size(self, buffer: bytearray, at: int) -> int:
        if buffer[at] != _START:
            return NO_FRAME
        if len(buffer) < at + 2:
            return UNDECIDED
        return _SIZES.get(buffer[at + 1], NO_FRAME)

    def _decode(self, frame: bytes) -> Values | Wave:
        return decode_frame(frame)
