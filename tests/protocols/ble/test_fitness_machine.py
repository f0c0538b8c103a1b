"""Fitness machines: what specifications and machines say differently, and each damage."""

from dataclasses import replace

import pytest

from protocols.ble import catalog, fitness_machine
from protocols.ble.codec.errors import Damage
from protocols.ble.fitness_machine import (
    Energy,
    Incline,
    MachineStatus,
    StatusCode,
    TreadmillData,
    decode_indoor_bike,
    decode_status,
    decode_treadmill,
    encode_treadmill,
)
from tests.support.refusals import does_not_fit, refused

WALK = TreadmillData(speed_km_h=4.5, distance_m=70_000, incline=Incline(inclination_percent=-1.5))


def test_a_distance_has_24_bits_and_an_incline_a_sign() -> None:
    data = encode_treadmill(WALK)
    assert data.hex() == "0c00" + "c201" + "701101" + "f1ff" + "ff7f"
    assert decode_treadmill(data) == WALK


def test_with_more_data_there_is_no_speed_in_this_one() -> None:
    assert decode_treadmill(bytes.fromhex("0100")) == TreadmillData()
    assert decode_indoor_bike(bytes.fromhex("4500" + "8200" + "2201")).cadence_per_min == 65.0


def test_a_matrix_treadmill_announces_more_than_it_sends() -> None:
    """20 bytes: the smallest notification; energy and what follows are announced and never come."""
    record = decode_treadmill(
        bytes((158, 31, 81, 0, 178, 0, 88, 0, 0, 0, 0, 255, 127, 0, 0, 255, 255, 12, 0, 151))
    )
    assert record.speed_km_h == 0.81
    assert record.energy is None
    assert record.unsent == 0x1F80
    assert refused("fitness_machine.treadmill", "9e1f5100b20058000000") == (Damage.TOO_SHORT, 10)


def test_the_machine_says_that_the_safety_key_was_pulled() -> None:
    assert decode_status(b"\x03") == MachineStatus(code=StatusCode.STOPPED_BY_SAFETY_KEY)
    assert refused("fitness_machine.status", "77") == (Damage.UNKNOWN_CODE, 0)
    does_not_fit("fitness_machine.status", MachineStatus(code=StatusCode.RESET, parameter=bytes(512)))


@pytest.mark.parametrize(
    "change",
    [
        {"speed_km_h": 655.36},
        {"speed_km_h": -1.0},
        {"speed_km_h": 1.234},
        {"distance_m": 1 << 24},
        {"heart_rate_per_min": 256},
        {"incline": Incline(inclination_percent=3276.7)},
        {"energy": Energy(total_kcal=0xFFFF)},
    ],
)
def test_values_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    does_not_fit("fitness_machine.treadmill", replace(WALK, **change))  # type: ignore[arg-type]


def test_nothing_can_be_built_that_moves_a_belt() -> None:
    control_point = "00002ad9-0000-1000-8000-00805f9b34fb"
    assert catalog.messages_of(control_point) == ()
    assert not any("control" in name for name in dir(fitness_machine))
