"""Blood Pressure Service 0x1810: measurement (2A35), intermediate cuff pressure (2A36), feature (2A49).

Blood Pressure Service 1.1.1, sections 3.1 to 3.3; layouts in the GATT Specification Supplement.
Little-endian.
Flag bit 0 set means kPa. There is no error field: a failed measurement is NaN in all its numbers, and the
status may well be 0 (boso medicus).

The Beurer BM85 and its relatives announce 0x56 and send 19 bytes: the user ID is there although bit 3 is
clear, and pulse rate and status are big-endian. No frame of the standard has that length with those flags.
"""

import struct
from dataclasses import field
from enum import IntEnum, IntFlag
from struct import Struct
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import EncodeError, check_length
from protocols.ble.codec.flag_table import FlagTable
from protocols.ble.codec.flagged_layout import FlaggedLayout, Option
from protocols.ble.codec.reserved_flags import RESERVED_FLAGS, reserved
from protocols.ble.codec.value import value
from protocols.ble.date_time import DateTime, encode_date_time
from protocols.ble.ieee11073 import NAN, SFLOATS, sfloat_word

SERVICE: Final = assigned_numbers.BLOOD_PRESSURE_SERVICE
MEASUREMENT: Final = assigned_numbers.BLOOD_PRESSURE_MEASUREMENT
INTERMEDIATE_CUFF_PRESSURE: Final = assigned_numbers.INTERMEDIATE_CUFF_PRESSURE
FEATURE: Final = assigned_numbers.BLOOD_PRESSURE_FEATURE

MMHG_PER_KPA: Final = 7.50062
UNKNOWN_USER: Final = 0xFF

_HEAD = Struct("<BHHH")
_U8 = Struct("<B")
_U16 = Struct("<H")
_DATE_TIME = Struct("<H5B")
_BEURER_FLAGS = 0x56
_BEURER_SIZE = 19
_BEURER_HEAD = Struct("<BHHHH5B")
_BEURER_TAIL = Struct(">HBH")


class PressureUnit(IntEnum):
    """The value of flag bit 0."""

    MMHG = 0
    KPA = 1


class Dialect(IntEnum):
    """How the frame was put together, where that differs from the standard."""

    STANDARD = 0
    BEURER_BM85 = 1


class PulseRateRange(IntEnum):
    """Bits 3 and 4 of the status, one number."""

    WITHIN = 0
    ABOVE = 1
    BELOW = 2
    RESERVED = 3


class BloodPressureStatus(IntFlag):
    """Measurement Status, u16. Bits 3 and 4 are one number: read `pulse_rate_range`, do not test them singly.

    Unknown bits are kept: 0x40 and 0x80 are the vendor's (resting indicator) on Beurer BM54.
    """

    BODY_MOVEMENT = 0x0001
    CUFF_TOO_LOOSE = 0x0002
    IRREGULAR_PULSE = 0x0004
    PULSE_RATE_ABOVE_RANGE = 0x0008
    PULSE_RATE_BELOW_RANGE = 0x0010
    IMPROPER_POSITION = 0x0020

    @property
    def pulse_rate_range(self) -> PulseRateRange:
        """Whether the pulse rate was within the device's own range."""
        return PulseRateRange(self.value >> 3 & 3)


class BloodPressureFeature(IntFlag):
    """2A49, u16: what the cuff detects; bits 6 to 8 since version 1.1."""

    BODY_MOVEMENT = 0x0001
    CUFF_FIT = 0x0002
    IRREGULAR_PULSE = 0x0004
    PULSE_RATE_RANGE = 0x0008
    MEASUREMENT_POSITION = 0x0010
    MULTIPLE_BONDS = 0x0020
    E2E_CRC = 0x0040
    USER_DATA_SERVICE = 0x0080
    USER_FACING_TIME = 0x0100


_STATUS: Final = FlagTable(BloodPressureStatus)
_UNITS: Final = (PressureUnit.MMHG, PressureUnit.KPA)


def _mmhg(pressure: float, unit: PressureUnit) -> float:
    return pressure if unit is PressureUnit.MMHG else pressure * MMHG_PER_KPA


