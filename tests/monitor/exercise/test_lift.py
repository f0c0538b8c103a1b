"""Lifts: a sensor that goes up and down without turning."""

import numpy as np
import pytest

from monitor.exercise.lift import LiftSignal, LiftTemplate, learn_lift, lift_definition
from monitor.exercise.repetitions import RepetitionCounter
from monitor.samples import ImuBlock
from tests.monitor.motion.two_imus import swings

RATE_HZ = 50.0


def height_m(
    t: np.ndarray, start_s: float, count: int, *, lift: float = 1.0, travel: float = 0.5
) -> np.ndarray:
    return travel * swings(t, start_s, count, lift=lift, hold=0.1, lower=lift, rest=0.3)


def force(height: np.ndarray, *, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    vertical = 9.81 + np.gradient(np.gradient(height, 1 / RATE_HZ), 1 / RATE_HZ)
    return vertical[:, None] * np.array([0.6, 0.0, 0.8]) + 0.05 * rng.normal(size=(height.size, 3))


def block(acc: np.ndarray, *, start: int = 0) -> ImuBlock:
    t_ns = ((np.arange(acc.shape[0]) + start) * 20_000_000).astype(np.int64)
    return ImuBlock(
        device="wrist", t_ns=t_ns, acc_m_s2=acc, gyr_rad_s=np.full_like(acc, 0.01) + 1e-6 * acc, received_ns=0
    )


SHOWN = learn_lift(force(height_m(np.arange(0.0, 5.0, 0.02), 1.0, 1)), sampling_rate_hz=RATE_HZ)


def count(acc: np.ndarray) -> int:
    definition, params = lift_definition(SHOWN)
    signal, counter = (
        LiftSignal(SHOWN, rate_hz=RATE_HZ),
        RepetitionCounter(definition, params, rate_hz=RATE_HZ),
    )
    found = []
    for i in range(0, acc.shape[0], 13):
        out = signal.update(block(acc[i : i + 13], start=i))
        if out is not None:
            found += counter.update(out)
    return len(found + counter.finish())


@pytest.mark.parametrize("lift", [0.8, 1.0, 1.3])
@pytest.mark.parametrize("repetitions", [5, 10])
def test_counts_lifts_as_they_were_shown(lift: float, repetitions: int) -> None:
    t = np.arange(0.0, 8.0 + repetitions * (2.0 * lift + 0.4), 0.02)
    assert abs(count(force(height_m(t, 3.0, repetitions, lift=lift), seed=1)) - repetitions) <= 1


def test_holding_a_weight_is_no_lift() -> None:
    assert count(force(np.zeros(3000), seed=2)) == 0
    with pytest.raises(ValueError, match="no lift"):
        learn_lift(force(np.zeros(200)), sampling_rate_hz=RATE_HZ)
    with pytest.raises(ValueError, match="no lift"):
        learn_lift(np.empty((0, 3)), sampling_rate_hz=RATE_HZ)


def test_a_gap_is_marked_and_the_signal_begins_anew() -> None:
    signal = LiftSignal(LiftTemplate(amplitude_m_s2=2.0, duration_s=2.0), rate_hz=RATE_HZ)
    acc = force(np.zeros(400))
    assert signal.update(block(acc[:0])) is None
    first = signal.update(block(acc[:100]))
    short = signal.update(block(acc[110:200], start=110))
    long = signal.update(block(acc[300:], start=300))
    assert first is not None
    assert short is not None
    assert long is not None
    assert not short.valid[:8].any()
    assert short.valid[-1]
    assert np.isnan(short.angle_deg[~short.valid]).all()
    assert long.gap_before
    other = LiftSignal(LiftTemplate(amplitude_m_s2=2.0, duration_s=2.0), rate_hz=RATE_HZ)
    other.state = signal.state
    more = block(force(np.zeros(50), seed=3), start=400)
    a, b = signal.update(more), other.update(more)
    assert a is not None
    assert b is not None
    assert np.array_equal(a.angle_deg, b.angle_deg)
