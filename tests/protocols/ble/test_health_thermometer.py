"""Thermometers: two units, an optional time and place, and each damage."""

import math
from dataclasses import replace

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.health_thermometer import (
    TemperatureMeasurement,
    TemperatureUnit,
    decode_measurement,
    encode_measurement,
)
from protocols.ble.ieee11073 import FLOAT_NAN, medical_float
from tests.support.refusals import does_not_fit, refused

FEVER = TemperatureMeasurement(temperature=medical_float(101.3), unit=TemperatureUnit.FAHRENHEIT)


def test_fahrenheit_is_told_in_celsius_as_well() -> None:
    assert decode_measurement(encode_measurement(FEVER)) == FEVER
    assert FEVER.temperature_cel == pytest.approx(38.5)
    assert TemperatureMeasurement(temperature=medical_float(36.6)).temperature_cel == 36.6


def test_no_value_stays_no_value_in_either_unit() -> None:
    for unit in TemperatureUnit:
        assert math.isnan(TemperatureMeasurement(temperature=FLOAT_NAN, unit=unit).temperature_cel)


def test_flags_without_a_name_are_kept() -> None:
    frame = bytes.fromhex("f8c40900fe")
    assert encode_measurement(decode_measurement(frame)) == frame


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("02c40900fee907", (Damage.TOO_SHORT, 7)),
        ("04c40900fe", (Damage.TOO_SHORT, 5)),
        ("00c40900fe01", (Damage.TOO_LONG, 5)),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused("health_thermometer.measurement", frame) == refusal


@pytest.mark.parametrize("change", [{"site": 256}, {"reserved_flags": 1}])
def test_values_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    does_not_fit("health_thermometer.measurement", replace(FEVER, **change))  # type: ignore[arg-type]
