"""Strides of a foot: counted, placed in time and measured, against the simulator's truth."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.function.gait.foot import FootStrides
from monitor.function.gait.stride import Stride
from monitor.samples import ImuBlock
from simulators.movement.walking import Foot, Gait, Leg
from tests.support.walks import NS_PER_S, RATE_HZ, START_NS, Walk

LIMP = Gait(long_step_share=0.6, left_stance_share=0.55)
SHUFFLE = Gait(stride_m=0.4, stride_s=1.3, push_off_deg=20.0, landing_deg=3.0, lift_m=0.03)
FAST = Gait(stride_m=1.9, stride_s=0.9)


def strides(blocks: Iterable[ImuBlock]) -> list[Stride]:
    foot = FootStrides(RATE_HZ)
    return [stride for block in blocks for stride in foot.push(block)] + foot.finish()


@pytest.mark.parametrize("gait", [Gait(), LIMP, FAST], ids=["even", "limp", "fast"])
@pytest.mark.parametrize("foot", list(Foot))
def test_every_stride_of_a_walk_with_a_turn_is_found_once(gait: Gait, foot: Foot) -> None:
    walk = Walk(gait)
    assert len(strides(walk.blocks(foot))) == len(walk.of(foot)) - 1


def test_a_shuffling_person_is_counted_within_the_steps_on_the_spot_of_the_turn() -> None:
    walk = Walk(SHUFFLE)
    for foot in Foot:
        missing = len(walk.of(foot)) - 1 - len(strides(walk.blocks(foot)))
        assert 0 <= missing <= 6


def test_distance_and_turn_are_those_of_the_course() -> None:
    found = strides(Walk().blocks(Foot.RIGHT))
    truth = Walk().of(Foot.RIGHT)
    walked_m = sum(np.hypot(*np.subtract(b.heel_m, a.heel_m)) for a, b in pairwise(truth))
    assert sum(stride.length_m for stride in found) == pytest.approx(walked_m, rel=0.03)
    assert sum(stride.turn_deg for stride in found) == pytest.approx(180.0, abs=12.0)
    assert sum(stride.rise_m for stride in found) == pytest.approx(0.0, abs=0.3)


def test_contacts_are_where_the_foot_lands_and_leaves() -> None:
    walk = Walk(course=[Leg(length_m=15.0)])
    found, truth = strides(walk.blocks(Foot.LEFT)), walk.of(Foot.LEFT)
    for stride, earlier, later in zip(found, truth, truth[1:], strict=False):
        assert stride.final_contact_ns is not None
        assert stride.initial_contact_ns is not None
        left_s = (stride.final_contact_ns - START_NS) / NS_PER_S
        landed_s = (stride.initial_contact_ns - START_NS) / NS_PER_S
        # Half the time in which the simulated pitch is rounded at a contact.
        assert left_s == pytest.approx(earlier.final_contact_s, abs=0.035)
        assert landed_s == pytest.approx(later.initial_contact_s, abs=0.035)


@given(samples=st.integers(1, 400), seed=st.integers(0, 3))
@settings(max_examples=8, deadline=None)
def test_the_strides_do_not_depend_on_the_blocks(samples: int, seed: int) -> None:
    walk = Walk(course=[Leg(length_m=6.0)], seed=seed)
    assert strides(walk.blocks(Foot.LEFT, samples=samples)) == strides(walk.blocks(Foot.LEFT, samples=7))


def rest(t_s: np.ndarray, rate_rad_s: np.ndarray, axis: int = 1) -> ImuBlock:
    """A sensor that turns about one axis of its own in place, and feels gravity accordingly."""
    angle = np.cumsum(rate_rad_s) / RATE_HZ
    gyr = np.zeros((len(t_s), 3))
    gyr[:, axis] = rate_rad_s
    acc = 9.81 * np.stack([-np.sin(angle), np.zeros_like(angle), np.cos(angle)], axis=1)
    t_ns = START_NS + np.round(t_s * NS_PER_S).astype(np.int64)
    return ImuBlock(device="foot", t_ns=t_ns, acc_m_s2=acc, gyr_rad_s=gyr, received_ns=int(t_ns[-1]))


def test_a_leg_that_is_lifted_and_held_is_no_stride() -> None:
    t_s = np.arange(0.0, 60.0, 1.0 / RATE_HZ)
    phase = (t_s % 4.0) / 4.0
    lifting = np.where(phase < 0.25, 1.6, 0.0) - np.where((phase >= 0.5) & (phase < 0.75), 1.6, 0.0)
    assert strides([rest(t_s, lifting)]) == []


def test_rest_and_a_tapping_foot_are_no_strides() -> None:
    t_s = np.arange(0.0, 60.0, 1.0 / RATE_HZ)
    assert strides([rest(t_s, np.random.default_rng(5).normal(0.0, 0.02, len(t_s)))]) == []
    assert strides([rest(t_s, 1.5 * np.sin(2 * np.pi * 1.2 * t_s))]) == []


def test_a_gap_loses_the_stride_that_it_hits_and_no_other() -> None:
    walk = Walk(course=[Leg(length_m=12.0)])
    blocks = list(walk.blocks(Foot.RIGHT, samples=5))
    middle = len(blocks) // 2
    kept = [*blocks[:middle], *blocks[middle + 4 :]]
    after = kept[middle]
    kept[middle] = ImuBlock(
        device=after.device,
        t_ns=after.t_ns,
        acc_m_s2=after.acc_m_s2,
        gyr_rad_s=after.gyr_rad_s,
        received_ns=after.received_ns,
        gap_before=True,
    )
    whole = len(walk.of(Foot.RIGHT)) - 1
    assert whole - 2 <= len(strides(kept)) <= whole