@value(kw_only=False)
class BloodPressureMeasurement:
    """2A35: pressures in `unit`, SFLOAT; `pulse_rate_per_min` SFLOAT; `user_id` 255 is "unknown".

    `reserved_flags` are bits 5 to 7 as sent; they do not count in comparisons.
    """

    systolic: float
    diastolic: float
    mean_arterial_pressure: float
    unit: PressureUnit = PressureUnit.MMHG
    timestamp: DateTime | None = None
    pulse_rate_per_min: float | None = None
    user_id: int | None = None
    status: BloodPressureStatus | None = None
    dialect: Dialect = Dialect.STANDARD
    reserved_flags: int = field(default=0, compare=False)

    @property
    def systolic_mmhg(self) -> float:
        """Systolic pressure, converted when the cuff speaks kPa."""
        return _mmhg(self.systolic, self.unit)

    @property
    def diastolic_mmhg(self) -> float:
        """Diastolic pressure, converted when the cuff speaks kPa."""
        return _mmhg(self.diastolic, self.unit)

    @property
    def mean_arterial_pressure_mmhg(self) -> float:
        """Mean arterial pressure, converted when the cuff speaks kPa."""
        return _mmhg(self.mean_arterial_pressure, self.unit)


@value(kw_only=False)
class IntermediateCuffPressure:
    """2A36: the cuff's pressure now, in `unit`.

    The two slots after it are unused: NaN by the specification, 0 in many devices. They are kept as sent and
    do not count in comparisons, and so are `reserved_flags`.
    """

    cuff_pressure: float
    unit: PressureUnit = PressureUnit.MMHG
    timestamp: DateTime | None = None
    pulse_rate_per_min: float | None = None
    user_id: int | None = None
    status: BloodPressureStatus | None = None
    unused: tuple[float, float] = field(default=(NAN, NAN), compare=False)
    reserved_flags: int = field(default=0, compare=False)

    @property
    def cuff_pressure_mmhg(self) -> float:
        """Cuff pressure, converted when the cuff speaks kPa."""
        return _mmhg(self.cuff_pressure, self.unit)


_KPA, _TIME, _PULSE, _USER, _HAS_STATUS = 0x01, 0x02, 0x04, 0x08, 0x10
_HEAD_FIELDS = "flags and three pressures"
_OPTIONS: Final = (
    Option(bit=_TIME, name="timestamp", layout="H5B"),
    Option(bit=_PULSE, name="pulse_rate", layout="H"),
    Option(bit=_USER, name="user_id", layout="B"),
    Option(bit=_HAS_STATUS, name="status", layout="H"),
)
_MEASUREMENT: Final = FlaggedLayout(
    format_name="blood_pressure.measurement",
    head="BHHH",
    head_fields=_HEAD_FIELDS,
    options=_OPTIONS,
)
_CUFF: Final = FlaggedLayout(
    format_name="blood_pressure.intermediate_cuff_pressure",
    head="BHHH",
    head_fields=_HEAD_FIELDS,
    options=_OPTIONS,
)
_STRUCTS: Final = _MEASUREMENT.structs()


def decode_measurement(data: bytes) -> BloodPressureMeasurement:
    """2A35, 7 to 19 bytes; the BM85's dialect is recognised.

    Raises:
        DecodeError: when the frame is shorter or longer than its flags say.
    """
    try:
        values = _STRUCTS[data[0]].unpack(data)
    except (struct.error, IndexError):
        if len(data) == _BEURER_SIZE and data[0] == _BEURER_FLAGS:
            return _decode_beurer(data)
        raise _MEASUREMENT.mismatch(data) from None
    flags = values[0]
    timestamp = pulse = user = status = None
    at = 4
    if flags & _TIME:
        timestamp = DateTime(*values[4:10])
        at = 10
    if flags & _PULSE:
        pulse = SFLOATS[values[at]]
        at += 1
    if flags & _USER:
        user = values[at]
    if flags & _HAS_STATUS:
        status = _STATUS[values[-1]]
    return BloodPressureMeasurement(
        SFLOATS[values[1]],
        SFLOATS[values[2]],
        SFLOATS[values[3]],
        _UNITS[flags & _KPA],
        timestamp,
        pulse,
        user,
        status,
        Dialect.STANDARD,
        flags & RESERVED_FLAGS,
    )


