"""Movella DOT control, heading, settings and battery: published commands and each damage."""

from dataclasses import replace

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.movella_dot import PayloadMode
from protocols.ble.movella_dot_device import (
    Apply,
    BatteryStatus,
    Control,
    DeviceControl,
    Heading,
    decode_device_control,
    encode_control,
    encode_device_control,
    encode_heading,
)
from tests.support.refusals import does_not_fit, refused

SETTINGS = DeviceControl(apply=Apply.OUTPUT_RATE, output_rate_hz=60)


def test_start_and_stop() -> None:
    mode = PayloadMode.COMPLETE_QUATERNION
    assert encode_control(Control(running=True, mode=mode)).hex() == "010103"
    assert encode_control(Control(running=False, mode=mode)).hex() == "010003"


def test_heading_is_reset_and_reverted() -> None:
    assert encode_heading(Heading.RESET).hex() == "0100"
    assert encode_heading(Heading.REVERT).hex() == "0700"


def test_a_rate_is_applied_without_touching_the_rest() -> None:
    frame = encode_device_control(SETTINGS)
    assert len(frame) == 32
    assert frame[0] == 0x10
    assert frame[24:26].hex() == "3c00"
    assert frame[3:7].hex() == "0a001e00"
    assert decode_device_control(frame) == SETTINGS


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("control", "0101", (Damage.TOO_SHORT, 2)),
        ("control", "020105", (Damage.UNKNOWN_CODE, 0)),
        ("control", "010205", (Damage.UNKNOWN_CODE, 1)),
        ("control", "010108", (Damage.UNKNOWN_CODE, 2)),
        ("heading", "01", (Damage.TOO_SHORT, 1)),
        ("heading", "0200", (Damage.UNKNOWN_CODE, 0)),
        ("device_control", "00" * 31, (Damage.TOO_SHORT, 31)),
        ("device_control", "00" * 7 + "11" + "00" * 24, (Damage.VALUE, 7)),
        ("device_control", "00" * 4 + "3c" + "00" * 27, (Damage.VALUE, 4)),
        ("device_control", "00" * 6 + "3c" + "00" * 25, (Damage.VALUE, 6)),
        ("battery", "6400ff", (Damage.TOO_LONG, 2)),
        ("battery", "6500", (Damage.VALUE, 0)),
        ("battery", "6402", (Damage.UNKNOWN_CODE, 1)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"movella_dot_device.{message}", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    name = "movella_dot_device.device_control"
    does_not_fit(name, replace(SETTINGS, tag=bytes(15)))
    does_not_fit(name, replace(SETTINGS, reserved=bytes(6)))
    does_not_fit(name, replace(SETTINGS, tag_length=17))
    does_not_fit(name, replace(SETTINGS, output_rate_hz=1 << 16))
    does_not_fit(name, replace(SETTINGS, connection_timeout_s=256 * 60))
    does_not_fit("movella_dot_device.battery", BatteryStatus(level_percent=101, charging=False))
