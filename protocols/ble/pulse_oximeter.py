"""Pulse Oximeter Service 0x1822: spot-check (2A5E), continuous (2A5F) and features (2A60).

Pulse Oximeter Service 1.0, sections 3.1 to 3.3; layouts in the GATT Specification Supplement. Little-endian.
Which flag announces which field differs between 2A5E and 2A5F.
"""

import struct
from dataclasses import field
from enum import IntFlag
from struct import Struct
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import EncodeError
from protocols.ble.codec.flag_table import FlagTable
from protocols.ble.codec.flagged_layout import FlaggedLayout, Option
from protocols.ble.codec.reserved_flags import RESERVED_FLAGS, reserved
from protocols.ble.codec.value import value
from protocols.ble.date_time import DateTime, encode_date_time
from protocols.ble.ieee11073 import SFLOATS, sfloat_word

SERVICE: Final = assigned_numbers.PULSE_OXIMETER_SERVICE
SPOT_CHECK: Final = assigned_numbers.PLX_SPOT_CHECK_MEASUREMENT
CONTINUOUS: Final = assigned_numbers.PLX_CONTINUOUS_MEASUREMENT
FEATURES: Final = assigned_numbers.PLX_FEATURES

_HEAD = Struct("<BHH")
_PAIR = Struct("<HH")
_U16 = Struct("<H")
_U24 = Struct("<HB")


class MeasurementStatus(IntFlag):
    """Measurement Status, u16; bits 0 to 4 are reserved and kept as sent."""

    ONGOING = 0x0020
    EARLY_ESTIMATE = 0x0040
    VALIDATED = 0x0080
    FULLY_QUALIFIED = 0x0100
    FROM_STORAGE = 0x0200
    DEMONSTRATION = 0x0400
    TESTING = 0x0800
    CALIBRATION_ONGOING = 0x1000
    UNAVAILABLE = 0x2000
    QUESTIONABLE = 0x4000
    INVALID = 0x8000


class DeviceAndSensorStatus(IntFlag):
    """Device and Sensor Status, the lower 16 of 24 bits; the upper 8 are reserved and ignored."""

    EXTENDED_DISPLAY_UPDATE = 0x0001
    EQUIPMENT_MALFUNCTION = 0x0002
    SIGNAL_PROCESSING_IRREGULARITY = 0x0004
    INADEQUATE_SIGNAL = 0x0008
    POOR_SIGNAL = 0x0010
    LOW_PERFUSION = 0x0020
    ERRATIC_SIGNAL = 0x0040
    NON_PULSATILE_SIGNAL = 0x0080
    QUESTIONABLE_PULSE = 0x0100
    SIGNAL_ANALYSIS_ONGOING = 0x0200
    SENSOR_INTERFERENCE = 0x0400
    SENSOR_UNCONNECTED_TO_USER = 0x0800
    UNKNOWN_SENSOR = 0x1000
    SENSOR_DISPLACED = 0x2000
    SENSOR_MALFUNCTION = 0x4000
    SENSOR_DISCONNECTED = 0x8000


class PlxFeature(IntFlag):
    """Supported Features, u16. Bits 0 and 1, "support field present", follow from the fields themselves."""

    SPOT_CHECK_STORAGE = 0x0004
    SPOT_CHECK_TIMESTAMP = 0x0008
    SPO2PR_FAST = 0x0010
    SPO2PR_SLOW = 0x0020
    PULSE_AMPLITUDE_INDEX = 0x0040
    MULTIPLE_BONDS = 0x0080


_MEASUREMENT_STATUS: Final = FlagTable(MeasurementStatus)
_SENSOR_STATUS: Final = FlagTable(DeviceAndSensorStatus)


@value(kw_only=False)
class SpO2PulseRate:
    """One pair of the continuous measurement: SFLOAT %, SFLOAT per minute."""

    spo2_percent: float
    pulse_rate_per_min: float


