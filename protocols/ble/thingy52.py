"""Nordic Thingy:52 motion service.

Sources: `NordicSemiconductor/Nordic-Thingy52-FW` source/modules/m_motion.c and its Thingy motion service;
`NordicPlayground/Nordic-Thingy52-Thingyjs`. Little-endian.

The two disagree about the raw values: the firmware shifts 16Q16 numbers right by 6, 11 and 12 bits, which
leaves 2**10 per g, 2**5 per deg/s and 2**4 per uT; Thingyjs divides by 2**6, 2**11 and 2**12. The
firmware's reading is used here: a capture of one lying still (`IanHarvey/bluepy` issue 377) shows -1 g with
it. Prefer the quaternion.
"""

from enum import IntEnum
from struct import Struct
from typing import Final

from protocols.ble.codec.errors import Fitting, check_length, unknown_code
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("Thingy",)


def _uuid(number: int) -> str:
    return f"ef68{number:04x}-9b35-4933-9b10-52ffa9740042"


SERVICE: Final = _uuid(0x0400)
CONFIGURATION: Final = _uuid(0x0401)
TAP: Final = _uuid(0x0402)
ORIENTATION: Final = _uuid(0x0403)
QUATERNION: Final = _uuid(0x0404)
PEDOMETER: Final = _uuid(0x0405)
RAW: Final = _uuid(0x0406)
EULER: Final = _uuid(0x0407)
ROTATION_MATRIX: Final = _uuid(0x0408)
HEADING: Final = _uuid(0x0409)
GRAVITY: Final = _uuid(0x040A)

_CONFIGURATION = Struct("<HHHHB")
_QUATERNION = Struct("<4i")
_PEDOMETER = Struct("<II")
_RAW = Struct("<9h")
_EULER = Struct("<3i")
_MATRIX = Struct("<9h")
_HEADING = Struct("<i")
_GRAVITY = Struct("<3f")

Triple = tuple[int, int, int]


@value
class Configuration:
    """0401. `motion_rate_hz` 5 to 200."""

    pedometer_interval_ms: int
    temperature_interval_ms: int
    magnetometer_interval_ms: int
    motion_rate_hz: int
    wake_on_motion: int


@value
class Tap:
    """0402: direction 1 to 6 (x up, x down, y up, ...)."""

    direction: int
    count: int


class Orientation(IntEnum):
    """0403."""

    PORTRAIT = 0
    LANDSCAPE = 1
    REVERSE_PORTRAIT = 2
    REVERSE_LANDSCAPE = 3


@value
class Quaternion:
    """0404: w x y z, 2**30 is 1."""

    wxyz_raw: tuple[int, int, int, int]

    @property
    def quaternion_wxyz(self) -> tuple[float, float, float, float]:
        """As numbers from -1 to 1."""
        w, x, y, z = self.wxyz_raw
        return w / 2**30, x / 2**30, y / 2**30, z / 2**30


@value
class Pedometer:
    """0405."""

    steps: int
    time_ms: int


@value
class RawMotion:
    """0406: see the module about the scale."""

    acc_raw: Triple
    gyr_raw: Triple
    mag_raw: Triple

    @property
    def acc_g(self) -> tuple[float, float, float]:
        """Specific force in multiples of gravity."""
        return _scaled(self.acc_raw, 2**10)

    @property
    def gyr_deg_s(self) -> tuple[float, float, float]:
        """Rate of turn."""
        return _scaled(self.gyr_raw, 2**5)

    @property
    def mag_ut(self) -> tuple[float, float, float]:
        """Magnetic field."""
        return _scaled(self.mag_raw, 2**4)


@value
class Euler:
    """0407: roll, pitch, yaw; 65536 is 1 degree."""

    angles_raw: Triple

    @property
    def euler_deg(self) -> tuple[float, float, float]:
        """Roll, pitch, yaw."""
        return _scaled(self.angles_raw, 65536)


@value
class RotationMatrix:
    """0408: by rows, as sent."""

    elements_raw: tuple[int, ...]


@value
class Heading:
    """0409: 65536 is 1 degree."""

    heading_raw: int

    @property
    def heading_deg(self) -> float:
        """Degrees."""
        return self.heading_raw / 65536


@value
class Gravity:
    """040A: m/s^2."""

    gravity_m_s2: tuple[float, float, float]


def decode_configuration(data: bytes) -> Configuration:
    """0401, 9 bytes. Raises DecodeError on any other length."""
    check_length("thingy52.configuration", data, _CONFIGURATION.size)
    pedometer, temperature, magnetometer, rate, wake = _CONFIGURATION.unpack(data)
    return Configuration(
        pedometer_interval_ms=pedometer,
        temperature_interval_ms=temperature,
        magnetometer_interval_ms=magnetometer,
        motion_rate_hz=rate,
        wake_on_motion=wake,
    )


