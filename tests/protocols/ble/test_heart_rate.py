import itertools

import pytest

from protocols.ble.codec.errors import Damage, DecodeError, EncodeError
from protocols.ble.heart_rate import (
    ControlPointCommand,
    HeartRateMeasurement,
    SensorContact,
    decode_body_sensor_location,
    decode_control_point,
    decode_measurement,
    encode_control_point,
    encode_measurement,
)


@pytest.mark.parametrize(
    ("rate", "contact", "energy", "intervals"),
    list(
        itertools.product(
            (0, 60, 255, 256, 65535), SensorContact, (None, 0, 65535), ((), (0,), (1, 65535) * 9)
        )
    ),
)
def test_every_combination_of_fields_comes_back(
    rate: int, contact: SensorContact, energy: int | None, intervals: tuple[int, ...]
) -> None:
    measurement = HeartRateMeasurement(rate, contact, energy, intervals)
    data = encode_measurement(measurement)
    assert decode_measurement(data) == measurement
    assert bool(data[0] & 0x01) == (rate > 255)
    assert bool(data[0] & 0x08) == (energy is not None)
    assert bool(data[0] & 0x10) == bool(intervals)


def test_intervals_are_in_1_1024_s() -> None:
    assert decode_measurement(bytes.fromhex("100000040002")).rr_intervals_s == (1.0, 0.5)


def test_a_strap_that_leaves_the_rr_flag_on_may_be_tolerated() -> None:
    frame = bytes.fromhex("1648")
    with pytest.raises(DecodeError) as caught:
        decode_measurement(frame)
    assert (caught.value.damage, caught.value.field, caught.value.offset) == (
        Damage.TOO_SHORT,
        "rr_intervals",
        2,
    )
    assert decode_measurement(frame, allow_missing_rr=True).heart_rate_per_min == 72
    assert decode_measurement(bytes.fromhex("16480004"), allow_missing_rr=True).rr_intervals_s == (1.0,)


@pytest.mark.parametrize(
    ("frame", "damage", "field", "offset"),
    [
        ("", Damage.TOO_SHORT, "flags", 0),
        ("00", Damage.TOO_SHORT, "heart_rate", 1),
        ("0148", Damage.TOO_SHORT, "heart_rate", 2),
        ("084800", Damage.TOO_SHORT, "energy_expended", 3),
        ("104800", Damage.TOO_SHORT, "rr_intervals", 3),
        ("1048000400", Damage.TOO_SHORT, "rr_intervals", 5),
        ("004800", Damage.TOO_LONG, "end", 2),
        ("08480000ff", Damage.TOO_LONG, "end", 4),
        ("10" + "00" * 513, Damage.TOO_LONG, "end", 512),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, damage: Damage, field: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_measurement(bytes.fromhex(frame))
    assert (caught.value.damage, caught.value.field, caught.value.offset) == (damage, field, offset)


@pytest.mark.parametrize(
    "measurement",
    [
        HeartRateMeasurement(65536),
        HeartRateMeasurement(-1),
        HeartRateMeasurement(60, energy_expended_kj=65536),
        HeartRateMeasurement(60, rr_intervals_1_1024_s=(65536,)),
        HeartRateMeasurement(60, rr_intervals_1_1024_s=(0,) * 256),
    ],
)
def test_values_that_do_not_fit_are_refused(measurement: HeartRateMeasurement) -> None:
    with pytest.raises(EncodeError):
        encode_measurement(measurement)


def test_the_control_point_has_one_command() -> None:
    assert decode_control_point(encode_control_point(ControlPointCommand.RESET_ENERGY_EXPENDED)) == 1
    with pytest.raises(DecodeError, match="unknown code"):
        decode_control_point(b"\x02")
    with pytest.raises(DecodeError, match="unknown code"):
        decode_body_sensor_location(b"\x07")
