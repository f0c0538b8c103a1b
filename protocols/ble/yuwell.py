"""Yuwell oximeters: ten-byte notifications on FFE4.

Source: one public driver with one printed frame. FE, length (of the whole), 55, an unexplained byte, pulse
rate, SpO2, three unexplained bytes. The last byte is a sum; the two public frames contradict each other in
whether the first byte is part of it, so both are read.
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
    """One notification; `byte_3` and `bytes_6_to_8` as sent.

    `sum_leaves_start_out`: the last byte sums up what stands between it and the first.
    """

    pulse_rate_per_min: int
    spo2_percent: int
    byte_3: int = 0
    bytes_6_to_8: bytes = bytes(3)
    sum_leaves_start_out: bool = False


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
    whole = sum8(data[:-1])
    if data[-1] not in (whole, sum8(data[1:-1])):
        raise wrong_checksum(name, data, _SIZE - 1, whole)
    return Values(
        pulse_rate_per_min=data[4],
        spo2_percent=data[5],
        byte_3=data[3],
        bytes_6_to_8=data[6:9],
        sum_leaves_start_out=data[-1] != whole,
    )


def encode_values(values: Values) -> bytes:
    """A notification, 10 bytes. Raises EncodeError when a value does not fit."""
    name = "yuwell.values"
    if len(values.bytes_6_to_8) != 3:
        raise EncodeError(name, field="bytes_6_to_8", expected="3 bytes")
    with Fitting(name, field="value", expected="0 to 255"):
        head = bytes((_START, _SIZE, _KIND, values.byte_3, values.pulse_rate_per_min, values.spo2_percent))
    body = head + values.bytes_6_to_8
    return body + bytes((sum8(body[1:] if values.sum_leaves_start_out else body),))
