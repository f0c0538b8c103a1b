"""WitMotion WT901BLECL, BWT901BLE5.0, WT9011DCL: motion at 0.2 to 200 Hz, registers on request.

Sources: WT901BLECL manual; `WITMOTION/WitBluetooth_BWT901BLE5_0`; `LiDline/witmotion_WT901BLECL_py`.
Mind the UUID base: it ends in 9a34fb, not in the Bluetooth base's 9b34fb. Frames are 20 bytes, little-endian,
without checksum and without time; notifications carry several or parts of them.

Restoring the factory settings (register 0x00, value 1) is not in the set of commands.
"""

import struct
from enum import IntEnum
from math import pi
from struct import Struct
from typing import Final, assert_never

from protocols.ble.codec.errors import Damage, DecodeError, EncodeError, check_length
from protocols.ble.codec.framing import NO_FRAME, UNDECIDED, Framer
from protocols.ble.codec.value import value
from protocols.units import STANDARD_GRAVITY_M_S2

NAME_PREFIX: Final = "WT"
SERVICE: Final = "0000ffe5-0000-1000-8000-00805f9a34fb"
NOTIFY: Final = "0000ffe4-0000-1000-8000-00805f9a34fb"
WRITE: Final = "0000ffe9-0000-1000-8000-00805f9a34fb"

FRAME_SIZE: Final = 20

_START = 0x55
_MOTION, _REGISTERS = 0x61, 0x71
_MOTION_LAYOUT = Struct("<BB9h")
_REGISTER_LAYOUT = Struct("<BBH8h")
# What one unit of a raw word is worth.
ACC_M_S2: Final = 16 * STANDARD_GRAVITY_M_S2 / 32768
GYR_RAD_S: Final = 2000 * pi / 180 / 32768
_ANGLE_DEG = 180 / 32768


class Register(IntEnum):
    """Registers worth reading; any other number can be read as well."""

    VERSION = 0x2E
    DATE = 0x30
    MAGNETIC_FIELD = 0x3A
    TEMPERATURE = 0x40
    QUATERNION = 0x51
    BATTERY = 0x64


class Rate(IntEnum):
    """Output rates; the name is in hertz."""

    HZ_0_2 = 0x01
    HZ_0_5 = 0x02
    HZ_1 = 0x03
    HZ_2 = 0x04
    HZ_5 = 0x05
    HZ_10 = 0x06
    HZ_20 = 0x07
    HZ_50 = 0x08
    HZ_100 = 0x09
    HZ_200 = 0x0A

    @property
    def hz(self) -> float:
        """The rate in hertz."""
        return float(self.name.removeprefix("HZ_").replace("_", "."))


class Calibration(IntEnum):
    """What the sensor is to calibrate; always end with NONE, then save."""

    NONE = 0x00
    ACCELEROMETER_AND_GYROSCOPE = 0x01
    MAGNETOMETER = 0x07


Triple = tuple[int, int, int]


@value(kw_only=False)
class MotionFrame:
    """55 61, as sent: acceleration (32768 = 16 g), rate of turn (2000 deg/s), angle (180 deg)."""

    acc_raw: Triple
    gyr_raw: Triple
    angle_raw: Triple

    @property
    def acc_m_s2(self) -> tuple[float, float, float]:
        """Specific force in the sensor frame, x y z."""
        x, y, z = self.acc_raw
        return x * ACC_M_S2, y * ACC_M_S2, z * ACC_M_S2

    @property
    def gyr_rad_s(self) -> tuple[float, float, float]:
        """Rate of turn in the sensor frame, x y z."""
        x, y, z = self.gyr_raw
        return x * GYR_RAD_S, y * GYR_RAD_S, z * GYR_RAD_S

    @property
    def euler_deg(self) -> tuple[float, float, float]:
        """Roll, pitch, yaw by the sensor's own filter; useless near a pitch of +-90 deg."""
        roll, pitch, yaw = self.angle_raw
        return roll * _ANGLE_DEG, pitch * _ANGLE_DEG, yaw * _ANGLE_DEG


@value
class RegisterFrame:
    """55 71: the answer to a read: eight registers from `register` on, as signed 16-bit words."""

    register: int
    values: tuple[int, ...]

    @property
    def battery_v(self) -> float | None:
        """Battery voltage, when this is register 0x64."""
        return self.values[0] / 100 if self.register == Register.BATTERY else None

    @property
    def temperature_celsius(self) -> float | None:
        """Chip temperature, when this is register 0x40."""
        return self.values[0] / 100 if self.register == Register.TEMPERATURE else None

    @property
    def quaternion_wxyz(self) -> tuple[float, float, float, float] | None:
        """Orientation by the sensor's own filter, when this is register 0x51."""
        if self.register != Register.QUATERNION:
            return None
        w, x, y, z = self.values[:4]
        return w / 32768, x / 32768, y / 32768, z / 32768

    @property
    def magnetic_field_raw(self) -> Triple | None:
        """Magnetic field x y z, when this is register 0x3A.

        In the sensor's own unit: the vendor's software divides by 120 for microtesla, its manual says raw.
        """
        return (
            (self.values[0], self.values[1], self.values[2])
            if self.register == Register.MAGNETIC_FIELD
            else None
        )


@value
class ReadRegister:
    """Ask for the eight registers from `register` on."""

    register: int


