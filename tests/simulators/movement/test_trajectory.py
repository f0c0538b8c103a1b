from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.movement.trajectory import Knot, KnotPath, minimum_jerk

steps = st.lists(st.tuples(st.floats(0.1, 5.0), st.floats(-180.0, 180.0)), min_size=2, max_size=12).map(
    lambda pairs: [
        Knot(float(np.cumsum([gap for gap, _ in pairs])[i]), value) for i, (_, value) in enumerate(pairs)
    ]
)


def test_minimum_jerk_is_the_published_polynomial() -> None:
    share = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    assert minimum_jerk(share).tolist() == [0.0, 0.103515625, 0.5, 0.896484375, 1.0]


@given(steps)
def test_a_path_goes_through_its_knots_and_stands_still_there(knots: list[Knot]) -> None:
    path = KnotPath(knots)
    at = np.array([knot.t_s for knot in knots])
    assert path(at) == pytest.approx([knot.value for knot in knots], abs=1e-9)
    speed = (path(at + 1e-4) - path(at - 1e-4)) / 2e-4
    assert np.abs(speed).max() < 0.05 * 360.0


@given(steps)
def test_a_path_never_leaves_the_band_of_its_neighbouring_knots(knots: list[Knot]) -> None:
    path = KnotPath(knots)
    for before, after in pairwise(knots):
        values = path(np.linspace(before.t_s, after.t_s, 50))
        low, high = sorted((before.value, after.value))
        assert values.min() >= low - 1e-9
        assert values.max() <= high + 1e-9


def test_a_path_is_constant_outside_its_knots() -> None:
    path = KnotPath([Knot(1.0, 5.0), Knot(2.0, 7.0)])
    assert path(np.array([-1e9, 0.0, 3.0, 1e9])).tolist() == [5.0, 5.0, 7.0, 7.0]
    assert KnotPath([Knot(0.0, 3.0)])(np.array([-1.0, 0.0, 1.0])).tolist() == [3.0, 3.0, 3.0]


@pytest.mark.parametrize("knots", [[], [Knot(1.0, 0.0), Knot(1.0, 1.0)], [Knot(2.0, 0.0), Knot(1.0, 1.0)]])
def test_knots_that_are_no_path_are_refused(knots: list[Knot]) -> None:
    with pytest.raises(ValueError, match="path"):
        KnotPath(knots)
