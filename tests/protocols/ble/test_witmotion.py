import math

import pytest

from protocols.ble.codec.errors import Damage, DecodeError, EncodeError
from protocols.ble.witmotion import (
    MotionFrame,
    Rate,
    ReadRegister,
    RegisterFrame,
    WitMotionFramer,
    decode_command,
    decode_frame,
    encode_command,
    encode_frame,
    is_whole_motion,
)


def test_full_scale_is_16_g_2000_deg_s_and_180_deg() -> None:
    frame = MotionFrame((-32768, 2048, 0), (-32768, 16384, 0), (-32768, 16384, 0))
    assert frame.acc_m_s2 == pytest.approx((-16 * 9.80665, 9.80665, 0.0))
    assert frame.gyr_rad_s == pytest.approx((-math.radians(2000), math.radians(1000), 0.0))
    assert frame.euler_deg == (-180.0, 90.0, 0.0)


def test_registers_speak_of_their_own_quantity_only() -> None:
    values = (393, 1, 2, 3, 4, 5, 6, 7)
    assert RegisterFrame(register=0x64, values=values).battery_v == 3.93
    assert RegisterFrame(register=0x40, values=(2512, *values[1:])).temperature_celsius == 25.12
    assert RegisterFrame(register=0x3A, values=values).magnetic_field_raw == (393, 1, 2)
    quaternion = RegisterFrame(register=0x51, values=(-32768, 16384, 0, 8192, 0, 0, 0, 0)).quaternion_wxyz
    assert quaternion == (-1.0, 0.5, 0.0, 0.25)
    other = RegisterFrame(register=0x2E, values=values)
    assert (
        other.battery_v
        is other.temperature_celsius
        is other.magnetic_field_raw
        is other.quaternion_wxyz
        is None
    )


def test_the_motion_frame_is_little_endian() -> None:
    assert decode_frame(bytes.fromhex("5561" + "0100ff7f0080" + "000000000000" * 2)).acc_raw == (
        1,
        32767,
        -32768,
    )  # type: ignore[union-attr]


@pytest.mark.parametrize(("rate", "hz"), [(Rate.HZ_0_2, 0.2), (Rate.HZ_10, 10.0), (Rate.HZ_200, 200.0)])
def test_rates_know_their_hertz(rate: Rate, hz: float) -> None:
    assert rate.hz == hz


@pytest.mark.parametrize(
    ("frame", "damage", "offset"),
    [
        ("56" + "00" * 19, Damage.HEADER, 0),
        ("5562" + "00" * 18, Damage.UNKNOWN_CODE, 1),
        ("5561", Damage.TOO_SHORT, 2),
    ],
)
def test_each_damage_of_a_frame_is_named_and_placed(frame: str, damage: Damage, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_frame(bytes.fromhex(frame))
    assert (caught.value.damage, caught.value.offset) == (damage, offset)


@pytest.mark.parametrize(
    ("command", "damage", "offset"),
    [
        ("feaa000000", Damage.HEADER, 0),
        ("ffaa000100", Damage.UNKNOWN_CODE, 2),  # factory settings
        ("ffaa03ff00", Damage.UNKNOWN_CODE, 3),
        ("ffaa270001", Damage.UNKNOWN_CODE, 2),
        ("ffaa0000", Damage.TOO_SHORT, 4),
    ],
)
def test_commands_that_are_not_ours_are_refused(command: str, damage: Damage, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_command(bytes.fromhex(command))
    assert (caught.value.damage, caught.value.offset) == (damage, offset)


def test_values_that_do_not_fit_are_refused() -> None:
    with pytest.raises(EncodeError):
        encode_frame(MotionFrame((32768, 0, 0), (0, 0, 0), (0, 0, 0)))
    with pytest.raises(EncodeError):
        encode_frame(RegisterFrame(register=1, values=(1,)))
    with pytest.raises(EncodeError):
        encode_command(ReadRegister(register=256))


def test_a_frame_behind_garbage_is_found_in_any_notification() -> None:
    frame = encode_frame(MotionFrame((1, 2, 3), (4, 5, 6), (7, 8, 9)))
    framer = WitMotionFramer()
    assert framer.feed(b"\x01\x55") == []
    error, found = framer.feed(frame[:7]) + framer.feed(frame[7:])
    assert isinstance(error, DecodeError)
    assert error.hex == "0155"
    assert found == MotionFrame((1, 2, 3), (4, 5, 6), (7, 8, 9))


def test_whole_motion_is_motion_frames_and_nothing_else() -> None:
    motion = encode_frame(MotionFrame((1, 2, 3), (4, 5, 6), (7, 8, 9)))
    registers = encode_frame(RegisterFrame(register=0x64, values=(1, 2, 3, 4, 5, 6, 7, 8)))
    assert is_whole_motion(motion)
    assert is_whole_motion(motion * 12)
    for other in (b"", motion[:-1], motion[1:], motion + motion[:5], motion + registers, registers + motion):
        assert not is_whole_motion(other)
