"""MbientLab MetaMotion: sensor fusion data and the commands that start it.

Source: `mbientlab/MetaWear-SDK-Cpp` test/test_sensor_fusion.py. Module 19, data identifier, 32-bit floats,
little-endian. Boards are no longer made. No bonding.
"""

import struct
from enum import IntEnum
from typing import Final

from protocols.ble.codec.errors import EncodeError, Fitting, check_length, unknown_code, wrong_header
from protocols.ble.codec.value import value
from protocols.units import STANDARD_GRAVITY_M_S2

NAME_PREFIXES: Final = ("MetaWear", "MetaMotion")
SERVICE: Final = "326a9000-85cb-9195-d9dd-464cfbbae75a"
COMMAND: Final = "326a9001-85cb-9195-d9dd-464cfbbae75a"
NOTIFY: Final = "326a9006-85cb-9195-d9dd-464cfbbae75a"


_FUSION = 0x19
_CALIBRATION = 0x8B
_VECTOR = struct.Struct("<3f")
_CORRECTED = struct.Struct("<3fB")
_FOUR = struct.Struct("<4f")
_LONGEST_COMMAND = 20

Vector = tuple[float, float, float]


class Source(IntEnum):
    """What the fusion can send; the data identifier is 4 more, the bit in the mask 1 << source."""

    CORRECTED_ACC = 0
    CORRECTED_GYR = 1
    CORRECTED_MAG = 2
    QUATERNION = 3
    EULER = 4
    GRAVITY = 5
    LINEAR_ACC = 6


class Accuracy(IntEnum):
    """How well the sensor is calibrated; other numbers are kept as plain numbers."""

    UNRELIABLE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Mode(IntEnum):
    """Which sensors are fused."""

    NDOF = 1
    IMU_PLUS = 2
    COMPASS = 3
    M4G = 4


@value
class CorrectedAcceleration:
    """Identifier 04."""

    acc_mg: Vector
    accuracy: int

    @property
    def acc_g(self) -> Vector:
        """In multiples of gravity."""
        x, y, z = self.acc_mg
        return x / 1000, y / 1000, z / 1000


@value
class CorrectedRate:
    """Identifier 05."""

    gyr_deg_s: Vector
    accuracy: int


@value
class CorrectedField:
    """Identifier 06."""

    mag_ut: Vector
    accuracy: int


@value
class Orientation:
    """Identifier 07."""

    quaternion_wxyz: tuple[float, float, float, float]


@value
class Euler:
    """Identifier 08."""

    heading_deg: float
    pitch_deg: float
    roll_deg: float
    yaw_deg: float


@value
class Gravity:
    """Identifier 09."""

    gravity_m_s2: Vector

    @property
    def gravity_g(self) -> Vector:
        """In multiples of gravity."""
        return _in_g(self.gravity_m_s2)


@value
class LinearAcceleration:
    """Identifier 0A: without gravity."""

    acc_m_s2: Vector

    @property
    def acc_g(self) -> Vector:
        """In multiples of gravity."""
        return _in_g(self.acc_m_s2)


@value
class Calibration:
    """Register 8B, read: how well each sensor is calibrated."""

    acc: int
    gyr: int
    mag: int


Fusion = (
    CorrectedAcceleration
    | CorrectedRate
    | CorrectedField
    | Orientation
    | Euler
    | Gravity
    | LinearAcceleration
    | Calibration
)


@value
class Command:
    """To the board: a register of a module."""

    module: int
    register: int
    content: bytes = b""


_SIZES: Final = {
    4 + Source.CORRECTED_ACC: _CORRECTED.size,
    4 + Source.CORRECTED_GYR: _CORRECTED.size,
    4 + Source.CORRECTED_MAG: _CORRECTED.size,
    4 + Source.QUATERNION: _FOUR.size,
    4 + Source.EULER: _FOUR.size,
    4 + Source.GRAVITY: _VECTOR.size,
    4 + Source.LINEAR_ACC: _VECTOR.size,
    _CALIBRATION: 3,
}
_ACC, _GYR, _MAG = 0x03, 0x13, 0x15
_MODULES: Final = {
    Mode.NDOF: (_ACC, _GYR, _MAG),
    Mode.IMU_PLUS: (_ACC, _GYR),
    Mode.COMPASS: (_ACC, _MAG),
    Mode.M4G: (_ACC, _MAG),
}


def start(mode: Mode, *sources: Source) -> tuple[Command, ...]:
    """What to write, in this order, to have `sources` sent."""
    modules = _MODULES[mode]
    mask = sum(1 << source for source in set(sources))
    return (
        *(Command(module=module, register=0x02, content=b"\x01\x00") for module in modules),
        *(Command(module=module, register=0x01, content=b"\x01") for module in modules),
        Command(module=_FUSION, register=0x03, content=bytes((mask, 0x00))),
        Command(module=_FUSION, register=0x01, content=b"\x01"),
    )


