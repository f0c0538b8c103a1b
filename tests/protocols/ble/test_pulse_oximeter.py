import itertools

import pytest

from protocols.ble.codec.errors import Damage, DecodeError, EncodeError
from protocols.ble.date_time import DateTime
from protocols.ble.ieee11073 import NAN, sfloat
from protocols.ble.pulse_oximeter import (
    DeviceAndSensorStatus,
    MeasurementStatus,
    PlxContinuousMeasurement,
    PlxFeature,
    PlxFeatures,
    PlxSpotCheckMeasurement,
    SpO2PulseRate,
    decode_continuous,
    decode_features,
    decode_spot_check,
    encode_continuous,
    encode_features,
    encode_spot_check,
)

PAIR = SpO2PulseRate(sfloat(97), NAN)
STATUS = MeasurementStatus.VALIDATED | MeasurementStatus(0x001F)
SENSOR = DeviceAndSensorStatus.LOW_PERFUSION | DeviceAndSensorStatus.POOR_SIGNAL


@pytest.mark.parametrize(
    ("fast", "slow", "status", "sensor", "amplitude"),
    list(itertools.product((None, PAIR), (None, PAIR), (None, STATUS), (None, SENSOR), (None, sfloat(0.7)))),
)
def test_every_combination_of_continuous_fields_comes_back_and_the_flags_follow(
    fast: SpO2PulseRate | None,
    slow: SpO2PulseRate | None,
    status: MeasurementStatus | None,
    sensor: DeviceAndSensorStatus | None,
    amplitude: float | None,
) -> None:
    measurement = PlxContinuousMeasurement(sfloat(98), sfloat(72), fast, slow, status, sensor, amplitude)
    data = encode_continuous(measurement)
    present = [part is not None for part in (fast, slow, status, sensor, amplitude)]
    assert data[0] == sum(bit << place for place, bit in enumerate(present))
    assert len(data) <= 20, "the longest fits the smallest MTU exactly"
    assert decode_continuous(data) == measurement


@pytest.mark.parametrize(
    ("time", "status", "sensor", "amplitude", "clock_is_set"),
    list(
        itertools.product(
            (None, DateTime(0, 0, 0, 1, 2, 3)), (None, STATUS), (None, SENSOR), (None, NAN), (True, False)
        )
    ),
)
def test_every_combination_of_spot_check_fields_comes_back_and_the_flags_follow(
    time: DateTime | None,
    status: MeasurementStatus | None,
    sensor: DeviceAndSensorStatus | None,
    amplitude: float | None,
    clock_is_set: bool,
) -> None:
    measurement = PlxSpotCheckMeasurement(
        sfloat(98), sfloat(72), time, status, sensor, amplitude, clock_is_set
    )
    data = encode_spot_check(measurement)
    present = [part is not None for part in (time, status, sensor, amplitude)] + [not clock_is_set]
    assert data[0] == sum(bit << place for place, bit in enumerate(present))
    assert decode_spot_check(data) == measurement


def test_the_same_flags_announce_other_fields_in_a_spot_check() -> None:
    assert (
        decode_continuous(bytes.fromhex("04620048008000")).measurement_status is MeasurementStatus.VALIDATED
    )
    assert (
        decode_spot_check(bytes.fromhex("02620048008000")).measurement_status is MeasurementStatus.VALIDATED
    )


def test_reserved_bits_mean_nothing() -> None:
    assert decode_continuous(bytes.fromhex("e062004800")) == decode_continuous(bytes.fromhex("0062004800"))
    assert (
        decode_continuous(bytes.fromhex("0862004800100080")).sensor_status
        == DeviceAndSensorStatus.POOR_SIGNAL
    )


@pytest.mark.parametrize(
    ("frame", "damage", "field", "offset"),
    [
        ("", Damage.TOO_SHORT, "flags, SpO2, pulse rate", 0),
        ("006200", Damage.TOO_SHORT, "flags, SpO2, pulse rate", 3),
        ("0162004800", Damage.TOO_SHORT, "fast", 5),
        ("03620048006200480062", Damage.TOO_SHORT, "slow", 10),
        ("046200480000", Damage.TOO_SHORT, "measurement_status", 6),
        ("08620048000000", Damage.TOO_SHORT, "sensor_status", 7),
        ("1062004800", Damage.TOO_SHORT, "pulse_amplitude_index", 5),
        ("006200480000", Damage.TOO_LONG, "end", 5),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, damage: Damage, field: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_continuous(bytes.fromhex(frame))
    assert (caught.value.damage, caught.value.field, caught.value.offset) == (damage, field, offset)


def test_features_announce_what_the_device_says_about_its_status_bits() -> None:
    features = decode_features(bytes.fromhex("13008000100000"))
    assert features == PlxFeatures(
        features=PlxFeature.SPO2PR_FAST,
        measurement_status_support=MeasurementStatus.VALIDATED,
        sensor_status_support=DeviceAndSensorStatus.POOR_SIGNAL,
    )
    with pytest.raises(DecodeError) as caught:
        decode_features(bytes.fromhex("0200"))
    assert caught.value.field == "sensor_status_support"


def test_words_that_do_not_fit_are_refused() -> None:
    wide = MeasurementStatus(0x10000)
    with pytest.raises(EncodeError):
        encode_continuous(PlxContinuousMeasurement(sfloat(98), sfloat(72), measurement_status=wide))
    with pytest.raises(EncodeError):
        encode_spot_check(PlxSpotCheckMeasurement(sfloat(98), sfloat(72), measurement_status=wide))
    with pytest.raises(EncodeError):
        encode_features(PlxFeatures(features=PlxFeature(0), measurement_status_support=wide))
    with pytest.raises(EncodeError, match="they follow"):
        encode_features(PlxFeatures(features=PlxFeature(1)))