def encode_measurement(measurement: BloodPressureMeasurement) -> bytes:
    """2A35, 7 to 19 bytes, in the measurement's own dialect.

    Raises:
        EncodeError: when a value does not fit its field, or a field is missing that the dialect always sends.
    """
    flags = int(measurement.unit)
    rest = b""
    if measurement.dialect is not Dialect.STANDARD:
        return _encode_beurer(measurement)
    if measurement.reserved_flags:
        flags |= reserved("blood_pressure.measurement", measurement.reserved_flags)
    try:
        if (time := measurement.timestamp) is not None:
            flags |= _TIME
            rest = _DATE_TIME.pack(time.year, time.month, time.day, time.hour, time.minute, time.second)
        if (pulse := measurement.pulse_rate_per_min) is not None:
            flags |= _PULSE
            rest += _U16.pack(sfloat_word(pulse))
        if (user := measurement.user_id) is not None:
            flags |= _USER
            rest += _U8.pack(user)
        if (status := measurement.status) is not None:
            flags |= _HAS_STATUS
            rest += _U16.pack(status)
    except struct.error as error:
        raise _unfit("blood_pressure.measurement") from error
    return (
        _HEAD.pack(
            flags,
            sfloat_word(measurement.systolic),
            sfloat_word(measurement.diastolic),
            sfloat_word(measurement.mean_arterial_pressure),
        )
        + rest
    )


def decode_intermediate_cuff_pressure(data: bytes) -> IntermediateCuffPressure:
    """2A36, 7 to 19 bytes.

    Raises:
        DecodeError: when the frame is shorter or longer than its flags say.
    """
    if not data or len(data) != _STRUCTS[data[0]].size:
        raise _CUFF.mismatch(data)
    same = decode_measurement(data)
    return IntermediateCuffPressure(
        cuff_pressure=same.systolic,
        unit=same.unit,
        timestamp=same.timestamp,
        pulse_rate_per_min=same.pulse_rate_per_min,
        user_id=same.user_id,
        status=same.status,
        unused=(same.diastolic, same.mean_arterial_pressure),
        reserved_flags=same.reserved_flags,
    )


def encode_intermediate_cuff_pressure(measurement: IntermediateCuffPressure) -> bytes:
    """2A36, 7 to 19 bytes.

    Raises:
        EncodeError: when a value does not fit its field.
    """
    # Same layout as 2A35, with the current pressure in the first of its three slots.
    return encode_measurement(
        BloodPressureMeasurement(
            measurement.cuff_pressure,
            measurement.unused[0],
            measurement.unused[1],
            measurement.unit,
            measurement.timestamp,
            measurement.pulse_rate_per_min,
            measurement.user_id,
            measurement.status,
            Dialect.STANDARD,
            measurement.reserved_flags,
        )
    )


def decode_feature(data: bytes) -> BloodPressureFeature:
    """2A49, 2 bytes. Raises DecodeError on any other length."""
    check_length("blood_pressure.feature", data, 2)
    return BloodPressureFeature(_U16.unpack(data)[0])


def encode_feature(feature: BloodPressureFeature) -> bytes:
    """2A49, 2 bytes. Raises EncodeError beyond 16 bits."""
    try:
        return _U16.pack(feature)
    except struct.error as error:
        raise _unfit("blood_pressure.feature") from error


def _decode_beurer(data: bytes) -> BloodPressureMeasurement:
    _, systolic, diastolic, mean, *time = _BEURER_HEAD.unpack_from(data)
    pulse, user, status = _BEURER_TAIL.unpack_from(data, _BEURER_HEAD.size)
    return BloodPressureMeasurement(
        SFLOATS[systolic],
        SFLOATS[diastolic],
        SFLOATS[mean],
        PressureUnit.MMHG,
        DateTime(*time),
        SFLOATS[pulse],
        user,
        _STATUS[status],
        Dialect.BEURER_BM85,
    )


def _encode_beurer(measurement: BloodPressureMeasurement) -> bytes:
    time, pulse = measurement.timestamp, measurement.pulse_rate_per_min
    user, status = measurement.user_id, measurement.status
    if (
        time is None
        or pulse is None
        or user is None
        or status is None
        or measurement.unit is PressureUnit.KPA
    ):
        raise EncodeError(
            "blood_pressure.measurement",
            field="dialect",
            expected="mmHg, timestamp, pulse rate, user ID and status, which a BM85 always sends",
        )
    head = _HEAD.pack(
        _BEURER_FLAGS,
        sfloat_word(measurement.systolic),
        sfloat_word(measurement.diastolic),
        sfloat_word(measurement.mean_arterial_pressure),
    )
    try:
        return head + encode_date_time(time) + _BEURER_TAIL.pack(sfloat_word(pulse), user, status)
    except struct.error as error:
        raise _unfit("blood_pressure.measurement") from error


def _unfit(format_name: str) -> EncodeError:
    return EncodeError(
        format_name, field="timestamp, user ID or status", expected="values that fit their fields"
    )
