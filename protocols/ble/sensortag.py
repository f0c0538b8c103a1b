"""TI SensorTag CC2650 movement service.

Source: TI's SensorTag user guide. Little-endian. Write the configuration to begin: `7f02` is everything at
8 g.
"""

from enum import IntEnum, IntFlag
from struct import Struct
from typing import Final

from protocols.ble.codec.errors import EncodeError, Fitting, check_length
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("CC2650 SensorTag", "SensorTag")
SERVICE: Final = "f000aa80-0451-4000-b000-000000000000"
DATA: Final = "f000aa81-0451-4000-b000-000000000000"
CONFIGURATION: Final = "f000aa82-0451-4000-b000-000000000000"
PERIOD: Final = "f000aa83-0451-4000-b000-000000000000"

_MOVEMENT = Struct("<9h")
_WORD = Struct("<H")

Triple = tuple[int, int, int]


class Axes(IntFlag):
    """Bits 0 to 7 and 10 to 15 of the configuration."""

    GYR_Z = 0x0001
    GYR_Y = 0x0002
    GYR_X = 0x0004
    ACC_Z = 0x0008
    ACC_Y = 0x0010
    ACC_X = 0x0020
    MAG = 0x0040
    WAKE_ON_MOTION = 0x0080


class AccRange(IntEnum):
    """Bits 8 and 9 of the configuration."""

    G_2 = 0
    G_4 = 1
    G_8 = 2
    G_16 = 3

    @property
    def g(self) -> int:
        """Full scale in multiples of gravity."""
        return 2 << self.value


@value
class Configuration:
    """AA82."""

    axes: Axes
    acc_range: AccRange


@value
class Movement:
    """AA81, as sent; the scale of the acceleration depends on the configured range."""

    gyr_raw: Triple
    acc_raw: Triple
    mag_raw: Triple

    @property
    def gyr_deg_s(self) -> tuple[float, float, float]:
        """Rate of turn."""
        x, y, z = self.gyr_raw
        return x * 500 / 65536, y * 500 / 65536, z * 500 / 65536

    def acc_g(self, acc_range: AccRange) -> tuple[float, float, float]:
        """Specific force in multiples of gravity."""
        scale = 32768 / acc_range.g
        x, y, z = self.acc_raw
        return x / scale, y / scale, z / scale


def decode_movement(data: bytes) -> Movement:
    """AA81, 18 bytes. Raises DecodeError on any other length."""
    check_length("sensortag.movement", data, _MOVEMENT.size)
    values = _MOVEMENT.unpack(data)
    return Movement(gyr_raw=values[:3], acc_raw=values[3:6], mag_raw=values[6:])


def encode_movement(value: Movement) -> bytes:
    """AA81, 18 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("sensortag.movement", field="value", expected="nine signed 16-bit numbers"):
        return _MOVEMENT.pack(*value.gyr_raw, *value.acc_raw, *value.mag_raw)


def decode_configuration(data: bytes) -> Configuration:
    """AA82, 2 bytes. Raises DecodeError on any other length."""
    check_length("sensortag.configuration", data, _WORD.size)
    (word,) = _WORD.unpack(data)
    return Configuration(axes=Axes(word & ~0x0300), acc_range=AccRange(word >> 8 & 3))


def encode_configuration(value: Configuration) -> bytes:
    """AA82, 2 bytes. Raises EncodeError when the axes do not fit."""
    if value.axes & 0x0300:
        raise EncodeError("sensortag.configuration", field="axes", expected="bits 8 and 9 clear")
    with Fitting("sensortag.configuration", field="axes", expected="16 bits"):
        return _WORD.pack(value.axes | value.acc_range << 8)


def decode_period(data: bytes) -> int:
    """AA83, 1 byte: milliseconds between samples, in steps of 10. Raises DecodeError on any other length."""
    check_length("sensortag.period", data, 1)
    return data[0] * 10


def encode_period(period_ms: int) -> bytes:
    """AA83, 1 byte. Raises EncodeError unless it is a multiple of 10 up to 2550."""
    if period_ms % 10 or not 0 <= period_ms <= 2550:
        raise EncodeError("sensortag.period", field="period_ms", expected="a multiple of 10 up to 2550")
    return bytes((period_ms // 10,))
