"""ST BlueST (STEVAL boards): advertisement and motion features.

Sources: `STMicroelectronics/BlueSTSDK_Python`; the page of `STMicroelectronics/BlueSTSDK_Android`. The UUID
of a characteristic begins with a mask of the features that it carries, `<mask>-0001-11e1-ac36-0002a5d5c51b`;
its value is a 16-bit timestamp and the features from the highest bit of the mask down. Little-endian, but
for the advertisement, whose mask is big-endian. The timestamp is the board's milliseconds shifted right by 3
(`HAL_GetTick()>>3` in ST's function packs), which goes over its end after 8.7 min.
"""

from math import sqrt
from struct import Struct
from typing import Final

from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    impossible_value,
    unknown_code,
)
from protocols.ble.codec.value import value

SERVICE: Final = "00000000-0001-11e1-9ab4-0002a5d5c51b"

# The timestamp's unit, 8 ms.
TICKS_PER_S: Final = 125
TICK_BITS: Final = 16
# WESU1, SensorTile, BlueCoin, SensorTile.box, and the Nucleo boards (0x80 and up).
KNOWN_BOARDS: Final = frozenset({0x01, 0x02, 0x03, 0x06, *range(0x80, 0x90)})

ACCELEROMETER: Final = 0x0080_0000
GYROSCOPE: Final = 0x0040_0000
MAGNETOMETER: Final = 0x0020_0000
FUSION_COMPACT: Final = 0x0000_0100


def characteristic(mask: int) -> str:
    """The UUID of the characteristic that carries these features."""
    return f"{mask:08x}-0001-11e1-ac36-0002a5d5c51b"


MOTION: Final = characteristic(ACCELEROMETER | GYROSCOPE | MAGNETOMETER)
ACC_GYR: Final = characteristic(ACCELEROMETER | GYROSCOPE)
ACC: Final = characteristic(ACCELEROMETER)
GYR: Final = characteristic(GYROSCOPE)
MAG: Final = characteristic(MAGNETOMETER)
QUATERNION: Final = characteristic(FUSION_COMPACT)

_MOTION = Struct("<H9h")
_ONE = Struct("<H3h")
_TWO = Struct("<H6h")
_PROTOCOL_VERSION = 1
_ADDRESS_SIZE = 6
_ADVERTISEMENT = Struct(">BBI")
_TIMESTAMP = Struct("<H")
_QUATERNION = Struct("<3h")
_MOST_QUATERNIONS = 3
_SCALE = 10_000

Triple = tuple[int, int, int]


@value
class Advertisement:
    """What follows the type byte of the manufacturer data: there is no company identifier.

    `device` 1 is a STEVAL-WESU1, 2 a SensorTile, 3 a BlueCoin; from 0x80 on a Nucleo board. `features` is the
    mask of what the board can send.
    """

    device: int
    features: int
    address: bytes | None = None


@value
class Vector:
    """One sensor alone: x y z in mg, 0.1 deg/s or mG, by its characteristic."""

    timestamp: int
    xyz: Triple


@value
class AccGyr:
    """Acceleration in mg, rate of turn in 0.1 deg/s."""

    timestamp: int
    acc_mg: Triple
    gyr_0_1_deg_s: Triple


@value
class Motion:
    """Acceleration in mg, rate of turn in 0.1 deg/s, magnetic field in mG."""

    timestamp: int
    acc_mg: Triple
    gyr_0_1_deg_s: Triple
    mag_mg: Triple


@value
class Quaternions:
    """One to three samples of x y z, 10000 is 1; w is what makes the length 1."""

    timestamp: int
    xyz_raw: tuple[Triple, ...]

    @property
    def quaternions_wxyz(self) -> tuple[tuple[float, float, float, float], ...]:
        """As numbers from -1 to 1."""
        found = []
        for raw in self.xyz_raw:
            x, y, z = (component / _SCALE for component in raw)
            found.append((sqrt(max(0.0, 1 - x * x - y * y - z * z)), x, y, z))
        return tuple(found)


