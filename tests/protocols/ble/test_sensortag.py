import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.sensortag import AccRange, Axes, Configuration, Movement, decode_period, encode_period
from tests.support.refusals import does_not_fit, refused


def test_the_scale_of_the_acceleration_follows_the_range() -> None:
    movement = Movement(gyr_raw=(32767, -32768, 13107), acc_raw=(4096, -32768, 0), mag_raw=(0, 0, 0))
    assert [acc_range.g for acc_range in AccRange] == [2, 4, 8, 16]
    assert movement.acc_g(AccRange.G_8) == (1.0, -8.0, 0.0)
    assert movement.acc_g(AccRange.G_2) == (0.25, -2.0, 0.0)
    assert movement.gyr_deg_s == pytest.approx((249.992, -250.0, 99.998), abs=1e-3)


def test_the_period_counts_tens_of_milliseconds() -> None:
    assert encode_period(100) == b"\x0a"
    assert decode_period(b"\xff") == 2550
    for wrong in (105, -10, 2560):
        does_not_fit("sensortag.period", wrong)


def test_damage_and_values_that_do_not_fit() -> None:
    assert refused("sensortag.movement", "00" * 17) == (Damage.TOO_SHORT, 17)
    assert refused("sensortag.configuration", "00") == (Damage.TOO_SHORT, 1)
    does_not_fit("sensortag.configuration", Configuration(axes=Axes(0x0100), acc_range=AccRange.G_2))
    does_not_fit("sensortag.configuration", Configuration(axes=Axes(0x10000), acc_range=AccRange.G_2))
    does_not_fit("sensortag.movement", Movement(gyr_raw=(32768, 0, 0), acc_raw=(0, 0, 0), mag_raw=(0, 0, 0)))
