import numpy as np
import pytest

from monitor.motion.skew import SkewEstimator


def movement(seconds: float, *, shift_s: float = 0.0, scale: float = 1.0) -> np.ndarray:
    t = np.arange(0.0, seconds, 0.01) - shift_s
    return scale * (2.0 + 1.2 * np.sin(2.3 * t) + 0.8 * np.sin(5.1 * t + 1.0) + 0.4 * np.sin(11.0 * t))


def estimate(x: np.ndarray, y: np.ndarray) -> SkewEstimator:
    skew = SkewEstimator(rate_hz=100.0)
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        skew.update(a, b)
    return skew


@pytest.mark.parametrize("shift_s", [-0.08, -0.012, 0.0, 0.004, 0.025, 0.15])
def test_finds_the_lag_of_the_distal_stream(shift_s: float) -> None:
    found = estimate(movement(12.0), movement(12.0, shift_s=shift_s)).skew_s
    assert found == pytest.approx(shift_s, abs=0.002)


def test_without_movement_of_both_there_is_no_evidence() -> None:
    rng = np.random.default_rng(0)
    assert estimate(np.abs(0.01 * rng.normal(size=1200)), movement(12.0)).skew_s is None
    assert estimate(movement(4.0), movement(4.0)).skew_s is None


def test_a_slow_turn_is_no_evidence() -> None:
    slow = 0.5 + 0.4 * np.sin(2 * np.pi * 0.07 * np.arange(1200) / 100.0)
    assert estimate(slow, slow).skew_s is None


def test_segments_that_move_on_their_own_are_no_evidence() -> None:
    rng = np.random.default_rng(1)
    x, y = (np.abs(np.convolve(rng.normal(size=1300), np.ones(20) / 4, "valid"))[:1200] for _ in range(2))
    assert estimate(x, y).skew_s is None
    assert estimate(np.full(1200, 1.0), movement(12.0)).skew_s is None


def test_a_lag_beyond_the_window_is_not_named() -> None:
    assert estimate(movement(12.0), movement(12.0, shift_s=0.35)).skew_s is None


def test_forgetting_keeps_the_estimate_and_state_restores() -> None:
    skew = estimate(movement(12.0), movement(12.0, shift_s=0.02))
    other = SkewEstimator(rate_hz=100.0)
    other.state = skew.state
    assert other.skew_s == skew.skew_s
    skew.forget()
    assert skew.skew_s == pytest.approx(0.02, abs=0.002)
    assert len(skew.state.proximal) == 0
