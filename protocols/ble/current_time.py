"""Current Time Service 0x1805: current time (2A2B), local time information (2A0F).

Current Time Service 1.1, sections 3.1 and 3.2; layouts in the GATT Specification Supplement.
"""

import struct
from datetime import datetime
from enum import IntEnum, IntFlag
from struct import Struct
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import Damage, DecodeError, EncodeError, check_length
from protocols.ble.codec.value import value
from protocols.ble.date_time import SIZE as DATE_TIME_SIZE
from protocols.ble.date_time import DateTime, decode_date_time, encode_date_time

SERVICE: Final = assigned_numbers.CURRENT_TIME_SERVICE
CURRENT_TIME: Final = assigned_numbers.CURRENT_TIME
LOCAL_TIME_INFORMATION: Final = assigned_numbers.LOCAL_TIME_INFORMATION

_LOCAL = Struct("<bB")
UNKNOWN_TIME_ZONE: Final = -128


class DayOfWeek(IntEnum):
    """Monday is 1."""

    UNKNOWN = 0
    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


class AdjustReason(IntFlag):
    """Why the clock was changed last."""

    MANUAL = 0x01
    EXTERNAL_REFERENCE = 0x02
    TIME_ZONE = 0x04
    DAYLIGHT_SAVING = 0x08


NOT_ADJUSTED: Final = AdjustReason(0)


class DaylightSaving(IntEnum):
    """Offset of the daylight-saving time, in quarters of an hour."""

    STANDARD = 0
    HALF_HOUR = 2
    ONE_HOUR = 4
    TWO_HOURS = 8
    UNKNOWN = 255


@value
class CurrentTime:
    """2A2B: a clock with 1/256 s and the reason of its last adjustment."""

    date_time: DateTime
    day_of_week: DayOfWeek = DayOfWeek.UNKNOWN
    fractions_1_256_s: int = 0
    adjust_reason: AdjustReason = NOT_ADJUSTED

    @classmethod
    def from_datetime(cls, instant: datetime, reason: AdjustReason = NOT_ADJUSTED) -> "CurrentTime":
        """The date, day and time of day of `instant` in its own time zone."""
        return cls(
            date_time=DateTime.from_datetime(instant),
            day_of_week=DayOfWeek(instant.isoweekday()),
            fractions_1_256_s=instant.microsecond * 256 // 1_000_000,
            adjust_reason=reason,
        )


@value
class LocalTimeInformation:
    """2A0F: offset from UTC in quarters of an hour (-128 unknown), and the daylight saving on top of it."""

    time_zone_15_min: int
    daylight_saving: DaylightSaving


def decode_current_time(data: bytes) -> CurrentTime:
    """2A2B, 10 bytes.

    Raises:
        DecodeError: on any other length, and for a reserved day of the week.
    """
    check_length("current_time.current_time", data, DATE_TIME_SIZE + 3)
    day, fractions, reason = data[DATE_TIME_SIZE:]
    if day > DayOfWeek.SUNDAY:
        raise DecodeError(
            "current_time.current_time",
            data,
            Damage.VALUE,
            offset=DATE_TIME_SIZE,
            field="day_of_week",
            expected="0 to 7",
        )
    return CurrentTime(
        date_time=decode_date_time(data[:DATE_TIME_SIZE]),
        day_of_week=DayOfWeek(day),
        fractions_1_256_s=fractions,
        adjust_reason=AdjustReason(reason),
    )


def encode_current_time(value: CurrentTime) -> bytes:
    """2A2B, 10 bytes. Raises EncodeError when a part does not fit its byte."""
    try:
        tail = bytes((value.day_of_week, value.fractions_1_256_s, value.adjust_reason))
    except ValueError as error:
        raise EncodeError(
            "current_time.current_time", field="fractions or adjust reason", expected="0 to 255"
        ) from error
    return encode_date_time(value.date_time) + tail


def decode_local_time_information(data: bytes) -> LocalTimeInformation:
    """2A0F, 2 bytes.

    Raises:
        DecodeError: on any other length, and for a reserved daylight-saving offset.
    """
    check_length("current_time.local_time_information", data, _LOCAL.size)
    zone, offset = _LOCAL.unpack(data)
    try:
        saving = DaylightSaving(offset)
    except ValueError:
        raise DecodeError(
            "current_time.local_time_information",
            data,
            Damage.VALUE,
            offset=1,
            field="daylight_saving",
            expected="0, 2, 4, 8 or 255",
        ) from None
    return LocalTimeInformation(time_zone_15_min=zone, daylight_saving=saving)


def encode_local_time_information(value: LocalTimeInformation) -> bytes:
    """2A0F, 2 bytes. Raises EncodeError when the zone does not fit."""
    try:
        return _LOCAL.pack(value.time_zone_15_min, value.daylight_saving)
    except struct.error as error:
        raise EncodeError(
            "current_time.local_time_information", field="time_zone_15_min", expected="-128 to 127"
        ) from error
