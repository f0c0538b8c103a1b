"""What repetitions and sets say to the outside."""

import dataclasses
import math

import pytest

from monitor.exercise.sets import SetSummary
from monitor.plan.exercise import Exercise
from monitor.session.reports import repetition_counted, set_ended, symmetry_of
from tests.monitor.exercise.made import repetition

NS = 1_000_000_000


def exercise(side: str = "right", **changed: object) -> Exercise:
    fields = {
        "name": f"extension {side}",
        "joint": "knee",
        "side": side,
        "sets": 2,
        "repetitions": 3,
        "rest_angle_deg": 90,
        "target_angle_deg": 10,
    }
    return Exercise.model_validate({**fields, **changed})


def a_set(rom_deg: float, *, count: int = 5, error_deg: float = 2.0) -> SetSummary:
    done = tuple(
        dataclasses.replace(repetition(at_s=3.0 * i), rom_deg=rom_deg, rom_error_deg=error_deg)
        for i in range(count)
    )
    return SetSummary(index=1, start_ns=0, end_ns=15 * NS, repetitions=done)


def test_a_repetition_tells_error_tempo_and_smoothness() -> None:
    summary = a_set(70.0)
    one = dataclasses.replace(summary.repetitions[-1], sparc=-1.6543, log_dimensionless_jerk=None)
    told = repetition_counted(one, now_ns=NS, exercise=exercise(), set_number=1, current=summary)
    assert (told.repetition, told.repetition_target) == (summary.full, 3)
    assert told.range_error_deg == 2.0
    assert told.tempo_s == pytest.approx(
        (one.tempo.lifting_s, one.tempo.holding_s, one.tempo.lowering_s), abs=0.005
    )
    assert (told.sparc, told.log_dimensionless_jerk) == (-1.65, None)
    assert told.speed_loss_percent == pytest.approx(0.0)
    assert told.range_loss_percent == pytest.approx(0.0)


def test_what_was_not_measured_is_not_a_number() -> None:
    one = dataclasses.replace(repetition(at_s=1.0), rom_error_deg=math.inf, interrupted=True)
    told = repetition_counted(one, now_ns=NS, exercise=exercise(), set_number=0, current=None)
    assert told.range_error_deg is None
    assert told.speed_loss_percent is None
    assert told.repetition == 0
    assert "interrupted" in told.flags


def test_a_set_tells_what_a_change_must_exceed() -> None:
    told = set_ended(a_set(70.0), now_ns=NS, exercise=exercise(), earlier=[])
    assert told.range_error_deg == 2.0
    assert told.minimal_detectable_change_deg == pytest.approx(5.54)
    assert told.symmetry_percent is None
    assert not told.symmetry_detectable


def test_a_set_without_a_measured_repetition_has_no_range() -> None:
    gone = dataclasses.replace(repetition(at_s=1.0), interrupted=True)
    told = set_ended(
        SetSummary(index=1, start_ns=0, end_ns=NS, repetitions=(gone,)),
        now_ns=NS,
        exercise=exercise(),
        earlier=[],
    )
    assert (told.range_of_motion_deg, told.range_error_deg, told.minimal_detectable_change_deg) == (None,) * 3


@pytest.mark.parametrize(("side", "expected"), [("left", -13.33), ("right", 13.33)])
def test_sides_are_compared_with_the_last_set_of_the_other(side: str, expected: float) -> None:
    other = "right" if side == "left" else "left"
    earlier = [
        (exercise(other), a_set(40.0)),
        (exercise(other), a_set(80.0)),
        (exercise(other, joint="hip"), a_set(20.0)),
        (exercise(other, target_angle_deg=40), a_set(50.0)),
        (exercise(side), a_set(75.0)),
    ]
    told = set_ended(a_set(70.0), now_ns=NS, exercise=exercise(side), earlier=earlier)
    assert told.symmetry_percent == expected
    assert told.symmetry_detectable


def test_a_difference_within_the_error_is_none() -> None:
    told = set_ended(
        a_set(70.0), now_ns=NS, exercise=exercise("left"), earlier=[(exercise("right"), a_set(72.0))]
    )
    assert told.symmetry_percent == pytest.approx(-2.82)
    assert not told.symmetry_detectable
    assert symmetry_of(a_set(70.0), exercise("left"), [(exercise("left"), a_set(90.0))]) is None
