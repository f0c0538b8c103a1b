"""Cycling power: revolutions and times, forces with a sign."""

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.cycling_power import PowerMeasurement, decode_measurement, encode_measurement
from tests.support.refusals import does_not_fit, refused


def test_power_can_be_negative() -> None:
    assert decode_measurement(bytes.fromhex("0000fbff")).power_w == -5


def test_what_a_pedal_says_beside_the_power() -> None:
    measurement = PowerMeasurement(power_w=120, pedal_power_balance_percent=48.5, other_flags=0x02)
    assert encode_measurement(measurement).hex() == "0300" + "7800" + "61"


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("0000", (Damage.TOO_SHORT, 2)),
        ("200000000c00e5", (Damage.TOO_SHORT, 7)),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused("cycling_power.measurement", frame) == refusal


@pytest.mark.parametrize(
    "measurement",
    [
        PowerMeasurement(power_w=40_000),
        PowerMeasurement(power_w=1, crank_revolutions=3),
        PowerMeasurement(power_w=1, pedal_power_balance_percent=0.3),
        PowerMeasurement(power_w=1, other_flags=0x20),
        PowerMeasurement(power_w=None),  # type: ignore[arg-type]
    ],
)
def test_values_that_do_not_fit_are_refused(measurement: PowerMeasurement) -> None:
    does_not_fit("cycling_power.measurement", measurement)