def encode_configuration(value: Configuration) -> bytes:
    """0401, 9 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("thingy52.configuration", field="value", expected="16-bit words and a byte"):
        return _CONFIGURATION.pack(
            value.pedometer_interval_ms,
            value.temperature_interval_ms,
            value.magnetometer_interval_ms,
            value.motion_rate_hz,
            value.wake_on_motion,
        )


def decode_tap(data: bytes) -> Tap:
    """0402, 2 bytes. Raises DecodeError on any other length."""
    check_length("thingy52.tap", data, 2)
    return Tap(direction=data[0], count=data[1])


def encode_tap(value: Tap) -> bytes:
    """0402, 2 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("thingy52.tap", field="value", expected="0 to 255"):
        return bytes((value.direction, value.count))


def decode_orientation(data: bytes) -> Orientation:
    """0403, 1 byte. Raises DecodeError for other values."""
    check_length("thingy52.orientation", data, 1)
    try:
        return Orientation(data[0])
    except ValueError:
        raise unknown_code("thingy52.orientation", data, 0, "orientation", "0 to 3") from None


def encode_orientation(value: Orientation) -> bytes:
    """0403, 1 byte."""
    return bytes((value,))


def decode_quaternion(data: bytes) -> Quaternion:
    """0404, 16 bytes. Raises DecodeError on any other length."""
    check_length("thingy52.quaternion", data, _QUATERNION.size)
    return Quaternion(wxyz_raw=_QUATERNION.unpack(data))


def encode_quaternion(value: Quaternion) -> bytes:
    """0404, 16 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("thingy52.quaternion", field="wxyz_raw", expected="four signed 32-bit numbers"):
        return _QUATERNION.pack(*value.wxyz_raw)


def decode_pedometer(data: bytes) -> Pedometer:
    """0405, 8 bytes. Raises DecodeError on any other length."""
    check_length("thingy52.pedometer", data, _PEDOMETER.size)
    steps, time_ms = _PEDOMETER.unpack(data)
    return Pedometer(steps=steps, time_ms=time_ms)


def encode_pedometer(value: Pedometer) -> bytes:
    """0405, 8 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("thingy52.pedometer", field="value", expected="32 bits"):
        return _PEDOMETER.pack(value.steps, value.time_ms)


def decode_raw(data: bytes) -> RawMotion:
    """0406, 18 bytes. Raises DecodeError on any other length."""
    check_length("thingy52.raw", data, _RAW.size)
    values = _RAW.unpack(data)
    return RawMotion(acc_raw=values[:3], gyr_raw=values[3:6], mag_raw=values[6:])


def encode_raw(value: RawMotion) -> bytes:
    """0406, 18 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("thingy52.raw", field="value", expected="nine signed 16-bit numbers"):
        return _RAW.pack(*value.acc_raw, *value.gyr_raw, *value.mag_raw)


def decode_euler(data: bytes) -> Euler:
    """0407, 12 bytes. Raises DecodeError on any other length."""
    check_length("thingy52.euler", data, _EULER.size)
    return Euler(angles_raw=_EULER.unpack(data))


def encode_euler(value: Euler) -> bytes:
    """0407, 12 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("thingy52.euler", field="angles_raw", expected="three signed 32-bit numbers"):
        return _EULER.pack(*value.angles_raw)


def decode_rotation_matrix(data: bytes) -> RotationMatrix:
    """0408, 18 bytes. Raises DecodeError on any other length."""
    check_length("thingy52.rotation_matrix", data, _MATRIX.size)
    return RotationMatrix(elements_raw=_MATRIX.unpack(data))


def encode_rotation_matrix(value: RotationMatrix) -> bytes:
    """0408, 18 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("thingy52.rotation_matrix", field="elements_raw", expected="nine signed 16-bit numbers"):
        return _MATRIX.pack(*value.elements_raw)


def decode_heading(data: bytes) -> Heading:
    """0409, 4 bytes. Raises DecodeError on any other length."""
    check_length("thingy52.heading", data, _HEADING.size)
    return Heading(heading_raw=_HEADING.unpack(data)[0])


def encode_heading(value: Heading) -> bytes:
    """0409, 4 bytes. Raises EncodeError when the value does not fit."""
    with Fitting("thingy52.heading", field="heading_raw", expected="a signed 32-bit number"):
        return _HEADING.pack(value.heading_raw)


def decode_gravity(data: bytes) -> Gravity:
    """040A, 12 bytes. Raises DecodeError on any other length."""
    check_length("thingy52.gravity", data, _GRAVITY.size)
    return Gravity(gravity_m_s2=_GRAVITY.unpack(data))


def encode_gravity(value: Gravity) -> bytes:
    """040A, 12 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("thingy52.gravity", field="gravity_m_s2", expected="three 32-bit floats"):
        return _GRAVITY.pack(*value.gravity_m_s2)


def _scaled(triple: Triple, scale: int) -> tuple[float, float, float]:
    x, y, z = triple
    return x / scale, y / scale, z / scale
