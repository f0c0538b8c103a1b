"""FitShow: one question, three lengths of answers, and no command that moves the belt."""

from dataclasses import replace

import pytest

from protocols.ble.codec.checksums import xor8
from protocols.ble.codec.errors import Damage, DecodeError
from protocols.ble.fitshow import (
    ASK_STATUS,
    Run,
    State,
    Status,
    decode_command,
    decode_status,
    encode_command,
    encode_status,
)
from tests.support.refusals import does_not_fit, refused

RUN = Run(speed_raw=30, incline_percent=-2, elapsed_s=300, distance_m=250, energy_raw=66, steps=400)
RUNS = Status(state=State.RUNS, run=RUN)


def sealed(body: bytes) -> bytes:
    return b"\x02" + body + bytes((xor8(body), 3))


def test_numbers_are_little_endian_and_an_incline_may_go_down() -> None:
    assert encode_status(RUNS) == sealed(bytes.fromhex("51031efe2c01fa00420090010000"))
    assert decode_status(encode_status(RUNS)) == RUNS
    assert (RUN.speed_per_h, RUN.energy_kcal) == (3.0, 6.6)


@pytest.mark.parametrize("command", [0x50, 0x52, 0x53, 0x54])
def test_no_command_but_the_question_can_be_read(command: int) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_command(sealed(bytes((command, 1))))
    assert (caught.value.damage, caught.value.offset) == (Damage.UNKNOWN_CODE, 1)


def test_the_question_is_the_only_thing_that_can_be_built() -> None:
    assert encode_command(ASK_STATUS).hex() == "02515103"


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("fitshow.status", "0351005103", (Damage.HEADER, 0)),
        ("fitshow.status", "0251005104", (Damage.HEADER, 0)),
        ("fitshow.status", "0253020651" + "03", (Damage.UNKNOWN_CODE, 1)),
        ("fitshow.status", "0251005203", (Damage.CHECKSUM, 3)),
        ("fitshow.status", "0251085903", (Damage.UNKNOWN_CODE, 2)),
        ("fitshow.status", "02515103", (Damage.TOO_SHORT, 4)),
        ("fitshow.status", "025103080010004a03", (Damage.TOO_SHORT, 9)),
        ("fitshow.command", "0251005103", (Damage.TOO_LONG, 4)),
        ("fitshow.command", "02515003", (Damage.CHECKSUM, 2)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(message, frame) == refusal


@pytest.mark.parametrize(
    "status",
    [
        Status(state=State.STANDS, number=256),
        replace(RUNS, number=1),
        *(
            replace(RUNS, run=replace(RUN, **change))
            for change in ({"speed_raw": 256}, {"incline_percent": 128}, {"distance_m": 65536})
        ),
    ],
)
def test_values_that_do_not_fit_are_refused(status: Status) -> None:
    does_not_fit("fitshow.status", status)
