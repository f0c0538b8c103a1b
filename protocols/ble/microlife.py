"""Microlife BP3GY1-2N, B4 BT and relatives: clock, stored readings.

Sources: a public Web Bluetooth page; `derdilla/blood-pressure-monitor-fl` and its tests. 4D, device (FF to
the cuff, 3A or 31 from it), length u16 big-endian of what follows it, content, sum of all bytes before.
FFF0 to FFF2 are shared with countless gadgets: go by the name.
"""

from enum import IntEnum
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.checksums import sum8
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    too_short,
    unknown_code,
    wrong_checksum,
    wrong_header,
    wrong_length_field,
)
from protocols.ble.codec.framing import NO_FRAME, UNDECIDED, Framer
from protocols.ble.codec.value import value
from protocols.ble.date_time import DateTime

NAME_PREFIXES: Final = ("B4 BT", "BP3GY1", "Microlife")
SERVICE: Final = assigned_numbers.uuid16(0xFFF0)
NOTIFY: Final = assigned_numbers.uuid16(0xFFF1)
WRITE: Final = assigned_numbers.uuid16(0xFFF2)

_START = 0x4D
_OVERHEAD = 5  # start, device, length, checksum
# Some hundred readings of 10 bytes; a length beyond this is a false beginning.
_LONGEST_CONTENT = 4096
_RECORDS_AT = 38
_RECORD_SIZE = 10
_MOST_RECORDS = (_LONGEST_CONTENT - _RECORDS_AT) // _RECORD_SIZE


class Device(IntEnum):
    """Who speaks: the second byte."""

    HOST = 0xFF
    CUFF_4G = 0x3A
    CUFF_3G = 0x31


class Command(IntEnum):
    """First byte of the content."""

    RECORDS = 0x00
    DISCONNECT = 0x04
    USER_AND_VERSION = 0x05
    DEVICE_INFO = 0x0B
    READ_TIME = 0x0C
    SET_TIME = 0x0D
    ACKNOWLEDGED = 0x81
    REFUSED = 0x91


@value
class Frame:
    """One frame, either direction; `content` begins with a `Command`."""

    device: Device
    content: bytes

    @property
    def command(self) -> int:
        """The first byte of the content, a `Command` when it is one."""
        try:
            return Command(self.content[0])
        except ValueError:
            return self.content[0]


@value
class StoredReading:
    """Ten bytes; `settings` (byte 8) and `byte_9` as sent. No seconds are stored."""

    systolic_mmhg: int
    diastolic_mmhg: int
    pulse_rate_per_min: int
    timestamp: DateTime
    settings: int = 0
    byte_9: int = 0

    @property
    def is_empty(self) -> bool:
        """A slot that was never written."""
        return not self.systolic_mmhg and not self.diastolic_mmhg and not self.pulse_rate_per_min

    @property
    def cuff_fit_ok(self) -> bool:
        """Bit 7 of the settings."""
        return bool(self.settings & 0x80)

    @property
    def irregular_pulse(self) -> bool:
        """Bit 6 of the settings."""
        return bool(self.settings & 0x40)

    @property
    def atrial_fibrillation(self) -> bool:
        """Bit 5 of the settings."""
        return bool(self.settings & 0x20)


@value
class Records:
    """Content of the answer to RECORDS: 38 bytes of head, as sent, and the readings."""

    readings: tuple[StoredReading, ...]
    head: bytes = bytes(_RECORDS_AT)


GET_RECORDS: Final = Frame(device=Device.HOST, content=bytes.fromhex("00000000000000fd"))
DISCONNECT: Final = Frame(device=Device.HOST, content=bytes((Command.DISCONNECT,)))
READ_INFO: Final = Frame(device=Device.HOST, content=bytes((Command.DEVICE_INFO,)))
READ_TIME: Final = Frame(device=Device.HOST, content=bytes((Command.READ_TIME,)))


def set_time(clock: DateTime) -> Frame:
    """Set the cuff's clock. Raises EncodeError for years before 2000."""
    with Fitting("microlife.frame", field="clock", expected="a year from 2000 to 2255"):
        date = (clock.year - 2000, clock.month, clock.day, clock.hour, clock.minute, clock.second)
        return Frame(device=Device.HOST, content=bytes((Command.SET_TIME, *date)))


