from itertools import pairwise

import numpy as np
import pytest

from monitor.exercise.definition import Direction, RepetitionDefinition
from monitor.exercise.repetitions import MovementPhase, Repetition, RepetitionCounter
from monitor.motion.joint_angle import JointAngleBlock
from monitor.samples import Quality
from tests.monitor.motion.two_imus import swings

RATE_HZ = 100.0
KNEE = RepetitionDefinition(direction=Direction.DECREASING, target_low_deg=60.0, target_high_deg=90.0)


def angle_block(angle_deg: np.ndarray, *, start: int = 0, valid: np.ndarray | None = None) -> JointAngleBlock:
    valid = np.ones(angle_deg.size, dtype=bool) if valid is None else valid
    return JointAngleBlock(
        joint="knee",
        t_ns=(np.arange(angle_deg.size, dtype=np.int64) + start) * 10_000_000,
        angle_deg=np.where(valid, angle_deg, np.nan),
        rate_deg_s=np.where(valid, np.gradient(angle_deg, 1 / RATE_HZ), np.nan),
        valid=valid,
        error_deg=np.where(valid, 2.0, np.inf),
        quality=Quality.GOOD,
    )


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


def test_measures_what_it_counted() -> None:
    (repetition,) = count(KNEE, knee_angle(1))
    assert repetition.rom_deg == pytest.approx(80.0, abs=1.0)
    assert repetition.min_deg == pytest.approx(10.0, abs=1.0)
    assert repetition.max_deg == pytest.approx(90.0, abs=1.0)
    assert repetition.start_ns / 1e9 == pytest.approx(1.0, abs=0.15)
    assert repetition.end_ns / 1e9 == pytest.approx(3.3, abs=0.15)
    assert repetition.tempo.lifting_s == pytest.approx(1.0, abs=0.25)


def test_flags_partial_and_too_fast_repetitions() -> None:
    assert [r.partial for r in count(KNEE, knee_angle(2, rom_deg=30.0))] == [True, True]
    fast = count(KNEE, knee_angle(2, lift=0.12))
    assert [(r.partial, r.too_fast) for r in fast] == [(False, True), (False, True)]


def test_a_still_or_swaying_joint_is_no_repetition() -> None:
    t = np.arange(6000) / RATE_HZ
    assert count(KNEE, 90.0 + 2.0 * np.sin(2 * np.pi * 0.3 * t)) == []


def test_says_which_way_the_movement_goes() -> None:
    counter = RepetitionCounter(KNEE)
    angle = knee_angle(1)
    phases = [
        (counter.update(angle_block(angle[i : i + 10], start=i)), counter.phase)[1]
        for i in range(0, angle.size, 10)
    ]
    assert [p for p, q in zip(phases, [None, *phases], strict=False) if p is not q] == [
        MovementPhase.RESTING,
        MovementPhase.LIFTING,
        MovementPhase.LOWERING,
        MovementPhase.RESTING,
    ]


def test_a_repetition_across_a_gap_says_so() -> None:
    angle = knee_angle(1)
    valid = np.ones(angle.size, dtype=bool)
    valid[180:230] = False
    (repetition,) = RepetitionCounter(KNEE).update(angle_block(angle, valid=valid))
    assert repetition.interrupted
    assert repetition.quality is not Quality.GOOD
