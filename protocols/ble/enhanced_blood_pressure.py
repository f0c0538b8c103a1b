"""Enhanced blood pressure (2B34), enhanced cuff pressure (2B35) and blood pressure record (2B36).

EXPERIMENTAL: Blood Pressure Service 1.1.1 and the GATT Specification Supplement define them; no popular
cuff has them, and no frame of a real one is published. Little-endian.
"""

import struct
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from protocols.ble.blood_pressure import BloodPressureStatus, PressureUnit
from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import EncodeError, Fitting, check_length
from protocols.ble.codec.flagged_layout import FlaggedLayout, Option
from protocols.ble.codec.value import value
from protocols.ble.ieee11073 import SFLOATS, sfloat_word

MEASUREMENT: Final = assigned_numbers.ENHANCED_BLOOD_PRESSURE_MEASUREMENT
INTERMEDIATE_CUFF_PRESSURE: Final = assigned_numbers.ENHANCED_INTERMEDIATE_CUFF_PRESSURE
RECORD: Final = assigned_numbers.BLOOD_PRESSURE_RECORD

_KPA, _TIME, _PULSE, _USER, _STATUS, _USER_TIME, _EPOCH_2000 = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40
_OPTIONS: Final = (
    Option(bit=_TIME, name="timestamp", layout="I"),
    Option(bit=_PULSE, name="pulse_rate", layout="H"),
    Option(bit=_USER, name="user_id", layout="B"),
    Option(bit=_STATUS, name="status", layout="H"),
    Option(bit=_USER_TIME, name="user_facing_time", layout="I"),
)
_MEASUREMENT: Final = FlaggedLayout(
    format_name="enhanced_blood_pressure.measurement",
    head="BHHH",
    head_fields="flags and three pressures",
    options=_OPTIONS,
)
_CUFF: Final = FlaggedLayout(
    format_name="enhanced_blood_pressure.intermediate_cuff_pressure",
    head="BH",
    head_fields="flags and pressure",
    options=_OPTIONS,
)
_MEASUREMENT_STRUCTS: Final = _MEASUREMENT.structs()
_CUFF_STRUCTS: Final = _CUFF.structs()
# A segment fits into one indication; an attribute value has at most 512 bytes.
_LONGEST_RECORD = 512
_RECORD = struct.Struct("<BHH")
_CRC = struct.Struct("<H")


class Epoch(IntEnum):
    """What the seconds of both times are counted from (flag bit 6)."""

    Y1900 = 0
    Y2000 = 1


@value
class Details:
    """What both characteristics may add; times are seconds since `epoch`."""

    epoch: Epoch = Epoch.Y1900
    timestamp_s: int | None = None
    pulse_rate_per_min: float | None = None
    user_id: int | None = None
    status: BloodPressureStatus | None = None
    user_facing_time_s: int | None = None

    def to_datetime(self) -> datetime | None:
        """The timestamp as naive `datetime`; None when there is none."""
        if self.timestamp_s is None:
            return None
        start = datetime(1900 if self.epoch is Epoch.Y1900 else 2000, 1, 1)  # noqa: DTZ001  # no zone is sent
        return start + timedelta(seconds=self.timestamp_s)


@value
class EnhancedBloodPressureMeasurement:
    """2B34: pressures in `unit`."""

    systolic: float
    diastolic: float
    mean_arterial_pressure: float
    unit: PressureUnit = PressureUnit.MMHG
    details: Details = Details()


@value
class EnhancedIntermediateCuffPressure:
    """2B35: the cuff's pressure now, in `unit`."""

    cuff_pressure: float
    unit: PressureUnit = PressureUnit.MMHG
    details: Details = Details()


@value
class BloodPressureRecord:
    """2B36: one segment of a recorded characteristic's value.

    `counter` is the rolling segment counter (0 to 63), `characteristic` the 16-bit number of what was
    recorded. `content` ends with the E2E-CRC when the feature characteristic says that there is one: see
    `split_crc`.
    """

    first: bool
    last: bool
    counter: int
    sequence_number: int
    characteristic: int
    content: bytes

    def split_crc(self) -> tuple[bytes, int]:
        """Content and E2E-CRC, for cuffs with that feature.

        Raises EncodeError when there is no room for one.
        """
        if len(self.content) < _CRC.size:
            raise EncodeError(
                "enhanced_blood_pressure.record", field="content", expected="2 bytes of E2E-CRC at its end"
            )
        return self.content[: -_CRC.size], _CRC.unpack(self.content[-_CRC.size :])[0]


