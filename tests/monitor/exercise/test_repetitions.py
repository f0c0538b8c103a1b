import dataclasses
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from monitor.exercise.definition import Direction, RepetitionDefinition
from monitor.exercise.repetitions import MovementPhase, Repetition, RepetitionCounter
from monitor.samples import Quality
from tests.monitor.exercise.made import RATE_HZ, angle_block
from tests.monitor.motion.two_imus import swings

KNEE = RepetitionDefinition(direction=Direction.DECREASING, target_low_deg=60.0, target_high_deg=90.0)


def knee_angle(count: int, *, rom_deg: float = 80.0, lift: float = 1.0, rest: float = 0.5) -> np.ndarray:
    t = np.arange(round((count * (2 * lift + 0.3 + rest) + 4) * RATE_HZ)) / RATE_HZ
    return 90.0 - rom_deg * swings(t, 1.0, count, lift=lift, hold=0.3, lower=lift, rest=rest)


def count(definition: RepetitionDefinition, angle_deg: np.ndarray) -> list[Repetition]:
    return RepetitionCounter(definition).update(angle_block(angle_deg))


@pytest.mark.parametrize("n", [1, 3, 10])
def test_counts_each_extension_once(n: int) -> None:
    found = count(KNEE, knee_angle(n))
    assert [r.index for r in found] == list(range(1, n + 1))
    assert all(r.full and not r.interrupted for r in found)
    assert all(a.end_ns <= b.start_ns for a, b in pairwise(found))


def test_counts_repetitions_without_a_pause_between_them() -> None:
    t = np.arange(2000) / RATE_HZ
    found = count(KNEE, 90.0 - 40.0 * (1.0 - np.cos(2 * np.pi * 0.5 * t)))
    assert len(found) == 9
    assert all(r.rom_deg == pytest.approx(80.0, abs=1.0) for r in found)


def test_measures_what_it_counted() -> None:
    (repetition,) = count(KNEE, knee_angle(1))
    assert repetition.rom_deg == pytest.approx(80.0, abs=1.0)
    assert repetition.min_deg == pytest.approx(10.0, abs=1.0)
    assert repetition.max_deg == pytest.approx(90.0, abs=1.0)
    assert repetition.start_ns / 1e9 == pytest.approx(1.0, abs=0.15)
    assert repetition.end_ns / 1e9 == pytest.approx(3.3, abs=0.15)
    assert repetition.duration_s == pytest.approx(2.3, abs=0.25)
    assert repetition.tempo.lifting_s == pytest.approx(1.0, abs=0.25)
    assert repetition.tempo.holding_s == pytest.approx(0.3, abs=0.25)
    # Minimum jerk: the peak is 1.875 times the mean.
    assert repetition.peak_rate_deg_s == pytest.approx(150.0, rel=0.05)
    assert repetition.rom_error_deg == pytest.approx(np.hypot(2.0, 2.0))
    assert repetition.minimal_detectable_change_deg == pytest.approx(1.96 * 4.0)
    assert repetition.sparc is not None
    # Two bells with a pause between them.
    assert -3.5 < repetition.sparc < -2.0
    assert repetition.log_dimensionless_jerk is not None


def test_counts_rising_exercises_too() -> None:
    rising = dataclasses.replace(KNEE, direction=Direction.INCREASING)
    (repetition,) = count(rising, 100.0 - knee_angle(1))
    assert (repetition.min_deg, repetition.max_deg) == pytest.approx((10.0, 90.0), abs=1.0)


def test_flags_partial_and_too_fast_repetitions() -> None:
    partial = count(KNEE, knee_angle(2, rom_deg=30.0))
    assert [(r.partial, r.full) for r in partial] == [(True, False)] * 2
    fast = count(KNEE, knee_angle(2, lift=0.12))
    assert [(r.partial, r.too_fast, r.full) for r in fast] == [(False, True, False)] * 2


def test_a_still_or_swaying_joint_is_no_repetition() -> None:
    t = np.arange(6000) / RATE_HZ
    assert count(KNEE, 90.0 + 2.0 * np.sin(2 * np.pi * 0.3 * t)) == []


def test_a_jerk_is_no_repetition() -> None:
    t = np.arange(600) / RATE_HZ
    assert count(KNEE, 90.0 - 60.0 * np.exp(-0.5 * ((t - 3.0) / 0.03) ** 2)) == []


def test_a_movement_that_begins_elsewhere_is_no_repetition() -> None:
    """Walking to the chair bends the knee by 60 degrees, from straight."""
    t = np.arange(2000) / RATE_HZ
    walking = 30.0 - 30.0 * np.cos(2 * np.pi * 0.9 * t)
    seated = dataclasses.replace(KNEE, start_deg=90.0)
    assert count(KNEE, walking)
    assert count(seated, walking) == []
    assert len(count(seated, knee_angle(3))) == 3


def test_standing_up_is_no_repetition() -> None:
    t = np.arange(4000) / RATE_HZ
    up = 90.0 - 85.0 * np.clip((t - 2.0) / 1.5, 0.0, 1.0)
    assert count(KNEE, up) == []


def test_after_a_new_level_repetitions_count_from_there() -> None:
    shifted = np.concatenate([np.full(300, 110.0), np.full(2500, 70.0), knee_angle(2) - 20.0])
    assert len(count(KNEE, shifted)) == 2


