import itertools

import pytest

from protocols.ble.blood_pressure import (
    BloodPressureFeature,
    BloodPressureMeasurement,
    BloodPressureStatus,
    Dialect,
    IntermediateCuffPressure,
    PressureUnit,
    PulseRateRange,
    decode_intermediate_cuff_pressure,
    decode_measurement,
    encode_feature,
    encode_intermediate_cuff_pressure,
    encode_measurement,
)
from protocols.ble.codec.errors import Damage, DecodeError, EncodeError
from protocols.ble.date_time import DateTime
from protocols.ble.ieee11073 import NAN, sfloat

NOON = DateTime(2026, 3, 1, 12, 0, 59)


@pytest.mark.parametrize(
    ("unit", "time", "pulse", "user", "status"),
    list(
        itertools.product(
            PressureUnit,
            (None, NOON),
            (None, sfloat(61), NAN),
            (None, 0, 255),
            (None, BloodPressureStatus(0x27)),
        )
    ),
)
def test_every_combination_of_fields_comes_back_and_the_flags_follow(
    unit: PressureUnit,
    time: DateTime | None,
    pulse: float | None,
    user: int | None,
    status: BloodPressureStatus | None,
) -> None:
    measurement = BloodPressureMeasurement(
        sfloat(120), sfloat(80), sfloat(93.5), unit, time, pulse, user, status
    )
    data = encode_measurement(measurement)
    expected = unit | (time is not None) << 1 | (pulse is not None) << 2 | (user is not None) << 3
    assert data[0] == expected | (status is not None) << 4
    assert decode_measurement(data) == measurement


def test_kilopascal_are_converted_and_millimetres_of_mercury_are_not() -> None:
    kpa = BloodPressureMeasurement(16.0, 10.0, 12.0, PressureUnit.KPA)
    assert kpa.systolic_mmhg == pytest.approx(120.00992)
    assert kpa.diastolic_mmhg == pytest.approx(75.0062)
    assert kpa.mean_arterial_pressure_mmhg == pytest.approx(90.00744)
    mmhg = BloodPressureMeasurement(sfloat(120), sfloat(80), sfloat(93))
    assert (mmhg.systolic_mmhg, mmhg.diastolic_mmhg, mmhg.mean_arterial_pressure_mmhg) == (120, 80, 93)
    assert IntermediateCuffPressure(10.0, PressureUnit.KPA).cuff_pressure_mmhg == pytest.approx(75.0062)


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        (0x00, PulseRateRange.WITHIN),
        (0x08, PulseRateRange.ABOVE),
        (0x10, PulseRateRange.BELOW),
        (0x18, PulseRateRange.RESERVED),
    ],
)
def test_the_pulse_rate_range_is_a_number_of_two_bits(bits: int, expected: PulseRateRange) -> None:
    assert BloodPressureStatus(bits | 0x27).pulse_rate_range is expected


def test_reserved_flag_bits_mean_nothing() -> None:
    assert decode_measurement(bytes.fromhex("e0480051004000")) == decode_measurement(
        bytes.fromhex("00480051004000")
    )


@pytest.mark.parametrize(
    ("frame", "damage", "field", "offset"),
    [
        ("", Damage.TOO_SHORT, "flags and three pressures", 0),
        ("0048005100", Damage.TOO_SHORT, "flags and three pressures", 5),
        ("02480051004000e40705150a1e", Damage.TOO_SHORT, "timestamp", 13),
        ("0448005100400048", Damage.TOO_SHORT, "pulse_rate", 8),
        ("08480051004000", Damage.TOO_SHORT, "user_id", 7),
        ("1048005100400000", Damage.TOO_SHORT, "status", 8),
        ("0048005100400000", Damage.TOO_LONG, "end", 7),
        ("56710049000000ea07080b143800004101000000", Damage.TOO_LONG, "end", 18),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, damage: Damage, field: str, offset: int) -> None:
    for decode in (decode_measurement, decode_intermediate_cuff_pressure):
        with pytest.raises(DecodeError) as caught:
            decode(bytes.fromhex(frame))
        assert (caught.value.damage, caught.value.field, caught.value.offset) == (damage, field, offset)


def test_a_cuff_pressure_has_no_dialect() -> None:
    with pytest.raises(DecodeError):
        decode_intermediate_cuff_pressure(bytes.fromhex("56710049000000ea07080b1438000041010000"))


def test_unused_slots_are_nan_unless_the_device_sent_something_else() -> None:
    assert encode_intermediate_cuff_pressure(IntermediateCuffPressure(sfloat(4))).hex() == "000400ff07ff07"


@pytest.mark.parametrize("missing", ["timestamp", "pulse_rate_per_min", "user_id", "status"])
def test_a_bm85_sends_everything(missing: str) -> None:
    parts = {
        "timestamp": NOON,
        "pulse_rate_per_min": sfloat(61),
        "user_id": 1,
        "status": BloodPressureStatus(0),
        "dialect": Dialect.BEURER_BM85,
    }
    whole = BloodPressureMeasurement(sfloat(120), sfloat(80), sfloat(0), **parts)  # type: ignore[arg-type]
    assert len(encode_measurement(whole)) == 19
    with pytest.raises(EncodeError, match="BM85"):
        encode_measurement(
            BloodPressureMeasurement(sfloat(1), sfloat(1), sfloat(1), **parts | {missing: None})  # type: ignore[arg-type]
        )


@pytest.mark.parametrize("dialect", Dialect)
def test_values_that_do_not_fit_are_refused(dialect: Dialect) -> None:
    with pytest.raises(EncodeError):
        encode_measurement(
            BloodPressureMeasurement(
                sfloat(120),
                sfloat(80),
                sfloat(93),
                PressureUnit.MMHG,
                NOON,
                sfloat(61),
                256,
                BloodPressureStatus(0),
                dialect,
            )
        )
    with pytest.raises(EncodeError):
        encode_feature(BloodPressureFeature(0x10000))
