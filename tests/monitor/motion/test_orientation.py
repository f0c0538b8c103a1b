import numpy as np
import pytest
from vqf import VQF

from monitor.motion.alignment import GridRow, RowState
from monitor.motion.orientation import SegmentOrientation
from monitor.motion.quaternion import up

RNG = np.random.default_rng(0)
GYR = np.cumsum(RNG.normal(0.0, 0.05, (500, 3)), axis=0)
ACC = RNG.normal(0.0, 0.3, (500, 3)) + np.array([0.0, 0.0, 9.81])


def grid(
    gyr: np.ndarray, acc: np.ndarray, *, start: int = 0, first: RowState = RowState.VALID
) -> list[GridRow]:
    return [
        GridRow(start + k, tuple(g), tuple(a), first if k == 0 else RowState.VALID)
        for k, (g, a) in enumerate(zip(gyr.tolist(), acc.tolist(), strict=True))
    ]


def test_is_vqf_without_magnetometer() -> None:
    expected = VQF(0.01).updateBatch(np.ascontiguousarray(GYR), np.ascontiguousarray(ACC))
    rows = SegmentOrientation(rate_hz=100.0).update(grid(GYR, ACC))
    assert np.array([r.q for r in rows]).tolist() == expected["quat6D"].tolist()
    np.testing.assert_allclose([r.gyr_rad_s for r in rows], GYR - expected["bias"], atol=1e-12)


def test_an_offset_above_the_filters_own_limit_is_taken_away_first() -> None:
    offset = np.radians([3.0, -2.5, 2.8])
    still = np.tile(offset, (600, 1))
    level = np.tile([0.0, 0.0, 9.81], (600, 1))
    orientation = SegmentOrientation(rate_hz=100.0)
    rows = orientation.update(grid(still[:300], level[:300]))
    assert [r.offset_known for r in rows] == [False] * 200 + [True] * 100
    assert rows[-1].still_s == pytest.approx(2.99)
    np.testing.assert_allclose(orientation.bias_rad_s, offset, atol=np.radians(0.05))
    later = orientation.update(grid(still[300:], level[300:], start=300))
    np.testing.assert_allclose(later[-1].gyr_rad_s, 0.0, atol=np.radians(0.05))


def test_after_a_restart_it_is_upright_at_once_and_keeps_the_offset() -> None:
    orientation = SegmentOrientation(rate_hz=100.0)
    still = np.tile([0.01, 0.02, 0.03], (250, 1))
    orientation.update(grid(still, np.tile([0.0, 0.0, 9.81], (250, 1))))
    orientation.update(grid(GYR, ACC, start=250))
    bias = orientation.bias_rad_s
    tilted = np.tile([9.81, 0.0, 0.0], (1, 1))
    (row,) = orientation.update(grid(np.zeros((1, 3)), tilted, start=900, first=RowState.RESTART))
    assert up(row.q) == pytest.approx((1.0, 0.0, 0.0), abs=0.02)
    assert row.settled_s == pytest.approx(0.01)
    np.testing.assert_allclose(orientation.bias_rad_s, bias, atol=1e-4)


def test_the_offset_can_be_learnt_anew() -> None:
    orientation = SegmentOrientation(rate_hz=100.0)
    level = np.tile([0.0, 0.0, 9.81], (250, 1))
    orientation.update(grid(np.tile([0.03, 0.0, 0.0], (250, 1)), level))
    orientation.learn_offset()
    rows = orientation.update(grid(np.tile([0.05, 0.0, 0.0], (250, 1)), level, start=250))
    assert [r.offset_known for r in rows] == [False] * 200 + [True] * 50
    assert orientation.bias_rad_s[0] == pytest.approx(0.05, abs=1e-3)


def test_state_restores() -> None:
    one, other = SegmentOrientation(rate_hz=100.0), SegmentOrientation(rate_hz=100.0)
    one.update(grid(GYR[:250], ACC[:250]))
    other.state = one.state
    assert one.update(grid(GYR[250:], ACC[250:])) == other.update(grid(GYR[250:], ACC[250:]))