def test_a_slow_change_of_posture_is_followed() -> None:
    slow = np.linspace(95.0, 90.5, 20_000)
    found = count(KNEE, np.concatenate([slow, knee_angle(2) + 0.5]))
    assert len(found) == 2
    assert all(r.rom_deg == pytest.approx(80.0, abs=3.0) for r in found)


def test_a_lift_that_takes_minutes_is_no_repetition() -> None:
    t = np.arange(14_000) / RATE_HZ
    assert count(KNEE, 90.0 - 60.0 * np.clip(t / 120.0, 0.0, 1.0)) == []
    crawling = 90.0 - 40.0 * np.minimum(t / 45.0, np.clip(2.0 - t / 45.0, 0.0, 1.0))
    assert count(KNEE, crawling) == []


def test_holds_that_the_plan_asks_for_are_one_repetition_each() -> None:
    t = np.arange(16_000) / RATE_HZ
    held = 90.0 - 60.0 * swings(t, 2.0, 4, lift=1.5, hold=30.0, lower=1.5, rest=4.0)
    definition = replace(KNEE, tempo_holding_s=30.0)
    found = count(definition, held)
    assert len(found) == 4
    assert [round(one.tempo.holding_s) for one in found] == [30] * 4


def test_small_movements_between_repetitions_do_not_count_but_low_sets_do() -> None:
    fidget = np.concatenate(
        [
            knee_angle(4),
            90.0 - 10.0 * swings(np.arange(300) / 100.0, 0.5, 1, lift=0.6, hold=0.1, lower=0.6, rest=0.1),
        ]
    )
    assert len(count(KNEE, fidget)) == 4
    low = np.concatenate([knee_angle(4), np.full(4000, 90.0), knee_angle(3, rom_deg=15.0)])
    found = count(KNEE, low)
    assert [r.partial for r in found] == [False] * 4 + [True] * 3


def test_says_which_way_the_movement_goes() -> None:
    counter = RepetitionCounter(KNEE)
    angle = knee_angle(1)
    phases = [
        (counter.update(angle_block(angle[i : i + 10], start=i)), counter.phase)[1]
        for i in range(0, angle.size, 10)
    ]
    changes = [phases[0], *(b for a, b in pairwise(phases) if a is not b)]
    assert changes == [
        MovementPhase.RESTING,
        MovementPhase.LIFTING,
        MovementPhase.LOWERING,
        MovementPhase.RESTING,
    ]


def gap(angle: np.ndarray, start: int, stop: int, **more: float) -> list[Repetition]:
    valid = np.ones(angle.size, dtype=bool)
    valid[start:stop] = False
    return RepetitionCounter(KNEE).update(angle_block(angle, valid=valid, **more))


def test_a_repetition_across_a_gap_says_so() -> None:
    (short,) = gap(knee_angle(1), 180, 200)
    assert short.interrupted
    assert short.quality is Quality.QUESTIONABLE
    assert (short.sparc, short.log_dimensionless_jerk) == (None, None)
    (longer,) = gap(knee_angle(1), 180, 250)
    assert longer.quality is Quality.POOR


def test_what_was_hidden_for_long_is_not_counted() -> None:
    assert gap(knee_angle(1), 150, 320) == []


def test_a_repetition_that_had_turned_before_the_sensor_was_lost_counts() -> None:
    slow = knee_angle(1, lift=3.0)
    (repetition,) = gap(slow, 650, 820)
    assert repetition.end_ns <= 6.5e9


def test_doubtful_angles_make_doubtful_repetitions() -> None:
    (repetition,) = gap(knee_angle(1), 0, 0, error_deg=7.0)
    assert repetition.quality is Quality.QUESTIONABLE
    assert not repetition.interrupted


def test_samples_that_come_again_are_left_out() -> None:
    angle = knee_angle(2)
    counter = RepetitionCounter(KNEE)
    found = counter.update(angle_block(angle[:300]))
    found += counter.update(angle_block(angle[:300]))
    found += counter.update(angle_block(angle[300:], start=300))
    assert len(found) == 2


def test_the_repetition_under_way_counts_when_it_has_come_back_by_half() -> None:
    counter = RepetitionCounter(KNEE)
    angle = knee_angle(1)
    assert counter.update(angle_block(angle[:290])) == []
    (last,) = counter.finish()
    assert last.rom_deg == pytest.approx(80.0, abs=1.0)
    assert counter.finish() == []
    early = RepetitionCounter(KNEE)
    early.update(angle_block(angle[:230]))
    assert early.finish() == []


def test_a_jerk_under_way_does_not() -> None:
    t = np.arange(400) / RATE_HZ
    angle = 90.0 - 60.0 * np.exp(-0.5 * ((t - 3.0) / 0.02) ** 2)
    counter = RepetitionCounter(KNEE)
    for i in range(angle.size):
        if counter.phase is MovementPhase.LOWERING:
            break
        counter.update(angle_block(angle[i : i + 2], start=i))
    assert counter.phase is MovementPhase.LOWERING
    assert counter.finish() == []


def test_a_long_rest_before_a_repetition_costs_nothing() -> None:
    angle = np.concatenate([knee_angle(1), np.linspace(90.0, 86.0, 9000), knee_angle(1)])
    assert len(count(KNEE, angle)) == 2


def test_state_restores() -> None:
    one, other = RepetitionCounter(KNEE), RepetitionCounter(KNEE)
    angle = knee_angle(2)
    one.update(angle_block(angle[:250]))
    other.state = one.state
    rest = angle_block(angle[250:], start=250)
    assert one.update(rest) == other.update(rest) != []
