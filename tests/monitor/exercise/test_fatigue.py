import pytest

from monitor.exercise.fatigue import fatigue_of
from tests.monitor.exercise.made import repetition


def set_of(speeds: list[float], ranges: list[float] | None = None) -> list:
    ranges = ranges or [80.0] * len(speeds)
    return [repetition(peak_rate_deg_s=s, rom_deg=r) for s, r in zip(speeds, ranges, strict=True)]


def test_lost_speed_gives_a_cue() -> None:
    found = fatigue_of(set_of([100, 100, 100, 95, 78, 75]))
    assert found is not None
    assert found.speed_loss_percent == pytest.approx(23.5)
    assert found.range_loss_percent == pytest.approx(0.0)
    assert found.cue


def test_one_slow_repetition_is_an_accident() -> None:
    found = fatigue_of(set_of([100, 100, 100, 100, 95, 70]))
    assert found is not None
    assert not found.cue


def test_lost_range_gives_a_cue_when_it_exceeds_the_error() -> None:
    found = fatigue_of(set_of([100] * 6, [80, 80, 80, 75, 66, 64]))
    assert found is not None
    assert found.cue
    small = fatigue_of(set_of([100] * 6, [20, 20, 20, 19, 16.5, 16]))
    assert small is not None
    assert not small.cue


def test_the_beginning_of_a_set_tells_nothing() -> None:
    assert fatigue_of(set_of([100] * 4)) is None
    hidden = [repetition(interrupted=True) for _ in range(6)]
    assert fatigue_of(hidden) is None
    assert fatigue_of(set_of([0.0] * 6)) is None
