"""Wheel and crank sensors: counters as sent."""

from protocols.ble.codec.errors import Damage
from protocols.ble.cycling_speed_cadence import CscMeasurement, decode_measurement, encode_measurement
from tests.support.refusals import does_not_fit, refused


def test_a_sensor_without_anything_to_say() -> None:
    assert decode_measurement(b"\x00") == CscMeasurement()


def test_counters_are_32_and_16_bits_wide() -> None:
    newest = CscMeasurement(
        wheel_revolutions=2**32 - 1, wheel_event_ticks=65_535, crank_revolutions=65_535, crank_event_ticks=0
    )
    assert encode_measurement(newest).hex() == "03ffffffffffffffff0000"
    does_not_fit(
        "cycling_speed_cadence.measurement", CscMeasurement(crank_revolutions=65_536, crank_event_ticks=0)
    )


def test_half_a_pair_is_no_measurement() -> None:
    assert refused("cycling_speed_cadence.measurement", "02c800") == (Damage.TOO_SHORT, 3)
    does_not_fit("cycling_speed_cadence.measurement", CscMeasurement(wheel_revolutions=1))
