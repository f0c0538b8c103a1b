"""Omron cuffs: the manufacturer data (company 0x020E) that says who has new readings before one connects.

Sources: `eigger/hass-omron`; captures in its issues and in `custom-components/ble_monitor` issue 1003.
Format, status, then what the format says; for formats 1, 2 and 6 a counter for each user.
"""

from enum import IntFlag
from struct import Struct
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import EncodeError, check_length, unknown_code, wrong_length_field
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("BLESmart_", "BLEsmart_")
SERVICE: Final = assigned_numbers.BLOOD_PRESSURE_SERVICE
COMPANY: Final = assigned_numbers.COMPANY_OMRON

# An advertisement has 31 bytes; flags, length, type and company take 7 of them.
_LONGEST = 27
_NAME = "omron_advertisement.manufacturer_data"
_COUNTER = Struct("<HB")
_WITH_COUNTERS = frozenset({1, 2, 6})
# format -> number of users -> length
_EXACT: Final = {8: {1: 10, 2: 13}, 9: {1: 9, 2: 11, 3: 13, 4: 15}}
_FORMATS: Final = frozenset({1, 2, 3, 6, 8, 9})


class Status(IntFlag):
    """Bits 2 to 7 of the status byte."""

    TIME_NOT_SET = 0x04
    PAIRING_MODE = 0x08
    STREAMING = 0x10
    SERVICE_MODE = 0x20
    FORCED_TRANSFER = 0x40


@value
class UserCounter:
    """`sequence` steps with every reading of this user; `records` may be cut off for the last user."""

    sequence: int
    records: int | None


@value
class ManufacturerData:
    """What follows the company identifier. In format 3 the bits 4 and 5 of the status are a guidance mode."""

    format: int
    users: int
    status: Status
    content: bytes = b""

    @property
    def counters(self) -> tuple[UserCounter, ...]:
        """The users' counters, as many as came; empty in formats that have none."""
        if self.format not in _WITH_COUNTERS:
            return ()
        counters = []
        for user in range(self.users):
            part = self.content[3 * user : 3 * user + 3]
            if len(part) >= 2:
                records = part[2] if len(part) == 3 else None
                counters.append(UserCounter(sequence=part[0] | part[1] << 8, records=records))
        return tuple(counters)


def decode_manufacturer_data(data: bytes) -> ManufacturerData:
    """What follows the company identifier, 3 to 27 bytes.

    Raises:
        DecodeError: for unknown formats, and when the length does not go with format and users.
    """
    check_length(_NAME, data, 3, _LONGEST)
    if data[0] not in _FORMATS:
        raise unknown_code(_NAME, data, 0, "format", "1, 2, 3, 6, 8 or 9")
    users = (data[1] & 0x03) + 1
    if not _fits(data[0], users, len(data)):
        raise wrong_length_field(_NAME, data, 1, users)
    return ManufacturerData(format=data[0], users=users, status=Status(data[1] & ~0x03), content=data[2:])


def encode_manufacturer_data(value: ManufacturerData) -> bytes:
    """What follows the company identifier. Raises EncodeError when the length does not go with the format."""
    size = len(value.content) + 2
    known = value.format in _FORMATS and 1 <= value.users <= 4 and 3 <= size <= _LONGEST
    if not known or not _fits(value.format, value.users, size) or value.status & ~0xFC:
        raise EncodeError(_NAME, field="content", expected="a known format with the length it has")
    return bytes((value.format, value.status | value.users - 1)) + value.content


def _fits(format_number: int, users: int, size: int) -> bool:
    if format_number in _EXACT:
        return _EXACT[format_number].get(users) == size
    if format_number in _WITH_COUNTERS:
        # The last user's number of records may be missing. Public software also takes a frame with whole
        # counters for fewer users than it states.
        whole = (size - 2) % _COUNTER.size == 0 and size > 2
        return whole or size >= 1 + _COUNTER.size * users
    return True
