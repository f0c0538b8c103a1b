"""Figures of a walk against the simulator's plan of it."""

import pytest

from monitor.function.gait.foot import FootStrides
from monitor.function.gait.measures import foot_measures, walk_measures
from monitor.function.gait.stride import Stride
from simulators.movement.walking import Foot, Gait, Leg
from tests.support.walks import RATE_HZ, Walk


def of(walk: Walk, foot: Foot) -> list[Stride]:
    found = FootStrides(RATE_HZ)
    return [stride for block in walk.blocks(foot) for stride in found.push(block)] + found.finish()


def test_an_even_walk() -> None:
    walk = Walk(course=[Leg(length_m=30.0)])
    measures = walk_measures(of(walk, Foot.LEFT), of(walk, Foot.RIGHT))
    assert measures.steps == len(walk.stances) - 2
    assert measures.cadence_per_min == pytest.approx(120.0 / 1.1, abs=1.0)
    assert measures.left is not None
    assert measures.left.stride_time_s == pytest.approx(1.1, abs=0.008)
    assert measures.left.stance_percent == pytest.approx(62.0, abs=4.0)
    assert measures.left.speed_m_s == pytest.approx(1.3 / 1.1, abs=0.06)
    assert measures.step_time_symmetry_percent == pytest.approx(0.0, abs=2.0)


@pytest.mark.parametrize("share", [0.52, 0.55, 0.6])
def test_a_limp_of_known_asymmetry(share: float) -> None:
    walk = Walk(Gait(long_step_share=share), course=[Leg(length_m=30.0)])
    measures = walk_measures(of(walk, Foot.LEFT), of(walk, Foot.RIGHT))
    symmetry, error = measures.step_time_symmetry_percent, measures.step_time_symmetry_error_percent
    assert symmetry is not None
    assert error is not None
    assert symmetry == pytest.approx(200.0 * (2.0 * share - 1.0), abs=2.0)
    assert 0.0 < error < 2.0


def test_variability_waits_for_thirty_strides() -> None:
    short = foot_measures(of(Walk(course=[Leg(length_m=20.0)]), Foot.LEFT))
    assert short.stride_time_sd_s is not None
    assert short.stride_time_cv_percent is None
    gait = Gait(stride_sd_s=0.05)
    long = foot_measures(of(Walk(gait, course=[Leg(length_m=60.0)]), Foot.LEFT))
    assert long.steady_strides >= 30
    # A stride is two steps, each with its share of its own stride's deviation.
    assert long.stride_time_cv_percent == pytest.approx(100.0 * 0.05 / 2**0.5 / 1.1, rel=0.3)


def test_one_foot_has_steps_and_no_symmetry() -> None:
    measures = walk_measures(of(Walk(), Foot.LEFT), [])
    assert measures.right is None
    assert measures.step_time_symmetry_percent is None
    assert measures.steps == 2 * (len(Walk().of(Foot.LEFT)) - 1)


def test_nothing_walked_is_nothing_and_no_zero() -> None:
    measures = walk_measures([], [])
    assert (measures.steps, measures.cadence_per_min, measures.left) == (0, None, None)
