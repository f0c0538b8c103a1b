"""Foot pods: units that are easily mistaken."""

from dataclasses import replace

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.running_speed_cadence import RscMeasurement, decode_measurement, encode_measurement
from tests.support.refusals import does_not_fit, refused

WALK = RscMeasurement(speed_m_s=1.25, cadence_per_min=110, stride_length_m=0.68, distance_m=12.5)


def test_speed_is_in_256ths_stride_in_cm_and_distance_in_dm() -> None:
    assert encode_measurement(WALK).hex() == "03" + "4001" + "6e" + "4400" + "7d000000"
    assert decode_measurement(encode_measurement(WALK)) == WALK


def test_walking_and_running_are_told_apart() -> None:
    assert not WALK.is_running
    assert replace(WALK, other_flags=0x04).is_running


def test_a_cut_frame_is_refused() -> None:
    assert refused("running_speed_cadence.measurement", "0140016e44") == (Damage.TOO_SHORT, 5)


@pytest.mark.parametrize(
    "change", [{"speed_m_s": 1.3}, {"cadence_per_min": 256}, {"other_flags": 0x01}, {"speed_m_s": None}]
)
def test_values_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    does_not_fit("running_speed_cadence.measurement", replace(WALK, **change))  # type: ignore[arg-type]
