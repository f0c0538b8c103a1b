from dataclasses import replace

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.jks50f import Jks50fFramer, Values, decode_frame, encode_frame
from tests.support.refusals import does_not_fit, refused
from tests.support.samples import EXTRA

VALUES: Values = EXTRA["jks50f.frame"][0]


def test_the_perfusion_index_has_7_and_6_bits() -> None:
    data = encode_frame(VALUES)
    assert len(data) == 69
    assert data[6] & 0x7F | (data[7] & 0x3F) << 7 == 1234
    assert data[-1] == (sum(data[:-1]) + 1) % 256


def test_127_means_no_value_even_if_it_is_the_rate() -> None:
    frame = encode_frame(
        replace(VALUES, pulse_rate_per_min=None, spo2_percent=None, perfusion_index_percent=None)
    )
    assert (frame[4], frame[5]) == (127, 127)
    assert decode_frame(frame).pulse_rate_per_min is None
    does_not_fit("jks50f.frame", replace(VALUES, pulse_rate_per_min=127))


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("ff4401" + "00" * 65, (Damage.TOO_SHORT, 68)),
        ("ff4402" + "00" * 66, (Damage.HEADER, 0)),
        ("ff4401" + "00" * 66, (Damage.CHECKSUM, 68)),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused("jks50f.frame", frame) == refusal


@pytest.mark.parametrize(
    "change",
    [
        {"perfusion_index_percent": 81.92},
        {"perfusion_index_percent": 81.91},
        {"perfusion_flags": 8},
        {"other": b""},
        {"finger_flag": 256},
    ],
)
def test_values_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    does_not_fit("jks50f.frame", replace(VALUES, **change))  # type: ignore[arg-type]


def test_a_frame_in_pieces_is_put_together() -> None:
    frame = encode_frame(VALUES)
    framer = Jks50fFramer()
    assert framer.feed(frame[:2]) == []
    assert framer.feed(frame[2:20]) == []
    assert framer.feed(frame[20:]) == [VALUES]
    damage, found = framer.feed(b"\xff\x45" + frame)
    assert found == VALUES
    assert "skipped 2 bytes" in str(damage)
