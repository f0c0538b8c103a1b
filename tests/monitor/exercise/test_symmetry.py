import pytest

from monitor.exercise.symmetry import range_symmetry
from tests.monitor.exercise.made import repetition


def side(rom_deg: float, **more: bool) -> tuple:
    return tuple(repetition(rom_deg=rom_deg, **more) for _ in range(3))


def test_index_and_limb() -> None:
    found = range_symmetry(side(60.0), side(80.0), involved_left=True)
    assert found is not None
    assert found.index_percent == pytest.approx(200 * -20 / 140)
    assert found.limb_percent == pytest.approx(75.0)
    assert found.difference_deg == pytest.approx(-20.0)
    assert found.detectable
    other = range_symmetry(side(60.0), side(80.0), involved_left=False)
    assert other is not None
    assert other.limb_percent == pytest.approx(100 * 80 / 60)


def test_a_difference_within_the_error_is_none() -> None:
    found = range_symmetry(side(78.0), side(80.0), involved_left=True)
    assert found is not None
    assert not found.detectable


def test_without_measured_repetitions_there_is_nothing_to_compare() -> None:
    assert range_symmetry((), side(80.0), involved_left=True) is None
    assert range_symmetry(side(60.0, interrupted=True), side(80.0), involved_left=True) is None
    assert range_symmetry(side(0.0), side(0.0), involved_left=True) is None


def test_a_limb_against_one_that_does_not_move() -> None:
    found = range_symmetry(side(60.0), side(0.0), involved_left=True)
    assert found is not None
    assert found.limb_percent == float("inf")
