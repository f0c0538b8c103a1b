"""Yuwell oximeters: ten-byte notifications on FFE4.

Source: one public driver with one printed frame. FE, length (of the whole), 55, an unexplained byte, pulse
rate, SpO2, three unexplained bytes. That the last byte is the sum of all before it is an inference from
that frame.
"""

from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.checksums import sum8
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    unknown_code,
    wrong_checksum,
    wrong_header,
    wrong_length_field,
)
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("Yuwell",)
NOTIFY: Final = assigned_numbers.uuid16(0xFFE4)

_START = 0xFE
_SIZE = 10
_KIND = 0x55


@value
class Values:
    """One notification; `byte_3` and `bytes_6_to_8` as sent."""

    pulse_rate_per_min: int
    spo2_percent: int
    byte_3: int = 0
    bytes_6_to_8: bytes = bytes(3)


def decode_values(data: bytes) -> Values:
    """A notification, 10 bytes. Raises DecodeError on any other length, header, kind or checksum."""
    name = "yuwell.values"
    check_length(name, data, _SIZE)
    if data[0] != _START:
        raise wrong_header(name, data, 0, "fe")
    if data[1] != _SIZE:
        raise wrong_length_field(name, data, 1, _SIZE)
    if data[2] != _KIND:
        raise unknown_code(name, data, 2, "kind", "55")
    if data[-1] != sum8(data[:-1]):
        raise wrong_checksum(name, data, _SIZE - 1, sum8(data[:-1]))
    return Values(pulse_rate_per_min=data[4], spo2_percent=data[5], byte_3=data[3], bytes_6_to_8=data[6:9])


def encode_values(values: Values) -> bytes:
    """A notification, 10 bytes. Raises EncodeError when a value does not fit."""
    name = "yuwell.values"
    if len(values.bytes_6_to_8) != 3:
        raise EncodeError(name, field="bytes_6_to_8", expected="3 bytes")
    with Fitting(name, field="value", expected="0 to 255"):
        head = bytes((_START, _SIZE, _KIND, values.byte_3, values.pulse_rate_per_min, values.spo2_percent))
    body = head + values.bytes_6_to_8
    return body + bytes((sum8(body),))
