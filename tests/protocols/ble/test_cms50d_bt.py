import pytest

from protocols.ble.cms50d_bt import (
    START_SEQUENCE,
    Cms50dFramer,
    Command,
    Values,
    Wave,
    decode_frame,
    encode_command,
)
from protocols.ble.codec.checksums import sum7
from protocols.ble.codec.errors import Damage
from tests.support.refusals import does_not_fit, refused

FRAME = "cms50d_bt.frame"


def test_every_command_ends_with_its_checksum() -> None:
    assert all(data[-1] == sum7(data[:-1]) for data in map(encode_command, Command))
    assert [encode_command(command).hex() for command in START_SEQUENCE] == [
        "8101",
        "8202",
        "9a1a",
        "9b001b",
        "9b011c",
    ]


def test_the_finger_is_a_guess_that_may_be_open() -> None:
    fingers = [Values(status=status, pulse_rate_per_min=60, spo2_percent=98).finger for status in (4, 6, 5)]
    assert fingers == [False, True, None]


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        (FRAME, "", (Damage.TOO_SHORT, 0)),
        (FRAME, "ea000348093f", (Damage.HEADER, 0)),
        (FRAME, "eb", (Damage.TOO_SHORT, 1)),
        (FRAME, "eb020348093f", (Damage.UNKNOWN_CODE, 1)),
        (FRAME, "eb0003480900", (Damage.CHECKSUM, 5)),
        (FRAME, "eb000348093f00", (Damage.TOO_LONG, 6)),
        (FRAME, "eb0104", (Damage.TOO_SHORT, 3)),
        ("cms50d_bt.command", "9a1b", (Damage.CHECKSUM, 1)),
        ("cms50d_bt.command", "9c1c", (Damage.UNKNOWN_CODE, 0)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(message, frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit(FRAME, Wave(status=0, pleth=256, bar=0))
    does_not_fit(FRAME, Values(status=0, pulse_rate_per_min=0, spo2_percent=0, other=b""))


def test_frames_of_both_kinds_come_out_of_pieces() -> None:
    wave, values = bytes.fromhex("eb000348093f"), bytes.fromhex("eb010453637f0025")
    framer = Cms50dFramer()
    assert framer.feed(b"\xeb") == []
    assert framer.feed(wave[1:] + values + b"\xeb") == [decode_frame(wave), decode_frame(values)]
    assert framer.pending == 1
    damage, found = framer.feed(b"\x07" + wave)
    assert found == decode_frame(wave)
    assert "skipped 2 bytes" in str(damage)
