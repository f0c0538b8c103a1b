from dataclasses import replace

import pytest

from protocols.ble.berrymed import BciFrame, BerryFrame, BerryMedFramer, decode_bci, encode_bci, encode_berry
from protocols.ble.errors import Damage
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
    does_not_fit("berrymed.berry", replace(BERRY, other=b"short"))
    does_not_fit("berrymed.berry", replace(BERRY, spo2_percent=256))


def test_both_kinds_come_out_of_one_stream() -> None:
    stream = encode_bci(ON_FINGER) * 2 + encode_berry(BERRY) + encode_bci(ON_FINGER)
    assert BerryMedFramer().feed(stream) == [ON_FINGER, ON_FINGER, BERRY, ON_FINGER]
