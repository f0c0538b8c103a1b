from dataclasses import replace

import pytest

from protocols.ble.berrymed import (
    BciFrame,
    BerryFrame,
    BerryMedFramer,
    BerryStatus,
    decode_bci,
    decode_berry,
    decode_frame,
    encode_bci,
    encode_berry,
    encode_frame,
)
from protocols.ble.codec.errors import Damage
from tests.support.refusals import does_not_fit, refused
from tests.support.samples import EXTRA

ON_FINGER: BciFrame = EXTRA["berrymed.bci"][0]
BERRY: BerryFrame = EXTRA["berrymed.berry"][0]


def test_bit_7_of_the_pulse_rate_is_bit_6_of_the_third_byte() -> None:
    assert encode_bci(ON_FINGER).hex() == "c737491662"
    assert decode_bci(bytes.fromhex("8001000a62")).pulse_rate_per_min == 10
    assert decode_bci(bytes.fromhex("8001400a62")).pulse_rate_per_min == 138


def test_missing_values_are_none() -> None:
    frame = decode_bci(bytes.fromhex("b0007f7f7f"))
    assert (frame.pleth, frame.pulse_rate_per_min, frame.spo2_percent) == (None, None, None)
    assert frame.no_signal
    assert frame.probe_unplugged
    assert frame.no_finger
    assert frame.searching


def test_the_places_of_a_berry_frame() -> None:
    """By the table of the protocol V1.5, byte by byte."""
    body = bytes.fromhex("ffaa 07 08 61 60 48 4a a600 2a 28 3c 90eefeff 58 32".replace(" ", ""))
    frame = decode_berry(body + bytes((sum(body) & 0xFF,)))
    assert (frame.packet_index, frame.status) == (7, BerryStatus.BEAT)
    assert (frame.spo2_percent, frame.spo2_now_percent) == (97, 96)
    assert (frame.pulse_rate_per_min, frame.pulse_rate_now_per_min) == (72, 74)
    assert (frame.perfusion_index_percent, frame.perfusion_index_now_percent) == (4.2, 4.0)
    assert (frame.rr_interval_5_ms, frame.pleth, frame.adc_sample) == (166, 60, -70_000)
    assert (frame.battery_percent, frame.packet_rate) == (88, 50)


def test_a_berry_frame_without_a_finger_has_no_values() -> None:
    body = bytes.fromhex("ffaa 00 02 7f 7f ff ff 0000 00 00 00 00000000 58 01".replace(" ", ""))
    frame = decode_berry(body + bytes((sum(body) & 0xFF,)))
    assert frame.status is BerryStatus.NO_FINGER
    assert (frame.spo2_percent, frame.pulse_rate_per_min, frame.perfusion_index_percent) == (None, None, None)
    assert (frame.spo2_now_percent, frame.pulse_rate_now_per_min, frame.pleth) == (None, None, None)


def test_a_frame_of_either_kind_by_its_length() -> None:
    assert decode_frame(encode_bci(ON_FINGER)) == ON_FINGER
    assert decode_frame(encode_frame(BERRY)) == BERRY
    assert encode_frame(ON_FINGER) == encode_bci(ON_FINGER)
    assert refused("berrymed.frame", "80" * 6) == (Damage.TOO_SHORT, 6)


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("berrymed.bci", "80000000", (Damage.TOO_SHORT, 4)),
        ("berrymed.bci", "0000000000", (Damage.HEADER, 0)),
        ("berrymed.bci", "8000800000", (Damage.VALUE, 2)),
        ("berrymed.berry", "ffab" + "00" * 18, (Damage.HEADER, 0)),
        ("berrymed.berry", "ffaa" + "00" * 18, (Damage.CHECKSUM, 19)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(message, frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit("berrymed.bci", replace(ON_FINGER, signal_strength=16))
    does_not_fit("berrymed.bci", replace(ON_FINGER, spo2_percent=127))
    does_not_fit("berrymed.berry", replace(BERRY, spo2_percent=127))
    does_not_fit("berrymed.berry", replace(BERRY, pulse_rate_now_per_min=256))
    does_not_fit("berrymed.berry", replace(BERRY, perfusion_index_percent=0.0))


def test_both_kinds_come_out_of_one_stream() -> None:
    stream = encode_bci(ON_FINGER) * 2 + encode_berry(BERRY) + encode_bci(ON_FINGER)
    assert BerryMedFramer().feed(stream) == [ON_FINGER, ON_FINGER, BERRY, ON_FINGER]


def test_what_begins_like_neither_kind_is_skipped() -> None:
    damage, found = BerryMedFramer().feed(b"\x00" + encode_bci(ON_FINGER))
    assert found == ON_FINGER
    assert "skipped 1 bytes" in str(damage)


def test_a_bci_frame_waits_for_its_second_byte() -> None:
    """FF alone may begin a frame of either kind."""
    framer = BerryMedFramer()
    frame = encode_bci(replace(ON_FINGER, no_signal=True, probe_unplugged=True, signal_strength=15))
    assert frame[0] == 0xFF
    assert framer.feed(frame[:1]) == []
    assert framer.feed(frame[1:])[0] == decode_bci(frame)