@value(kw_only=False)
class PlxContinuousMeasurement:
    """2A5F: the normal pair, and what the device adds to it. NaN and its kin are values.

    `reserved_flags` (bits 5 to 7) and `reserved_sensor_status` (the upper 8 of its 24 bits) are kept as sent
    and do not count in comparisons.
    """

    spo2_percent: float
    pulse_rate_per_min: float
    fast: SpO2PulseRate | None = None
    slow: SpO2PulseRate | None = None
    measurement_status: MeasurementStatus | None = None
    sensor_status: DeviceAndSensorStatus | None = None
    pulse_amplitude_index_percent: float | None = None
    reserved_flags: int = field(default=0, compare=False)
    reserved_sensor_status: int = field(default=0, compare=False)


@value(kw_only=False)
class PlxSpotCheckMeasurement:
    """2A5E: one reading, with the device's time when it has one. `clock_is_set` False: do not trust it.

    Reserved bits as in 2A5F.
    """

    spo2_percent: float
    pulse_rate_per_min: float
    timestamp: DateTime | None = None
    measurement_status: MeasurementStatus | None = None
    sensor_status: DeviceAndSensorStatus | None = None
    pulse_amplitude_index_percent: float | None = None
    clock_is_set: bool = True
    reserved_flags: int = field(default=0, compare=False)
    reserved_sensor_status: int = field(default=0, compare=False)


@value
class PlxFeatures:
    """2A60: what the device can do, and which status bits it ever sets (None: it does not say).

    Reserved bits as in 2A5F.
    """

    features: PlxFeature
    measurement_status_support: MeasurementStatus | None = None
    sensor_status_support: DeviceAndSensorStatus | None = None
    reserved_sensor_status: int = field(default=0, compare=False)


_FAST, _SLOW, _STATUS, _SENSOR, _AMPLITUDE = 0x01, 0x02, 0x04, 0x08, 0x10
_CONTINUOUS: Final = FlaggedLayout(
    format_name="pulse_oximeter.continuous",
    head="BHH",
    head_fields="flags, SpO2, pulse rate",
    options=(
        Option(bit=_FAST, name="fast", layout="HH"),
        Option(bit=_SLOW, name="slow", layout="HH"),
        Option(bit=_STATUS, name="measurement_status", layout="H"),
        Option(bit=_SENSOR, name="sensor_status", layout="HB"),
        Option(bit=_AMPLITUDE, name="pulse_amplitude_index", layout="H"),
    ),
)
_CONTINUOUS_STRUCTS: Final = _CONTINUOUS.structs()


def decode_continuous(data: bytes) -> PlxContinuousMeasurement:
    """2A5F, 5 to 20 bytes.

    Raises:
        DecodeError: when the frame is shorter or longer than its flags say.
    """
    try:
        values = _CONTINUOUS_STRUCTS[data[0]].unpack(data)
    except (struct.error, IndexError):
        raise _CONTINUOUS.mismatch(data) from None
    flags = values[0]
    fast = slow = status = sensor = amplitude = None
    unnamed = 0
    at = 3
    if flags & _FAST:
        fast = SpO2PulseRate(SFLOATS[values[3]], SFLOATS[values[4]])
        at = 5
    if flags & _SLOW:
        slow = SpO2PulseRate(SFLOATS[values[at]], SFLOATS[values[at + 1]])
        at += 2
    if flags & _STATUS:
        status = _MEASUREMENT_STATUS[values[at]]
        at += 1
    if flags & _SENSOR:
        sensor = _SENSOR_STATUS[values[at]]
        unnamed = values[at + 1]
    if flags & _AMPLITUDE:
        amplitude = SFLOATS[values[-1]]
    return PlxContinuousMeasurement(
        SFLOATS[values[1]],
        SFLOATS[values[2]],
        fast,
        slow,
        status,
        sensor,
        amplitude,
        flags & RESERVED_FLAGS,
        unnamed,
    )