def decode_advertisement(data: bytes) -> Advertisement:
    """Manufacturer data with what elsewhere is the company, 6 or 12 bytes.

    Raises:
        DecodeError: on any other length, and for another version of the protocol.
    """
    name = "bluest.advertisement"
    check_length(name, data, _ADVERTISEMENT.size, _ADVERTISEMENT.size + _ADDRESS_SIZE)
    version, device, features = _ADVERTISEMENT.unpack_from(data)
    if version != _PROTOCOL_VERSION:
        raise unknown_code(name, data, 0, "protocol version", "01")
    address = data[_ADVERTISEMENT.size :]
    if len(address) not in (0, _ADDRESS_SIZE):
        raise impossible_value(name, data, _ADVERTISEMENT.size, "address", "6 bytes, or none")
    return Advertisement(device=device, features=features, address=address or None)


def encode_advertisement(value: Advertisement) -> bytes:
    """Manufacturer data, 6 or 12 bytes. Raises EncodeError when a value does not fit."""
    if value.address is not None and len(value.address) != _ADDRESS_SIZE:
        raise EncodeError("bluest.advertisement", field="address", expected="6 bytes, or none")
    with Fitting("bluest.advertisement", field="device or features", expected="8 and 32 bits"):
        return _ADVERTISEMENT.pack(_PROTOCOL_VERSION, value.device, value.features) + (value.address or b"")


def decode_vector(data: bytes) -> Vector:
    """Acceleration, rate of turn or magnetic field alone, 8 bytes. Raises DecodeError on any other length."""
    check_length("bluest.vector", data, _ONE.size)
    timestamp, x, y, z = _ONE.unpack(data)
    return Vector(timestamp=timestamp, xyz=(x, y, z))


def encode_vector(value: Vector) -> bytes:
    """One sensor alone, 8 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("bluest.vector", field="value", expected="a 16-bit word and three signed ones"):
        return _ONE.pack(value.timestamp, *value.xyz)


def decode_acc_gyr(data: bytes) -> AccGyr:
    """Acceleration and rate of turn, 14 bytes. Raises DecodeError on any other length."""
    check_length("bluest.acc_gyr", data, _TWO.size)
    timestamp, *values = _TWO.unpack(data)
    return AccGyr(
        timestamp=timestamp,
        acc_mg=(values[0], values[1], values[2]),
        gyr_0_1_deg_s=(values[3], values[4], values[5]),
    )


def encode_acc_gyr(value: AccGyr) -> bytes:
    """Acceleration and rate of turn, 14 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("bluest.acc_gyr", field="value", expected="a 16-bit word and six signed ones"):
        return _TWO.pack(value.timestamp, *value.acc_mg, *value.gyr_0_1_deg_s)


def decode_motion(data: bytes) -> Motion:
    """Acceleration, gyroscope and magnetometer, 20 bytes. Raises DecodeError on any other length."""
    check_length("bluest.motion", data, _MOTION.size)
    timestamp, *values = _MOTION.unpack(data)
    return Motion(
        timestamp=timestamp,
        acc_mg=(values[0], values[1], values[2]),
        gyr_0_1_deg_s=(values[3], values[4], values[5]),
        mag_mg=(values[6], values[7], values[8]),
    )


def encode_motion(value: Motion) -> bytes:
    """Acceleration, gyroscope and magnetometer, 20 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("bluest.motion", field="value", expected="a 16-bit word and nine signed ones"):
        return _MOTION.pack(value.timestamp, *value.acc_mg, *value.gyr_0_1_deg_s, *value.mag_mg)


def decode_quaternion(data: bytes) -> Quaternions:
    """Compact fusion, 8, 14 or 20 bytes. Raises DecodeError on any other length."""
    name = "bluest.quaternion"
    check_length(name, data, 8, _TIMESTAMP.size + _MOST_QUATERNIONS * _QUATERNION.size)
    if (len(data) - _TIMESTAMP.size) % _QUATERNION.size:
        raise impossible_value(name, data, len(data), "quaternions", "6 bytes for each")
    (timestamp,) = _TIMESTAMP.unpack_from(data)
    return Quaternions(timestamp=timestamp, xyz_raw=tuple(_QUATERNION.iter_unpack(data[_TIMESTAMP.size :])))


def encode_quaternion(value: Quaternions) -> bytes:
    """Compact fusion, 8, 14 or 20 bytes. Raises EncodeError for other numbers of samples."""
    with Fitting("bluest.quaternion", field="value", expected="one to three samples of 16-bit words"):
        if not 1 <= len(value.xyz_raw) <= _MOST_QUATERNIONS:
            raise ValueError(len(value.xyz_raw))
        return _TIMESTAMP.pack(value.timestamp) + b"".join(_QUATERNION.pack(*raw) for raw in value.xyz_raw)
