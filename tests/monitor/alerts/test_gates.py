"""Which samples count: perfusion, flags, and the cuff on the same arm, for at most a minute."""

from dataclasses import replace

import pytest

from monitor.alerts.gates import CUFF_INFLATING, LOW_PERFUSION, POOR_SIGNAL_FLAGS, Gates
from monitor.samples import Code, Quality
from monitor.sensors import Arm
from tests.support.alert_bench import CUFF, OXIMETER, sample

SAME_ARM = (OXIMETER, replace(CUFF, arm=Arm.LEFT))


def test_a_good_sample_passes_untouched() -> None:
    one = sample(Code.SPO2_PERCENT, 97, 1)
    assert Gates([OXIMETER, CUFF]).mark(one) is one


@pytest.mark.parametrize("flag", sorted(POOR_SIGNAL_FLAGS))
def test_the_devices_own_doubts_make_a_sample_poor(flag: str) -> None:
    marked = Gates([OXIMETER]).mark(sample(Code.SPO2_PERCENT, 97, 1, flags=[flag]))
    assert (marked.value, marked.quality) == (97, Quality.POOR)


def test_a_missing_sample_stays_missing() -> None:
    marked = Gates([OXIMETER]).mark(sample(Code.SPO2_PERCENT, None, 1, flags=["sensor_off"]))
    assert marked.quality is Quality.MISSING


@pytest.mark.parametrize(
    ("perfusion", "at_s", "quality"),
    [(0.3, 10, Quality.GOOD), (0.29, 10, Quality.POOR), (0.1, 4, Quality.GOOD), (None, 10, Quality.GOOD)],
)
def test_perfusion(perfusion: float | None, at_s: float, quality: Quality) -> None:
    """Also: an index of more than five seconds ago says nothing about now."""
    gates = Gates([OXIMETER])
    gates.mark(sample(Code.PERFUSION_INDEX_PERCENT, perfusion, at_s))
    marked = gates.mark(sample(Code.SPO2_PERCENT, 97, 10))
    assert marked.quality is quality
    assert (LOW_PERFUSION in marked.flags) is (quality is Quality.POOR)


def inflate(gates: Gates, start_s: float, end_s: float, pressure: float = 150) -> None:
    for tenths in range(round(start_s * 2), round(end_s * 2)):
        gates.mark(sample(Code.CUFF_PRESSURE_MMHG, pressure, tenths / 2))


def gated(gates: Gates, at_s: float, code: Code = Code.SPO2_PERCENT) -> bool:
    return CUFF_INFLATING in gates.mark(sample(code, 97, at_s)).flags


def test_a_cuff_hides_the_pulse_of_its_own_arm() -> None:
    gates = Gates(SAME_ARM)
    inflate(gates, 10, 20)
    assert gated(gates, 20)
    assert gated(gates, 20, Code.PULSE_RATE_PER_MIN)
    assert not gated(gates, 23.6)  # three seconds of silence: it has ended


def test_a_cuff_on_the_other_arm_hides_nothing() -> None:
    gates = Gates([OXIMETER, CUFF])
    inflate(gates, 10, 20)
    assert not gated(gates, 20)


def test_without_knowing_the_arms_nothing_is_excused() -> None:
    gates = Gates([replace(OXIMETER, arm=None), replace(CUFF, arm=None)])
    inflate(gates, 10, 20)
    assert not gated(gates, 20)


def test_the_excuse_ends_after_a_minute() -> None:
    gates = Gates(SAME_ARM)
    inflate(gates, 10, 69)
    assert gated(gates, 69)
    inflate(gates, 69, 72)
    assert not gated(gates, 71)
    inflate(gates, 80, 85)  # the next measurement is another one
    assert gated(gates, 85)


def test_the_reading_ends_the_inflation() -> None:
    gates = Gates(SAME_ARM)
    inflate(gates, 10, 20)
    gates.mark(sample(Code.SYSTOLIC_MMHG, 130, 20))
    assert not gated(gates, 20.5)


def test_an_empty_cuff_inflates_nothing() -> None:
    gates = Gates(SAME_ARM)
    inflate(gates, 10, 20, pressure=5)
    gates.mark(sample(Code.CUFF_PRESSURE_MMHG, None, 20))
    assert not gated(gates, 20)


def test_other_values_are_not_gated() -> None:
    gates = Gates(SAME_ARM)
    inflate(gates, 10, 20)
    one = sample(Code.HEART_RATE_PER_MIN, 80, 20)
    assert gates.mark(one) is one


def test_the_excuse_holds_through_its_sixtieth_second_and_not_a_nanosecond_longer() -> None:
    gates = Gates(SAME_ARM)
    inflate(gates, 10, 70)
    assert gated(gates, 70.0)
    assert not gated(gates, 70.000000001)


@pytest.mark.parametrize(("pressure", "hides"), [(10.0, True), (9.9, False)])
def test_a_cuff_is_inflated_from_ten_millimetres_on(pressure: float, hides: bool) -> None:
    gates = Gates(SAME_ARM)
    inflate(gates, 10, 20, pressure=pressure)
    assert gated(gates, 20) is hides
