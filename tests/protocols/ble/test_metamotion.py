"""MetaMotion: the order in which a stream is started and stopped, units, and each damage."""

from dataclasses import replace

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.metamotion import (
    Calibration,
    Command,
    CorrectedAcceleration,
    Gravity,
    LinearAcceleration,
    Mode,
    Orientation,
    Source,
    decode_fusion,
    encode_command,
    start,
    stop,
)
from tests.support.refusals import does_not_fit, refused


def test_a_stream_starts_sensors_then_the_mask_then_the_fusion() -> None:
    commands = [encode_command(command).hex() for command in start(Mode.NDOF, Source.QUATERNION)]
    assert commands == [
        "03020100",
        "13020100",
        "15020100",
        "030101",
        "130101",
        "150101",
        "19030800",
        "190101",
    ]


def test_sources_asked_for_twice_are_sent_once() -> None:
    commands = start(Mode.IMU_PLUS, Source.EULER, Source.LINEAR_ACC, Source.EULER)
    assert [encode_command(command).hex() for command in commands][-2:] == ["19035000", "190101"]


@pytest.mark.parametrize("mode", Mode)
def test_it_stops_in_the_opposite_order_with_the_same_sensors(mode: Mode) -> None:
    begun = [(command.module, command.register) for command in start(mode, Source.QUATERNION)]
    ended = [(command.module, command.register) for command in stop(mode)]
    half = (len(begun) - 2) // 2
    assert ended[:2] == begun[:-3:-1]
    assert ended[2:] == begun[half:-2] + begun[:half]
    assert [encode_command(command).hex() for command in stop(mode)][:2] == ["190100", "1903007f"]


def test_units() -> None:
    assert CorrectedAcceleration(acc_mg=(1000.0, -500.0, 0.0), accuracy=3).acc_g == (1.0, -0.5, 0.0)
    assert Gravity(gravity_m_s2=(9.80665, 0.0, -9.80665)).gravity_g == (1.0, 0.0, -1.0)
    assert LinearAcceleration(acc_m_s2=(0.0, 19.6133, 0.0)).acc_g == (0.0, 2.0, 0.0)


def test_an_accuracy_without_name_stays_a_number() -> None:
    assert decode_fusion(bytes.fromhex("198b030209")) == Calibration(acc=3, gyr=2, mag=9)


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("fusion", "19", (Damage.TOO_SHORT, 1)),
        ("fusion", "1807" + "00" * 16, (Damage.HEADER, 0)),
        ("fusion", "190b" + "00" * 12, (Damage.UNKNOWN_CODE, 1)),
        ("fusion", "1907" + "00" * 15, (Damage.TOO_SHORT, 17)),
        ("fusion", "1904" + "00" * 14, (Damage.TOO_LONG, 15)),
        ("command", "19", (Damage.TOO_SHORT, 1)),
        ("command", "00" * 21, (Damage.TOO_LONG, 20)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"metamotion.{message}", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit("metamotion.fusion", Orientation(quaternion_wxyz=(1.0, 0.0, 0.0)))  # type: ignore[arg-type]
    does_not_fit("metamotion.fusion", Calibration(acc=256, gyr=0, mag=0))
    command = Command(module=3, register=1, content=bytes(18))
    assert len(encode_command(command)) == 20
    does_not_fit("metamotion.command", replace(command, content=bytes(19)))
    does_not_fit("metamotion.command", replace(command, module=256))