def stop(mode: Mode) -> tuple[Command, ...]:
    """What to write, in this order, to end it."""
    modules = _MODULES[mode]
    return (
        Command(module=_FUSION, register=0x01, content=b"\x00"),
        Command(module=_FUSION, register=0x03, content=b"\x00\x7f"),
        *(Command(module=module, register=0x01, content=b"\x00") for module in modules),
        *(Command(module=module, register=0x02, content=b"\x00\x01") for module in modules),
    )


def decode_fusion(data: bytes) -> Fusion:
    """A notification, 5 to 18 bytes. Raises DecodeError for other modules, identifiers and lengths."""
    name = "metamotion.fusion"
    check_length(name, data, 2, 2 + _FOUR.size)
    if data[0] != _FUSION:
        raise wrong_header(name, data, 0, "19")
    identifier = data[1]
    if identifier not in _SIZES:
        raise unknown_code(name, data, 1, "identifier", "04 to 0a or 8b")
    check_length(name, data, 2 + _SIZES[identifier])
    if identifier == _CALIBRATION:
        return Calibration(acc=_accuracy(data[2]), gyr=_accuracy(data[3]), mag=_accuracy(data[4]))
    return _value(Source(identifier - 4), data)


def encode_fusion(value: Fusion) -> bytes:
    """A notification. Raises EncodeError when a value does not fit."""
    with Fitting("metamotion.fusion", field="value", expected="three or four floats, a byte of accuracy"):
        source: int
        match value:
            case CorrectedAcceleration():
                source, content = Source.CORRECTED_ACC, _CORRECTED.pack(*value.acc_mg, value.accuracy)
            case CorrectedRate():
                source, content = Source.CORRECTED_GYR, _CORRECTED.pack(*value.gyr_deg_s, value.accuracy)
            case CorrectedField():
                source, content = Source.CORRECTED_MAG, _CORRECTED.pack(*value.mag_ut, value.accuracy)
            case Orientation():
                source, content = Source.QUATERNION, _FOUR.pack(*value.quaternion_wxyz)
            case Euler():
                angles = (value.heading_deg, value.pitch_deg, value.roll_deg, value.yaw_deg)
                source, content = Source.EULER, _FOUR.pack(*angles)
            case Gravity():
                source, content = Source.GRAVITY, _VECTOR.pack(*value.gravity_m_s2)
            case LinearAcceleration():
                source, content = Source.LINEAR_ACC, _VECTOR.pack(*value.acc_m_s2)
            case _:
                source, content = _CALIBRATION - 4, bytes((value.acc, value.gyr, value.mag))
        return bytes((_FUSION, 4 + source)) + content


def decode_command(data: bytes) -> Command:
    """A command, 2 to 20 bytes. Raises DecodeError on any other length."""
    check_length("metamotion.command", data, 2, _LONGEST_COMMAND)
    return Command(module=data[0], register=data[1], content=data[2:])


def encode_command(command: Command) -> bytes:
    """A command, 2 to 20 bytes. Raises EncodeError when it does not fit."""
    with Fitting("metamotion.command", field="module or register", expected="0 to 255"):
        data = bytes((command.module, command.register)) + command.content
    if len(data) > _LONGEST_COMMAND:
        raise EncodeError("metamotion.command", field="content", expected="at most 18 bytes")
    return data


def _value(source: Source, data: bytes) -> Fusion:
    if source in (Source.QUATERNION, Source.EULER):
        first, second, third, fourth = _FOUR.unpack_from(data, 2)
        if source is Source.QUATERNION:
            return Orientation(quaternion_wxyz=(first, second, third, fourth))
        return Euler(heading_deg=first, pitch_deg=second, roll_deg=third, yaw_deg=fourth)
    vector = _VECTOR.unpack_from(data, 2)
    if source is Source.GRAVITY:
        return Gravity(gravity_m_s2=vector)
    if source is Source.LINEAR_ACC:
        return LinearAcceleration(acc_m_s2=vector)
    return _corrected(source, vector, _accuracy(data[-1]))


def _corrected(source: Source, vector: Vector, accuracy: int) -> Fusion:
    if source is Source.CORRECTED_ACC:
        return CorrectedAcceleration(acc_mg=vector, accuracy=accuracy)
    if source is Source.CORRECTED_GYR:
        return CorrectedRate(gyr_deg_s=vector, accuracy=accuracy)
    return CorrectedField(mag_ut=vector, accuracy=accuracy)


def _accuracy(number: int) -> int:
    return Accuracy(number) if number <= Accuracy.HIGH else number


def _in_g(vector: Vector) -> Vector:
    x, y, z = vector
    return x / STANDARD_GRAVITY_M_S2, y / STANDARD_GRAVITY_M_S2, z / STANDARD_GRAVITY_M_S2
