"""ACME OX-1: one frame a second. Source: the maker's protocol sheet, revision 3."""

from typing import Final

from protocols.ble.codec.errors import Damage, DecodeError, Fitting, check_length
from protocols.ble.codec.value import value

NAME_PREFIX: Final = "ACME OX-1"
SERVICE: Final = "7a1e0001-5c1d-4f6e-9d50-0a3c5a1e0c01"
NOTIFY: Final = "7a1e0002-5c1d-4f6e-9d50-0a3c5a1e0c01"

_NAME = "acme_oximeter.frame"


@value
class Values:
    """A frame; 0 stands for no value."""

    spo2_percent: int
    pulse_rate_per_min: int


def decode_frame(data: bytes) -> Values:
    """A notification, 4 bytes. Raises DecodeError for another length or a wrong checksum."""
    check_length(_NAME, data, 4)
    if sum(data[:3]) % 256 != data[3]:
        expected = f"{sum(data[:3]) % 256:02x}"
        raise DecodeError(_NAME, data, Damage.CHECKSUM, offset=3, field="checksum", expected=expected)
    return Values(spo2_percent=data[1], pulse_rate_per_min=data[2])


def encode_frame(values: Values) -> bytes:
    """A notification. Raises EncodeError when a value does not fit."""
    with Fitting(_NAME, field="value", expected="0 to 255"):
        body = bytes((0xA5, values.spo2_percent, values.pulse_rate_per_min))
    return body + bytes((sum(body) % 256,))
