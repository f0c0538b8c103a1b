"""Date Time, characteristic 2A08: 7 bytes, and the same 7 bytes inside many measurements.

GATT Specification Supplement, "Date Time": year u16 (0 unknown, 1582..9999), month (0 unknown), day
(0 unknown), hours, minutes, seconds. Cuffs with an unset clock send year 0 and worse; the codec keeps what
came, and `to_datetime` says whether that is a date.
"""

import struct
from datetime import datetime
from struct import Struct
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import EncodeError, check_length
from protocols.ble.codec.value import value

DATE_TIME: Final = assigned_numbers.DATE_TIME

_LAYOUT = Struct("<H5B")
SIZE = 7


@value(kw_only=False)
class DateTime:
    """A device's own clock, as sent; 0 in year, month or day means unknown. No time zone."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int

    def to_datetime(self) -> datetime | None:
        """The naive `datetime`; None when a part is unknown or is no date."""
        try:
            return datetime(self.year, self.month, self.day, self.hour, self.minute, self.second)  # noqa: DTZ001  # the device sends no time zone
        except ValueError:
            return None

    @classmethod
    def from_datetime(cls, instant: datetime) -> "DateTime":
        """The date and time of day of `instant` in its own time zone."""
        return cls(instant.year, instant.month, instant.day, instant.hour, instant.minute, instant.second)

    def isoformat(self) -> str:
        """ISO 8601 digits of what was sent, unknown parts as zeros: `0000-04-17T20:41:59`."""
        date = f"{self.year:04d}-{self.month:02d}-{self.day:02d}"
        return f"{date}T{self.hour:02d}:{self.minute:02d}:{self.second:02d}"


def decode_date_time(data: bytes) -> DateTime:
    """Seven bytes.

    Raises:
        DecodeError: on any other length.
    """
    check_length("date_time.date_time", data, SIZE)
    return DateTime(*_LAYOUT.unpack(data))


def encode_date_time(value: DateTime) -> bytes:
    """Seven bytes.

    Raises:
        EncodeError: when a part does not fit its byte.
    """
    try:
        return _LAYOUT.pack(value.year, value.month, value.day, value.hour, value.minute, value.second)
    except struct.error as error:
        raise EncodeError(
            "date_time.date_time", field="date_time", expected=f"year 0..65535 and bytes, not {value!r}"
        ) from error
