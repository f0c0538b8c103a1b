"""Beurer PO60: stored sessions. It has no live stream.

Source: public analysis of the vendor's two applications. Pairing asks for the six digits in the manual.
Then: set the clock (answer F3 00), ask for the number of sessions, read pages of about 12; records of 24
bytes arrive in pieces of 20. Checksums are sums modulo 128.
"""

from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.checksums import sum7
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    impossible_value,
    unknown_code,
    wrong_checksum,
    wrong_header,
)
from protocols.ble.codec.framing import NO_FRAME, Framer
from protocols.ble.codec.value import value
from protocols.ble.date_time import DateTime

NAME_PREFIXES: Final = ("PO60",)
SERVICE: Final = assigned_numbers.uuid16(0xFF12)
WRITE: Final = assigned_numbers.uuid16(0xFF01)
NOTIFY: Final = assigned_numbers.uuid16(0xFF02)

RECORD_SIZE: Final = 24

_START = 0xE9
_CLOCK_SET = 0xF3
_LAST = 0x40
_SET_TIME, _COUNT, _PAGE = 0x83, 0x90, 0x99
# Flag bits of byte 14 that add 128 to the rate at bytes 20, 21 and 22.
_ESCAPES: Final = (0x04, 0x08, 0x10)


@value
class SetTime:
    """To the device: its clock; years from 2000 to 2127.

    `padding` is two zeros; an old application sends 05 05 there, and 5 for the seconds.
    """

    clock: DateTime
    padding: bytes = bytes(2)


@value
class CountRecords:
    """To the device: how many sessions are there?"""


@value
class ReadPage:
    """To the device: the first page of sessions, or the next one."""

    following: bool


Command = SetTime | CountRecords | ReadPage


@value
class ClockSet:
    """From the device: the answer to SetTime. 0 is what has been seen."""

    status: int


@value
class Session:
    """A stored measurement, from start to end.

    `index` counts within a page; `last` ends the transfer. `header_flags`, `other_flags`, `bytes_15_16` and
    `byte_23` are of unknown meaning and kept as sent.
    """

    index: int
    last: bool
    start: DateTime
    end: DateTime
    spo2_highest_percent: int
    spo2_lowest_percent: int
    spo2_average_percent: int
    pulse_rate_highest_per_min: int
    pulse_rate_lowest_per_min: int
    pulse_rate_average_per_min: int
    header_flags: int = 0
    other_flags: int = 0
    bytes_15_16: bytes = bytes(2)
    byte_23: int = 0


def decode_command(data: bytes) -> Command:
    """A command, 3 or 10 bytes. Raises DecodeError on a wrong length or checksum, and for other opcodes."""
    name = "beurer_po60.command"
    check_length(name, data, 3, 10)
    if data[-1] != sum7(data[:-1]):
        raise wrong_checksum(name, data, len(data) - 1, sum7(data[:-1]))
    if data[0] == _SET_TIME:
        check_length(name, data, 10)
        return SetTime(clock=_clock(data[1:7]), padding=data[7:9])
    check_length(name, data, 3)
    if data[:2] == bytes((_COUNT, 0x05)):
        return CountRecords()
    if data[0] == _PAGE and data[1] <= 1:
        return ReadPage(following=bool(data[1]))
    raise unknown_code(name, data, 0, "opcode", "83, 90 05, 99 00 or 99 01")


def encode_command(command: Command) -> bytes:
    """A command, 3 or 10 bytes. Raises EncodeError when clock or padding do not fit."""
    name = "beurer_po60.command"
    if isinstance(command, SetTime):
        if len(command.padding) != 2:
            raise EncodeError(name, field="padding", expected="2 bytes")
        body = bytes((_SET_TIME,)) + _clock_bytes(name, command.clock) + command.padding
    elif isinstance(command, CountRecords):
        body = bytes((_COUNT, 0x05))
    else:
        body = bytes((_PAGE, command.following))
    return body + bytes((sum7(body),))


