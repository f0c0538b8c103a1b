"""A&D UA-651BLE and UA-1200BLE: the vendor's characteristic beside the standard Blood Pressure Service.

Source: A&D's developer documentation of the UA-651BLE. The cuff connects for a few seconds after each
reading: enable 2A35 indications and write 2A08 within 5 s; unsent readings come oldest first, then it
disconnects. It shows E10 to a host that only looks at its services. Length (of what follows), kind,
command, value; hosts may pad a frame with zeros to 20 bytes.
"""

from enum import IntEnum
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    impossible_value,
    too_short,
    unknown_code,
)
from protocols.ble.codec.value import value
from protocols.ble.date_time import DateTime

NAME_PREFIXES: Final = ("A&D_UA-651BLE", "A&D_UA-1200BLE", "A&D")
SERVICE: Final = assigned_numbers.BLOOD_PRESSURE_SERVICE
CONTROL_SERVICE: Final = "233bf000-5a34-1b6d-975c-000d5690abe4"
CONTROL: Final = "233bf001-5a34-1b6d-975c-000d5690abe4"

_PADDED_SIZE = 20
_NAME = "and_medical.control"


class Kind(IntEnum):
    """What the frame does."""

    READ = 0x00
    WRITE = 0x01
    RESPONSE = 0x02


class Subject(IntEnum):
    """What it is about."""

    SET_TIME = 0x01
    DISCONNECT = 0x03
    UNPAIR = 0x10
    DELETE_MEMORY = 0x12
    BUFFER_ENABLE = 0xA6
    BUFFER_SIZE = 0xD6


@value
class ControlFrame:
    """One frame, either direction. `padded`: filled up with zeros to 20 bytes."""

    kind: Kind
    subject: Subject
    value: bytes = b""
    padded: bool = False

    @property
    def clock(self) -> DateTime | None:
        """The time that SET_TIME carries."""
        if self.subject is not Subject.SET_TIME or len(self.value) != 6:
            return None
        return DateTime(2000 + self.value[0], *self.value[1:])


DISCONNECT: Final = ControlFrame(kind=Kind.WRITE, subject=Subject.DISCONNECT)
UNPAIR: Final = ControlFrame(kind=Kind.WRITE, subject=Subject.UNPAIR)
DELETE_MEMORY: Final = ControlFrame(kind=Kind.WRITE, subject=Subject.DELETE_MEMORY)
READ_BUFFER_SIZE: Final = ControlFrame(kind=Kind.READ, subject=Subject.BUFFER_SIZE)
ENABLE_BUFFER: Final = ControlFrame(kind=Kind.WRITE, subject=Subject.BUFFER_ENABLE, value=b"\x01")


def set_time(clock: DateTime) -> ControlFrame:
    """Set the cuff's clock. Raises EncodeError for years before 2000."""
    with Fitting(_NAME, field="clock", expected="a year from 2000 to 2255"):
        value = bytes((clock.year - 2000, clock.month, clock.day, clock.hour, clock.minute, clock.second))
    return ControlFrame(kind=Kind.WRITE, subject=Subject.SET_TIME, value=value)


def decode_control(data: bytes) -> ControlFrame:
    """A frame, 3 to 20 bytes.

    Raises:
        DecodeError: when the length byte does not fit, padding is not zero, or kind or subject are unknown.
    """
    check_length(_NAME, data, 3, _PADDED_SIZE)
    end = data[0] + 1
    if end < 3:
        raise impossible_value(_NAME, data, 0, "length", "2 or more")
    if end > len(data):
        raise too_short(_NAME, data, "value", 3, end - 3)
    padded = len(data) > end
    if padded and (len(data) != _PADDED_SIZE or any(data[end:])):
        raise impossible_value(_NAME, data, end, "padding", "zeros up to 20 bytes, or none")
    try:
        kind, subject = Kind(data[1]), Subject(data[2])
    except ValueError:
        raise unknown_code(
            _NAME, data, 1, "kind and subject", "00 to 02 and 01, 03, 10, 12, a6 or d6"
        ) from None
    return ControlFrame(kind=kind, subject=subject, value=data[3:end], padded=padded)


def encode_control(frame: ControlFrame) -> bytes:
    """A frame, 3 to 20 bytes. Raises EncodeError for more than 17 bytes of value, 16 of a padded one."""
    data = bytes((len(frame.value) + 2, frame.kind, frame.subject)) + frame.value
    if len(data) > _PADDED_SIZE:
        raise EncodeError(_NAME, field="value", expected="at most 17 bytes")
    if frame.padded and len(data) == _PADDED_SIZE:
        raise EncodeError(_NAME, field="padded", expected="False where 17 bytes of value leave no room")
    return data.ljust(_PADDED_SIZE, b"\0") if frame.padded else data
