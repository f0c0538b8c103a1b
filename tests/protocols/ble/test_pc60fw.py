from dataclasses import replace

import pytest

from protocols.ble.codec.checksums import crc8_maxim
from protocols.ble.codec.errors import Damage, DecodeError
from protocols.ble.pc60fw import (
    Battery,
    Enable,
    Pc60FwFramer,
    ValueFlags,
    Values,
    Wave,
    WorkingStatus,
    decode_body,
    decode_frame,
    encode_frame,
)
from tests.support.refusals import does_not_fit, refused


def sealed(text: str) -> str:
    body = bytes.fromhex(text)
    return (body + bytes((crc8_maxim(body),))).hex()


def test_enable_commands_are_kind_84_and_85() -> None:
    assert encode_frame(Enable()).hex()[:-2] == "aa550f038401"
    assert encode_frame(Enable(wave=True, on=False)).hex()[:-2] == "aa550f038500"


def test_the_upper_bit_of_a_sample_marks_a_beat() -> None:
    wave = decode_frame(bytes.fromhex(sealed("aa550f07020181037f80")))
    assert wave == Wave(samples=(1, 1, 3, 127, 0), beats=(False, True, False, False, True))


def test_the_crc_runs_over_the_whole_frame() -> None:
    assert crc8_maxim(encode_frame(Battery(level=2))) == 0


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("frame", "aa55f00300", (Damage.TOO_SHORT, 5)),
        ("frame", "aa56f003030300", (Damage.HEADER, 0)),
        ("frame", "aa55f004030300", (Damage.LENGTH_FIELD, 3)),
        ("frame", "aa55f003030300", (Damage.CHECKSUM, 6)),
        ("frame", sealed("aa55f0030403"), (Damage.UNKNOWN_CODE, 2)),
        ("frame", sealed("aa550f038402"), (Damage.UNKNOWN_CODE, 5)),
        ("frame", sealed("aa550f040101" + "00"), (Damage.LENGTH_FIELD, 3)),
        ("body", "0f08", (Damage.TOO_SHORT, 2)),
        ("body", "0f0801603e005000", (Damage.LENGTH_FIELD, 1)),
        ("body", "f0030403", (Damage.UNKNOWN_CODE, 0)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"pc60fw.{message}", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    values = Values(
        spo2_percent=97, pulse_rate_per_min=60, perfusion_index_percent=1.0, flags=ValueFlags.SEARCHING
    )
    does_not_fit("pc60fw.frame", replace(values, pulse_rate_per_min=65536))
    does_not_fit("pc60fw.frame", Wave(samples=(1, 2, 3, 4)))
    does_not_fit("pc60fw.frame", Wave(samples=(1, 2, 3, 4, 128)))
    does_not_fit("pc60fw.frame", Wave(samples=(1, 2, 3, 4, 5), beats=(True,)))
    does_not_fit("pc60fw.frame", WorkingStatus(content=b""))
    does_not_fit("pc60fw.body", Battery(level=256))


def test_a_false_beginning_is_passed_over() -> None:
    stream = b"\xaa\xaa\x55\x01\xaa\x55\x0f\x01" + encode_frame(Battery(level=1))
    *skipped, found = Pc60FwFramer().feed(stream)
    assert found == Battery(level=1)
    assert len(skipped) == 1


def test_a_body_is_as_long_as_the_longest_frame_allows() -> None:
    """Thirty-two bytes with header and checksum: twenty-nine without."""
    for size, damage in ((29, None), (30, Damage.TOO_LONG)):
        with pytest.raises(DecodeError) as refusal:
            decode_body(bytes((0x0F, 0x00)) + bytes(size - 2))
        assert (refusal.value.damage is Damage.TOO_LONG) is (damage is Damage.TOO_LONG)
