"""Battery level: the whole range, and nothing else."""

import pytest

from protocols.ble.battery import decode_level, encode_level
from protocols.ble.codec.errors import Damage
from tests.support.refusals import does_not_fit, refused


@pytest.mark.parametrize("level", [0, 1, 99, 100])
def test_levels(level: int) -> None:
    assert decode_level(bytes((level,))) == level
    assert encode_level(level) == bytes((level,))


def test_each_damage_is_named_and_placed() -> None:
    assert refused("battery.level", "") == (Damage.TOO_SHORT, 0)
    assert refused("battery.level", "6400") == (Damage.TOO_LONG, 1)
    assert refused("battery.level", "65") == (Damage.VALUE, 0)


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit("battery.level", 101)
    does_not_fit("battery.level", -1)
