"""Rises from a chair: counted, timed, told apart from attempts, whatever the mounting."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.function.chair import ChairRise, ChairRises
from monitor.samples import ImuBlock
from tests.support.chairs import NS_PER_S, START_NS, Rise, blocks, rises


def seen(stream: Iterable[ImuBlock], *, pose_at_s: float = 1.5) -> tuple[ChairRises, list[ChairRise]]:
    chair, found, posed = ChairRises(), [], False
    for block in stream:
        if not posed and int(block.t_ns[0]) >= START_NS + pose_at_s * NS_PER_S:
            chair.take_pose()
            posed = True
        found += chair.push(block)
    return chair, found


def test_five_rises_at_their_times() -> None:
    plan = rises(5)
    _, found = seen(blocks(plan))
    assert len(found) == 5
    for rise, truth in zip(found, plan, strict=True):
        assert (rise.leaving_ns - START_NS) / NS_PER_S == pytest.approx(truth.leaving_s, abs=0.3)
        assert rise.sitting_ns is not None
        assert (rise.sitting_ns - START_NS) / NS_PER_S == pytest.approx(truth.sitting_s, abs=0.15)


@given(
    count=st.integers(1, 12),
    seed=st.integers(0, 1000),
    seat_s=st.floats(0.05, 1.0),
    up_s=st.floats(0.4, 2.0),
    down_s=st.floats(0.4, 2.0),
    angle_deg=st.floats(60.0, 110.0),
)
@settings(max_examples=25, deadline=None)
def test_any_pace_and_any_mounting_is_counted(
    *, count: int, seed: int, seat_s: float, up_s: float, down_s: float, angle_deg: float
) -> None:
    plan = rises(count, seat_s=seat_s, up_s=up_s, down_s=down_s, angle_deg=angle_deg)
    _, found = seen(blocks(plan, seed=seed))
    assert len(found) == count


def test_a_half_stand_is_an_attempt() -> None:
    plan = rises(4)
    half = Rise(leaving_s=plan[-1].sitting_s + 0.5, angle_deg=45.0)
    chair, found = seen(blocks([*plan, half]))
    complete = [rise.complete(chair.standing_deg, chair.params) for rise in found]
    assert complete == [True, True, True, True, False]


def test_shifting_on_the_seat_is_no_rise() -> None:
    shifts = [
        Rise(leaving_s=2.0 + 2 * n, up_s=0.4, stand_s=0.1, down_s=0.4, angle_deg=20.0) for n in range(6)
    ]
    assert seen(blocks(shifts))[1] == []


def test_a_person_who_stays_up_has_an_open_rise() -> None:
    chair, found = seen(blocks([Rise(leaving_s=2.0, stand_s=60.0)], tail_s=-5.0))
    assert found == []
    assert chair.open is not None
    assert chair.open.sitting_ns is None


@pytest.mark.parametrize("samples", [5, 150])
def test_blocks_do_not_matter(samples: int) -> None:
    def run(size: int) -> list[ChairRise]:
        chair = ChairRises()
        found = []
        for block in blocks(rises(3, begin_s=4.0), samples=size):
            found += chair.push(block)
            if int(block.t_ns[-1]) == START_NS + round(1.49 * NS_PER_S):
                chair.take_pose()
        return found

    assert len(run(1)) == 3
    assert run(samples) == run(1)
