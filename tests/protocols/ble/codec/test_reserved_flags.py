"""Bits reserved for future use: they mean nothing, and come back to the byte."""

from dataclasses import replace

import pytest

from protocols.ble import catalog
from protocols.ble.codec.errors import EncodeError
from protocols.ble.codec.reserved_flags import reserved
from tests.support.refusals import does_not_fit

# A frame with all reserved bits set, and the same without.
PAIRS = [
    ("pulse_oximeter.continuous", "e062004800", "0062004800"),
    ("pulse_oximeter.continuous", "08620048001000ff", "0862004800100000"),
    ("pulse_oximeter.spot_check", "e062004800", "0062004800"),
    ("pulse_oximeter.spot_check", "04620048001000ff", "0462004800100000"),
    ("pulse_oximeter.features", "02001000ff", "0200100000"),
    ("blood_pressure.measurement", "e0480051004000", "00480051004000"),
    ("blood_pressure.intermediate_cuff_pressure", "e04800ff07ff07", "004800ff07ff07"),
    ("heart_rate.measurement", "f048fa03", "1048fa03"),
]


@pytest.mark.parametrize(("name", "frame", "plain"), PAIRS)
def test_they_are_kept_and_do_not_count(name: str, frame: str, plain: str) -> None:
    message = catalog.message(name)
    assert message is not None
    with_bits, without = (message.decode(bytes.fromhex(digits)) for digits in (frame, plain))
    assert with_bits == without
    assert message.encode(with_bits).hex() == frame
    assert message.encode(without).hex() == plain


@pytest.mark.parametrize("name", sorted({name for name, _, _ in PAIRS} - {"pulse_oximeter.features"}))
@pytest.mark.parametrize("bits", [0x01, 0x1F, 0x100, -1])
def test_other_bits_cannot_be_slipped_in(name: str, bits: int) -> None:
    message = catalog.message(name)
    assert message is not None
    frame = next(plain for of, _, plain in PAIRS if of == name)
    does_not_fit(name, replace(message.decode(bytes.fromhex(frame)), reserved_flags=bits))


@pytest.mark.parametrize("name", sorted(name for name, frame, _ in PAIRS if frame.endswith("ff")))
def test_bits_of_a_sensor_status_need_one(name: str) -> None:
    message = catalog.message(name)
    assert message is not None
    measurement = message.decode(bytes.fromhex("0000" if "features" in name else "0062004800"))
    does_not_fit(name, replace(measurement, reserved_sensor_status=1))


def test_the_reserved_bits_themselves() -> None:
    assert reserved("test", 0xE0) == 0xE0
    with pytest.raises(EncodeError, match="reserved_flags"):
        reserved("test", 0x10)