def encode_continuous(measurement: PlxContinuousMeasurement) -> bytes:
    """2A5F, 5 to 20 bytes.

    Raises:
        EncodeError: when a number does not fit its field.
    """
    flags = 0
    if measurement.reserved_flags:
        flags = reserved("pulse_oximeter.continuous", measurement.reserved_flags)
    rest = b""
    try:
        if (fast := measurement.fast) is not None:
            flags |= _FAST
            rest = _PAIR.pack(sfloat_word(fast.spo2_percent), sfloat_word(fast.pulse_rate_per_min))
        if (slow := measurement.slow) is not None:
            flags |= _SLOW
            rest += _PAIR.pack(sfloat_word(slow.spo2_percent), sfloat_word(slow.pulse_rate_per_min))
        if (status := measurement.measurement_status) is not None:
            flags |= _STATUS
            rest += _U16.pack(status)
        if (sensor := measurement.sensor_status) is not None:
            flags |= _SENSOR
            rest += _U24.pack(sensor, measurement.reserved_sensor_status)
        elif measurement.reserved_sensor_status:
            raise _unfit("pulse_oximeter.continuous")
        if (amplitude := measurement.pulse_amplitude_index_percent) is not None:
            flags |= _AMPLITUDE
            rest += _U16.pack(sfloat_word(amplitude))
    except struct.error as error:
        raise _unfit("pulse_oximeter.continuous") from error
    spo2, pulse = sfloat_word(measurement.spo2_percent), sfloat_word(measurement.pulse_rate_per_min)
    return _HEAD.pack(flags, spo2, pulse) + rest


_SPOT_TIME, _SPOT_STATUS, _SPOT_SENSOR, _SPOT_AMPLITUDE, _SPOT_CLOCK_UNSET = 0x01, 0x02, 0x04, 0x08, 0x10
_SPOT_CHECK: Final = FlaggedLayout(
    format_name="pulse_oximeter.spot_check",
    head="BHH",
    head_fields="flags, SpO2, pulse rate",
    options=(
        Option(bit=_SPOT_TIME, name="timestamp", layout="H5B"),
        Option(bit=_SPOT_STATUS, name="measurement_status", layout="H"),
        Option(bit=_SPOT_SENSOR, name="sensor_status", layout="HB"),
        Option(bit=_SPOT_AMPLITUDE, name="pulse_amplitude_index", layout="H"),
    ),
)
_SPOT_CHECK_STRUCTS: Final = _SPOT_CHECK.structs()


def decode_spot_check(data: bytes) -> PlxSpotCheckMeasurement:
    """2A5E, 5 to 19 bytes.

    Raises:
        DecodeError: when the frame is shorter or longer than its flags say.
    """
    try:
        flags, spo2, pulse, *rest = _SPOT_CHECK_STRUCTS[data[0]].unpack(data)
    except (struct.error, IndexError):
        raise _SPOT_CHECK.mismatch(data) from None
    timestamp = status = sensor = amplitude = None
    unnamed = at = 0
    if flags & _SPOT_TIME:
        timestamp = DateTime(*rest[:6])
        at = 6
    if flags & _SPOT_STATUS:
        status = _MEASUREMENT_STATUS[rest[at]]
        at += 1
    if flags & _SPOT_SENSOR:
        sensor = _SENSOR_STATUS[rest[at]]
        unnamed = rest[at + 1]
    if flags & _SPOT_AMPLITUDE:
        amplitude = SFLOATS[rest[-1]]
    return PlxSpotCheckMeasurement(
        SFLOATS[spo2],
        SFLOATS[pulse],
        timestamp,
        status,
        sensor,
        amplitude,
        not flags & _SPOT_CLOCK_UNSET,
        flags & RESERVED_FLAGS,
        unnamed,
    )