def decode_measurement(data: bytes) -> EnhancedBloodPressureMeasurement:
    """2B34, 7 to 20 bytes. Raises DecodeError when it is shorter or longer than its flags say."""
    try:
        flags, systolic, diastolic, mean, *rest = _MEASUREMENT_STRUCTS[data[0]].unpack(data)
    except (struct.error, IndexError):
        raise _MEASUREMENT.mismatch(data) from None
    return EnhancedBloodPressureMeasurement(
        systolic=SFLOATS[systolic],
        diastolic=SFLOATS[diastolic],
        mean_arterial_pressure=SFLOATS[mean],
        unit=PressureUnit(flags & _KPA),
        details=_details(flags, rest),
    )


def encode_measurement(measurement: EnhancedBloodPressureMeasurement) -> bytes:
    """2B34, 7 to 20 bytes. Raises EncodeError when a value does not fit."""
    flags, rest = _flags_and_values(measurement.details)
    flags |= measurement.unit
    with Fitting(_MEASUREMENT.format_name, field="details", expected="values that fit their fields"):
        return _MEASUREMENT_STRUCTS[flags].pack(
            flags,
            sfloat_word(measurement.systolic),
            sfloat_word(measurement.diastolic),
            sfloat_word(measurement.mean_arterial_pressure),
            *rest,
        )


def decode_intermediate_cuff_pressure(data: bytes) -> EnhancedIntermediateCuffPressure:
    """2B35, 3 to 16 bytes. Raises DecodeError when it is shorter or longer than its flags say."""
    try:
        flags, pressure, *rest = _CUFF_STRUCTS[data[0]].unpack(data)
    except (struct.error, IndexError):
        raise _CUFF.mismatch(data) from None
    return EnhancedIntermediateCuffPressure(
        cuff_pressure=SFLOATS[pressure], unit=PressureUnit(flags & _KPA), details=_details(flags, rest)
    )


def encode_intermediate_cuff_pressure(measurement: EnhancedIntermediateCuffPressure) -> bytes:
    """2B35, 3 to 16 bytes. Raises EncodeError when a value does not fit."""
    flags, rest = _flags_and_values(measurement.details)
    flags |= measurement.unit
    with Fitting(_CUFF.format_name, field="details", expected="values that fit their fields"):
        return _CUFF_STRUCTS[flags].pack(flags, sfloat_word(measurement.cuff_pressure), *rest)


def decode_record(data: bytes) -> BloodPressureRecord:
    """2B36, 5 to 512 bytes. Raises DecodeError on any other length."""
    check_length("enhanced_blood_pressure.record", data, _RECORD.size, _LONGEST_RECORD)
    header, sequence, characteristic = _RECORD.unpack_from(data)
    return BloodPressureRecord(
        first=bool(header & 0x01),
        last=bool(header & 0x02),
        counter=header >> 2,
        sequence_number=sequence,
        characteristic=characteristic,
        content=data[_RECORD.size :],
    )


def encode_record(record: BloodPressureRecord) -> bytes:
    """2B36, 5 to 512 bytes. Raises EncodeError when a value does not fit."""
    header = record.first | record.last << 1 | record.counter << 2
    with Fitting("enhanced_blood_pressure.record", field="counter or number", expected="6 and 16 bits"):
        data = _RECORD.pack(header, record.sequence_number, record.characteristic) + record.content
    if len(data) > _LONGEST_RECORD:
        raise EncodeError("enhanced_blood_pressure.record", field="content", expected="at most 507 bytes")
    return data


def _details(flags: int, rest: list[int]) -> Details:
    values = iter(rest)
    return Details(
        epoch=Epoch.Y2000 if flags & _EPOCH_2000 else Epoch.Y1900,
        timestamp_s=next(values) if flags & _TIME else None,
        pulse_rate_per_min=SFLOATS[next(values)] if flags & _PULSE else None,
        user_id=next(values) if flags & _USER else None,
        status=BloodPressureStatus(next(values)) if flags & _STATUS else None,
        user_facing_time_s=next(values) if flags & _USER_TIME else None,
    )


def _flags_and_values(details: Details) -> tuple[int, list[int]]:
    pulse = details.pulse_rate_per_min
    fields: tuple[tuple[int, int | None], ...] = (
        (_TIME, details.timestamp_s),
        (_PULSE, None if pulse is None else sfloat_word(pulse)),
        (_USER, details.user_id),
        (_STATUS, details.status),
        (_USER_TIME, details.user_facing_time_s),
    )
    flags = _EPOCH_2000 if details.epoch is Epoch.Y2000 else 0
    values = []
    for bit, content in fields:
        if content is not None:
            flags |= bit
            values.append(content)
    return flags, values
