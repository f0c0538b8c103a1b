"""Polar's manufacturer data: bits, the missing average, and each damage."""

from dataclasses import replace

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.polar_advertisement import (
    ManufacturerData,
    decode_manufacturer_data,
    encode_manufacturer_data,
)
from tests.support.refusals import does_not_fit, refused

MESSAGE = "polar_advertisement.manufacturer_data"
DATA = ManufacturerData(counter=5, code=7, fast_average_per_min=72, slow_average_per_min=70)


def test_each_flag_has_its_bit() -> None:
    flags = {
        0x01: replace(DATA, battery_low=True),
        0x02: replace(DATA, skin_contact=True),
        0x20: replace(DATA, broadcast=True),
        0x40: replace(DATA, data_type=True),
        0x80: replace(DATA, status=True),
    }
    for bit, data in flags.items():
        assert encode_manufacturer_data(data)[0] == 5 << 2 | bit
        assert decode_manufacturer_data(encode_manufacturer_data(data)) == data


def test_the_slow_average_is_what_is_shown() -> None:
    assert DATA.heart_rate_per_min == 70
    fast_only = decode_manufacturer_data(b"\x04\x00\x48")
    assert (fast_only.slow_average_per_min, fast_only.heart_rate_per_min) == (None, 72)


@pytest.mark.parametrize(
    ("frame", "refusal"), [("0000", (Damage.TOO_SHORT, 2)), ("00" * 5, (Damage.TOO_LONG, 4))]
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(MESSAGE, frame) == refusal


@pytest.mark.parametrize("change", [{"counter": 8}, {"code": 256}, {"slow_average_per_min": -1}])
def test_values_that_do_not_fit_are_refused(change: dict[str, int]) -> None:
    does_not_fit(MESSAGE, replace(DATA, **change))