def encode_spot_check(measurement: PlxSpotCheckMeasurement) -> bytes:
    """2A5E, 5 to 19 bytes.

    Raises:
        EncodeError: when a number does not fit its field.
    """
    flags = 0 if measurement.clock_is_set else _SPOT_CLOCK_UNSET
    if measurement.reserved_flags:
        flags |= reserved("pulse_oximeter.spot_check", measurement.reserved_flags)
    rest = b""
    try:
        if measurement.timestamp is not None:
            flags |= _SPOT_TIME
            rest = encode_date_time(measurement.timestamp)
        if measurement.measurement_status is not None:
            flags |= _SPOT_STATUS
            rest += _U16.pack(measurement.measurement_status)
        if measurement.sensor_status is not None:
            flags |= _SPOT_SENSOR
            rest += _U24.pack(measurement.sensor_status, measurement.reserved_sensor_status)
        elif measurement.reserved_sensor_status:
            raise _unfit("pulse_oximeter.spot_check")
        if measurement.pulse_amplitude_index_percent is not None:
            flags |= _SPOT_AMPLITUDE
            rest += _U16.pack(sfloat_word(measurement.pulse_amplitude_index_percent))
    except struct.error as error:
        raise _unfit("pulse_oximeter.spot_check") from error
    spo2, pulse = sfloat_word(measurement.spo2_percent), sfloat_word(measurement.pulse_rate_per_min)
    return _HEAD.pack(flags, spo2, pulse) + rest


_SUPPORTS_STATUS, _SUPPORTS_SENSOR = 0x01, 0x02
_FEATURES: Final = FlaggedLayout(
    format_name="pulse_oximeter.features",
    head="BB",
    head_fields="features",
    options=(
        Option(bit=_SUPPORTS_STATUS, name="measurement_status_support", layout="H"),
        Option(bit=_SUPPORTS_SENSOR, name="sensor_status_support", layout="HB"),
    ),
)
_FEATURES_STRUCTS: Final = _FEATURES.structs()


def decode_features(data: bytes) -> PlxFeatures:
    """2A60, 2 to 7 bytes.

    Raises:
        DecodeError: when the value is shorter or longer than its first two bits say.
    """
    try:
        low, high, *rest = _FEATURES_STRUCTS[data[0]].unpack(data)
    except (struct.error, IndexError):
        raise _FEATURES.mismatch(data) from None
    return PlxFeatures(
        features=PlxFeature((high << 8 | low) & ~(_SUPPORTS_STATUS | _SUPPORTS_SENSOR)),
        measurement_status_support=_MEASUREMENT_STATUS[rest[0]] if low & _SUPPORTS_STATUS else None,
        sensor_status_support=_SENSOR_STATUS[rest[-2]] if low & _SUPPORTS_SENSOR else None,
        reserved_sensor_status=rest[-1] if low & _SUPPORTS_SENSOR else 0,
    )


def encode_features(features: PlxFeatures) -> bytes:
    """2A60, 2 to 7 bytes.

    Raises:
        EncodeError: when a word does not fit its field.
    """
    word = int(features.features)
    if word & (_SUPPORTS_STATUS | _SUPPORTS_SENSOR):
        raise EncodeError(
            "pulse_oximeter.features", field="features", expected="bits 0 and 1 clear: they follow"
        )
    rest = b""
    try:
        if features.measurement_status_support is not None:
            word |= _SUPPORTS_STATUS
            rest = _U16.pack(features.measurement_status_support)
        if features.sensor_status_support is not None:
            word |= _SUPPORTS_SENSOR
            rest += _U24.pack(features.sensor_status_support, features.reserved_sensor_status)
        elif features.reserved_sensor_status:
            raise _unfit("pulse_oximeter.features")
        return _U16.pack(word) + rest
    except struct.error as error:
        raise _unfit("pulse_oximeter.features") from error


def _unfit(format_name: str) -> EncodeError:
    return EncodeError(
        format_name, field="status", expected="16-bit words, reserved bits only beside a sensor status"
    )
