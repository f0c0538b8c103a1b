"""An unnamed cuff's blood pressure: the standard's fields behind four bytes of its own.

Source: `pauldemarco/flutter_blue` issue 687, one capture. FE 20 27 00, then systolic, diastolic, mean
pressure, Date Time, pulse rate and a byte that looks like a user ID, all as in 2A35. What the prefix says
is not known, so the unit is taken for mmHg.
"""

from struct import Struct
from typing import Final

from protocols.ble.codec.errors import EncodeError, Fitting, check_length, wrong_header
from protocols.ble.codec.value import value
from protocols.ble.date_time import DateTime
from protocols.ble.ieee11073 import SFLOATS, sfloat_word

_START = 0xFE
_LAYOUT: Final = Struct("<B3sHHHH5BHB")


@value
class PrefixedBloodPressure:
    """One reading; `prefix` are the bytes 1 to 3, as sent."""

    systolic_mmhg: float
    diastolic_mmhg: float
    mean_arterial_pressure_mmhg: float
    timestamp: DateTime
    pulse_rate_per_min: float
    user_id: int
    prefix: bytes = bytes.fromhex("202700")


def decode_measurement(data: bytes) -> PrefixedBloodPressure:
    """A reading, 20 bytes. Raises DecodeError on any other length or first byte."""
    name = "prefixed_blood_pressure.measurement"
    check_length(name, data, _LAYOUT.size)
    start, prefix, systolic, diastolic, mean, *time, pulse, user = _LAYOUT.unpack(data)
    if start != _START:
        raise wrong_header(name, data, 0, "fe")
    return PrefixedBloodPressure(
        systolic_mmhg=SFLOATS[systolic],
        diastolic_mmhg=SFLOATS[diastolic],
        mean_arterial_pressure_mmhg=SFLOATS[mean],
        timestamp=DateTime(*time),
        pulse_rate_per_min=SFLOATS[pulse],
        user_id=user,
        prefix=prefix,
    )


def encode_measurement(value: PrefixedBloodPressure) -> bytes:
    """A reading, 20 bytes. Raises EncodeError when a value does not fit."""
    name = "prefixed_blood_pressure.measurement"
    if len(value.prefix) != 3:
        raise EncodeError(name, field="prefix", expected="3 bytes")
    time = value.timestamp
    with Fitting(name, field="timestamp or user ID", expected="values that fit their bytes"):
        return _LAYOUT.pack(
            _START,
            value.prefix,
            sfloat_word(value.systolic_mmhg),
            sfloat_word(value.diastolic_mmhg),
            sfloat_word(value.mean_arterial_pressure_mmhg),
            time.year,
            time.month,
            time.day,
            time.hour,
            time.minute,
            time.second,
            sfloat_word(value.pulse_rate_per_min),
            value.user_id,
        )