def decode_frame(data: bytes) -> Frame:
    """A whole frame, 6 bytes and more.

    Raises:
        DecodeError: on a wrong header, length field or checksum.
    """
    name = "microlife.frame"
    check_length(name, data, _OVERHEAD + 1, _LONGEST_CONTENT + _OVERHEAD)
    if data[0] != _START:
        raise wrong_header(name, data, 0, "4d")
    length = int.from_bytes(data[2:4], "big")
    if length > len(data) - 4:
        raise too_short(name, data, "content", 4, length)
    if length != len(data) - 4:
        raise wrong_length_field(name, data, 2, len(data) - 4)
    if data[-1] != sum8(data[:-1]):
        raise wrong_checksum(name, data, len(data) - 1, sum8(data[:-1]))
    try:
        return Frame(device=Device(data[1]), content=data[4:-1])
    except ValueError:
        raise unknown_code(name, data, 1, "device", "ff, 3a or 31") from None


def encode_frame(frame: Frame) -> bytes:
    """A whole frame. Raises EncodeError for empty or too long content."""
    if not 1 <= len(frame.content) <= _LONGEST_CONTENT:
        raise EncodeError("microlife.frame", field="content", expected=f"1 to {_LONGEST_CONTENT} bytes")
    body = bytes((_START, frame.device)) + (len(frame.content) + 1).to_bytes(2, "big") + frame.content
    return body + bytes((sum8(body),))


def decode_records(data: bytes) -> Records:
    """Content of the answer to RECORDS. Raises DecodeError when it is cut inside a reading."""
    name = "microlife.records"
    check_length(name, data, _RECORDS_AT, _LONGEST_CONTENT)
    rest = (len(data) - _RECORDS_AT) % _RECORD_SIZE
    if rest:
        raise too_short(name, data, "reading", len(data) - rest, _RECORD_SIZE)
    readings = []
    for at in range(_RECORDS_AT, len(data), _RECORD_SIZE):
        systolic, diastolic, pulse, year, month, day, hour, minute, settings, last = data[at : at + 10]
        readings.append(
            StoredReading(
                systolic_mmhg=systolic,
                diastolic_mmhg=diastolic,
                pulse_rate_per_min=pulse,
                timestamp=DateTime(2000 + year, month, day, hour, minute, 0),
                settings=settings,
                byte_9=last,
            )
        )
    return Records(head=data[:_RECORDS_AT], readings=tuple(readings))


def encode_records(records: Records) -> bytes:
    """Content of the answer to RECORDS. Raises EncodeError when a value does not fit."""
    name = "microlife.records"
    if len(records.head) != _RECORDS_AT or len(records.readings) > _MOST_RECORDS:
        raise EncodeError(
            name, field="head or readings", expected=f"38 bytes, at most {_MOST_RECORDS} readings"
        )
    data = records.head
    with Fitting(name, field="reading", expected="values that fit their bytes, whole minutes"):
        for reading in records.readings:
            time = reading.timestamp
            if time.second:
                raise ValueError(time)
            date = (time.year - 2000, time.month, time.day, time.hour, time.minute)
            values = (reading.systolic_mmhg, reading.diastolic_mmhg, reading.pulse_rate_per_min)
            data += bytes((*values, *date, reading.settings, reading.byte_9))
    return data


class MicrolifeFramer(Framer[Frame]):
    """Frames out of the notifications of one cuff."""

    format_name = "microlife.frame"
    longest = _LONGEST_CONTENT + _OVERHEAD
    header = "4d, a device, and a length up to 4097"

    def _size(self, buffer: bytearray, at: int) -> int:
        if buffer[at] != _START:
            return NO_FRAME
        if len(buffer) < at + 2:
            return UNDECIDED
        if buffer[at + 1] not in tuple(Device):
            return NO_FRAME
        if len(buffer) < at + 4:
            return UNDECIDED
        length = buffer[at + 2] << 8 | buffer[at + 3]
        return length + 4 if length >= 2 else NO_FRAME

    def _decode(self, frame: bytes) -> Frame:
        return decode_frame(frame)
