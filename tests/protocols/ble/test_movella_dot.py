"""Movella DOT payloads: the specification's sizes, what carries which mode, padding, each damage."""

from dataclasses import replace

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.movella_dot import (
    LONG_PAYLOAD,
    MEDIUM_PAYLOAD,
    SHORT_PAYLOAD,
    DotSample,
    DotStatus,
    PayloadMode,
    decode_payload,
    encode_payload,
    payload_characteristic,
    payload_size,
)
from tests.support.refusals import does_not_fit, refused

SIZES = {
    PayloadMode.HIGH_FIDELITY_WITH_MAG: 35,
    PayloadMode.EXTENDED_QUATERNION: 36,
    PayloadMode.COMPLETE_QUATERNION: 32,
    PayloadMode.ORIENTATION_EULER: 16,
    PayloadMode.ORIENTATION_QUATERNION: 20,
    PayloadMode.FREE_ACCELERATION: 16,
    PayloadMode.EXTENDED_EULER: 32,
    PayloadMode.COMPLETE_EULER: 28,
    PayloadMode.HIGH_FIDELITY: 29,
    PayloadMode.DELTA_WITH_MAG: 38,
    PayloadMode.DELTA: 32,
    PayloadMode.RATE_WITH_MAG: 34,
    PayloadMode.RATE: 28,
    PayloadMode.CUSTOM_1: 40,
    PayloadMode.CUSTOM_2: 34,
    PayloadMode.CUSTOM_3: 32,
    PayloadMode.CUSTOM_4: 51,
    PayloadMode.CUSTOM_5: 44,
}


def test_sizes_are_those_of_the_specification() -> None:
    assert {mode: payload_size(mode) for mode in PayloadMode} == SIZES


def test_each_mode_goes_out_on_the_shortest_characteristic_that_holds_it() -> None:
    carried = {mode: payload_characteristic(mode) for mode in PayloadMode}
    short = {PayloadMode.ORIENTATION_EULER, PayloadMode.ORIENTATION_QUATERNION, PayloadMode.FREE_ACCELERATION}
    long = {PayloadMode.CUSTOM_4, PayloadMode.CUSTOM_5}
    assert {mode for mode, uuid in carried.items() if uuid == SHORT_PAYLOAD} == short
    assert {mode for mode, uuid in carried.items() if uuid == LONG_PAYLOAD} == long
    assert sum(uuid == MEDIUM_PAYLOAD for uuid in carried.values()) == len(PayloadMode) - 5


def test_padding_of_the_sensor_is_kept() -> None:
    frame = bytes.fromhex("d8052244af9640406b2aa7405add14c000000000")
    sample = decode_payload(PayloadMode.FREE_ACCELERATION, frame)
    assert sample.timestamp_us == 0x442205D8
    assert sample.free_acc_m_s2 == pytest.approx((3.0092, 5.2239, -2.3260), abs=5e-5)
    assert sample.padding == bytes(4)
    assert encode_payload(PayloadMode.FREE_ACCELERATION, sample) == frame
    bare = encode_payload(PayloadMode.FREE_ACCELERATION, replace(sample, padding=b""))
    assert bare == frame[:16]


def test_what_only_the_vendor_can_read_is_passed_on() -> None:
    frame = bytes(range(51))
    sample = decode_payload(PayloadMode.CUSTOM_4, frame)
    assert sample.high_fidelity == frame[4:]
    assert encode_payload(PayloadMode.CUSTOM_4, sample) == frame


def test_status_names_what_was_clipped() -> None:
    frame = bytes(32) + bytes.fromhex("08020105")
    sample = decode_payload(PayloadMode.EXTENDED_QUATERNION, frame)
    assert sample.status == DotStatus.GYR_X_CLIPPED | DotStatus.MAG_IS_NEW
    assert (sample.acc_clippings, sample.gyr_clippings) == (1, 5)


@pytest.mark.parametrize(
    ("message", "size", "refusal"),
    [
        ("orientation_quaternion", 19, (Damage.TOO_SHORT, 19)),
        ("orientation_quaternion", 21, (Damage.TOO_LONG, 20)),
        ("rate", 41, (Damage.TOO_LONG, 40)),
        ("custom_5", 64, (Damage.TOO_LONG, 63)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, size: int, refusal: tuple[Damage, int]) -> None:
    assert refused(f"movella_dot.{message}", "00" * size) == refusal


def test_samples_of_another_mode_are_refused() -> None:
    euler = DotSample(timestamp_us=1, euler_deg=(1.0, 2.0, 3.0))
    does_not_fit("movella_dot.orientation_quaternion", euler)
    does_not_fit("movella_dot.complete_euler", euler)
    does_not_fit("movella_dot.orientation_euler", replace(euler, free_acc_m_s2=(0.0, 0.0, 0.0)))
    does_not_fit("movella_dot.orientation_euler", replace(euler, high_fidelity=bytes(12)))
    does_not_fit("movella_dot.high_fidelity", euler)


def test_values_that_do_not_fit_are_refused() -> None:
    euler = DotSample(timestamp_us=1, euler_deg=(1.0, 2.0, 3.0))
    does_not_fit("movella_dot.orientation_euler", replace(euler, timestamp_us=1 << 32))
    does_not_fit("movella_dot.orientation_euler", replace(euler, padding=bytes(5)))
    does_not_fit("movella_dot.high_fidelity", DotSample(timestamp_us=1, high_fidelity=bytes(24)))