@value
class Unlock:
    """Allow settings for some seconds."""


@value
class Save:
    """Keep the settings over power-off."""


@value
class SetRate:
    """Choose the output rate."""

    rate: Rate


@value
class Calibrate:
    """Begin a calibration, or end it (NONE)."""

    calibration: Calibration


Command = ReadRegister | Unlock | Save | SetRate | Calibrate

_UNLOCK = bytes.fromhex("ffaa6988b5")
_SAVE = bytes.fromhex("ffaa000000")
_COMMAND_START = bytes.fromhex("ffaa")
_CALIBRATE, _SET_RATE, _READ = 0x01, 0x03, 0x27


def decode_frame(data: bytes) -> MotionFrame | RegisterFrame:
    """One frame, 20 bytes.

    Raises:
        DecodeError: on any other length or beginning.
    """
    check_length("witmotion.frame", data, FRAME_SIZE)
    if data[0] != _START:
        raise DecodeError("witmotion.frame", data, Damage.HEADER, offset=0, field="header", expected="55")
    if data[1] == _MOTION:
        values = _MOTION_LAYOUT.unpack(data)
        return MotionFrame(values[2:5], values[5:8], values[8:11])
    if data[1] == _REGISTERS:
        _, _, register, *registers = _REGISTER_LAYOUT.unpack(data)
        return RegisterFrame(register=register, values=tuple(registers))
    raise DecodeError(
        "witmotion.frame",
        data,
        Damage.UNKNOWN_CODE,
        offset=1,
        field="kind",
        expected="61 (motion) or 71 (registers)",
    )


def is_whole_motion(data: bytes) -> bool:
    """Whether `data` are motion frames one behind the other and nothing else, as nearly every notification.

    They can then be read as one table of little-endian words: acceleration x y z from byte 2 of each frame,
    rate of turn from byte 8.
    """
    count, rest = divmod(len(data), FRAME_SIZE)
    if rest or not count:
        return False
    return data[::FRAME_SIZE] == b"\x55" * count and data[1::FRAME_SIZE] == b"\x61" * count


def encode_frame(frame: MotionFrame | RegisterFrame) -> bytes:
    """One frame, 20 bytes.

    Raises:
        EncodeError: when a value has more than 16 bits, or there are not eight registers.
    """
    try:
        if isinstance(frame, MotionFrame):
            return _MOTION_LAYOUT.pack(_START, _MOTION, *frame.acc_raw, *frame.gyr_raw, *frame.angle_raw)
        return _REGISTER_LAYOUT.pack(_START, _REGISTERS, frame.register, *frame.values)
    except struct.error as error:
        raise EncodeError(
            "witmotion.frame", field="values", expected="9 (motion) or 8 (registers) signed 16-bit words"
        ) from error


def decode_command(data: bytes) -> Command:
    """One command, 5 bytes.

    Raises:
        DecodeError: on any other length or beginning, and for a command that is not one of ours.
    """
    check_length("witmotion.command", data, 5)
    if data[:2] != _COMMAND_START:
        raise DecodeError(
            "witmotion.command", data, Damage.HEADER, offset=0, field="header", expected="ff aa"
        )
    if data == _UNLOCK:
        return Unlock()
    if data == _SAVE:
        return Save()
    value = data[3] | data[4] << 8
    try:
        if data[2] == _READ and value <= 0xFF:
            return ReadRegister(register=value)
        if data[2] == _SET_RATE:
            return SetRate(rate=Rate(value))
        if data[2] == _CALIBRATE:
            return Calibrate(calibration=Calibration(value))
    except ValueError:
        raise DecodeError(
            "witmotion.command",
            data,
            Damage.UNKNOWN_CODE,
            offset=3,
            field="value",
            expected="a known setting",
        ) from None
    raise DecodeError(
        "witmotion.command",
        data,
        Damage.UNKNOWN_CODE,
        offset=2,
        field="register",
        expected="read (27), rate (03), calibration (01), unlock (69 88 b5) or save (00 00 00)",
    )


def encode_command(command: Command) -> bytes:
    """One command, 5 bytes.

    Raises:
        EncodeError: when a register has more than 8 bits.
    """
    match command:
        case Unlock():
            return _UNLOCK
        case Save():
            return _SAVE
        case SetRate(rate=rate):
            return _COMMAND_START + bytes((_SET_RATE, rate, 0))
        case Calibrate(calibration=calibration):
            return _COMMAND_START + bytes((_CALIBRATE, calibration, 0))
        case ReadRegister(register=register):
            if not 0 <= register <= 0xFF:
                raise EncodeError("witmotion.command", field="register", expected=f"0 to 255, not {register}")
            return _COMMAND_START + bytes((_READ, register, 0))
        case _:
            assert_never(command)


class WitMotionFramer(Framer[MotionFrame | RegisterFrame]):
    """Frames out of the notifications of one sensor."""

    format_name = "witmotion.frame"
    longest = FRAME_SIZE
    header = "55 61 or 55 71"

    def _size(self, buffer: bytearray, at: int) -> int:
        if buffer[at] != _START:
            return NO_FRAME
        if len(buffer) < at + 2:
            return UNDECIDED
        return FRAME_SIZE if buffer[at + 1] in (_MOTION, _REGISTERS) else NO_FRAME

    def _decode(self, frame: bytes) -> MotionFrame | RegisterFrame:
        return decode_frame(frame)