def decode_clock_set(data: bytes) -> ClockSet:
    """The answer to SetTime, 2 bytes. Raises DecodeError on any other length or header."""
    name = "beurer_po60.clock_set"
    check_length(name, data, 2)
    if data[0] != _CLOCK_SET:
        raise wrong_header(name, data, 0, "f3")
    return ClockSet(status=data[1])


def encode_clock_set(value: ClockSet) -> bytes:
    """The answer to SetTime, 2 bytes. Raises EncodeError when the status is no byte."""
    with Fitting("beurer_po60.clock_set", field="status", expected="0 to 255"):
        return bytes((_CLOCK_SET, value.status))


def decode_record(data: bytes) -> Session:
    """A stored session, 24 bytes.

    Raises:
        DecodeError: on any other length or header, and for values above 7 bits.
    """
    name = "beurer_po60.record"
    check_length(name, data, RECORD_SIZE)
    if data[0] != _START:
        raise wrong_header(name, data, 0, "e9")
    for at in range(17, 23):
        if data[at] & 0x80:
            raise impossible_value(name, data, at, "value", "7 bits")
    rates = [
        data[at] + (128 if data[14] & bit else 0) for at, bit in zip((20, 21, 22), _ESCAPES, strict=True)
    ]
    return Session(
        index=data[1] & 0x0F,
        last=bool(data[1] & _LAST),
        start=_clock(data[2:8]),
        end=_clock(data[8:14]),
        spo2_highest_percent=data[17],
        spo2_lowest_percent=data[18],
        spo2_average_percent=data[19],
        pulse_rate_highest_per_min=rates[0],
        pulse_rate_lowest_per_min=rates[1],
        pulse_rate_average_per_min=rates[2],
        header_flags=data[1] & ~(_LAST | 0x0F),
        other_flags=data[14] & ~sum(_ESCAPES),
        bytes_15_16=data[15:17],
        byte_23=data[23],
    )


def encode_record(session: Session) -> bytes:
    """A stored session, 24 bytes. Raises EncodeError when a value does not fit."""
    name = "beurer_po60.record"
    rates = (
        session.pulse_rate_highest_per_min,
        session.pulse_rate_lowest_per_min,
        session.pulse_rate_average_per_min,
    )
    saturations = (session.spo2_highest_percent, session.spo2_lowest_percent, session.spo2_average_percent)
    fits = (
        0 <= session.index <= 15
        and all(0 <= rate <= 255 for rate in rates)
        and all(0 <= value <= 127 for value in saturations)
        and len(session.bytes_15_16) == 2
        and not session.header_flags & (_LAST | 0x0F)
        and not session.other_flags & sum(_ESCAPES)
    )
    if not fits:
        raise EncodeError(
            name, field="value", expected="4, 7 and 8 bits; 2 bytes kept; no known bits in the flags"
        )
    flags = sum(bit for rate, bit in zip(rates, _ESCAPES, strict=True) if rate > 127)
    with Fitting(name, field="value", expected="values that fit their bytes"):
        return (
            bytes((_START, session.index | _LAST * session.last | session.header_flags))
            + _clock_bytes(name, session.start)
            + _clock_bytes(name, session.end)
            + bytes((flags | session.other_flags,))
            + session.bytes_15_16
            + bytes(saturations)
            + bytes(rate & 0x7F for rate in rates)
            + bytes((session.byte_23,))
        )


class BeurerPo60Framer(Framer[Session]):
    """Stored sessions out of the notifications of one transfer; feed it nothing else."""

    format_name = "beurer_po60.record"
    longest = RECORD_SIZE
    header = "e9"

    def _size(self, buffer: bytearray, at: int) -> int:
        return RECORD_SIZE if buffer[at] == _START else NO_FRAME

    def _decode(self, frame: bytes) -> Session:
        return decode_record(frame)


def _clock(data: bytes) -> DateTime:
    return DateTime(2000 + data[0], *data[1:6])


def _clock_bytes(name: str, clock: DateTime) -> bytes:
    with Fitting(name, field="clock", expected="a year from 2000 to 2255"):
        return bytes((clock.year - 2000, clock.month, clock.day, clock.hour, clock.minute, clock.second))
