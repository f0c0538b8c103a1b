"""WalkingPad: one question, one answer, and no command that moves the belt."""

from dataclasses import replace

import pytest

from protocols.ble.codec.checksums import sum8
from protocols.ble.codec.errors import Damage, DecodeError
from protocols.ble.walkingpad import (
    ASK_STATUS,
    Status,
    decode_command,
    decode_status,
    encode_command,
    encode_status,
)
from tests.support.refusals import does_not_fit, refused

WALK = Status(belt_state=1, speed_km_h=2.5, mode=1, elapsed_s=64, distance_m=40, steps=71)


def sealed(body: bytes) -> bytes:
    return body[:1] + body[1:] + bytes((sum8(body[1:]), 0xFD))


def test_numbers_are_big_endian_and_distances_tens_of_metres() -> None:
    assert (
        encode_status(WALK).hex() == "f8a2" + "011901" + "000040" + "000004" + "000047" + "00000000" + "48fd"
    )
    assert decode_status(encode_status(WALK)) == WALK


@pytest.mark.parametrize("second", range(1, 256))
def test_no_other_command_of_a2_can_be_read(second: int) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_command(sealed(bytes((0xF7, 0xA2, second, 0))))
    assert (caught.value.damage, caught.value.offset) == (Damage.UNKNOWN_CODE, 2)


def test_the_question_is_the_only_thing_that_can_be_built() -> None:
    assert encode_command(ASK_STATUS).hex() == "f7a20000a2fd"


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("walkingpad.status", "f7a2" + "00" * 16 + "a2fd", (Damage.HEADER, 0)),
        ("walkingpad.status", "f8a2" + "00" * 16 + "a2fc", (Damage.HEADER, 0)),
        ("walkingpad.status", "f8a7" + "00" * 16 + "a7fd", (Damage.UNKNOWN_CODE, 1)),
        ("walkingpad.status", "f8a2" + "00" * 16 + "a3fd", (Damage.CHECKSUM, 18)),
        ("walkingpad.status", "f8a2" + "00" * 15 + "a2fd", (Damage.TOO_SHORT, 19)),
        ("walkingpad.command", "f8a20000a2fd", (Damage.HEADER, 0)),
        ("walkingpad.command", "f7a20000a3fd", (Damage.CHECKSUM, 4)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(message, frame) == refusal


@pytest.mark.parametrize(
    "change", [{"distance_m": 45}, {"speed_km_h": 2.55}, {"steps": 1 << 24}, {"belt_state": 256}]
)
def test_values_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    does_not_fit("walkingpad.status", replace(WALK, **change))  # type: ignore[arg-type]
