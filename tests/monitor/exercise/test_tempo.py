import numpy as np
import pytest

from monitor.exercise.tempo import Tempo, tempo_of
from tests.monitor.motion.two_imus import minimum_jerk

T = np.arange(0.0, 10.0, 0.01)


def test_lifting_holding_lowering() -> None:
    x = 60.0 * (minimum_jerk(T, 1.0, 2.0) - minimum_jerk(T, 4.0, 3.0))
    tempo = tempo_of(
        (T * 1e9).astype(np.int64), x, np.gradient(x, 0.01), turn=int(np.argmax(x)), end=T.size - 1
    )
    assert tempo.lifting_s == pytest.approx(2.0, abs=0.4)
    assert tempo.holding_s == pytest.approx(1.0, abs=0.6)
    assert tempo.lowering_s == pytest.approx(3.0, abs=0.5)
    assert tempo.start_ns / 1e9 == pytest.approx(1.0, abs=0.25)
    assert str(Tempo(lifting_s=2.0, holding_s=1.0, lowering_s=3.0, start_ns=0, end_ns=1)) == "2.0-1.0-3.0"


def test_without_a_rate_the_turning_points_stand_in() -> None:
    x = 60.0 * (minimum_jerk(T, 1.0, 2.0) - minimum_jerk(T, 4.0, 3.0))
    tempo = tempo_of((T * 1e9).astype(np.int64), x, np.zeros_like(x), turn=350, end=900)
    assert (tempo.lifting_s, tempo.lowering_s) == pytest.approx((3.5, 5.5), abs=1.0)
    assert tempo.holding_s == 0.0


def test_a_movement_up_to_the_edges_is_all_movement() -> None:
    x = np.concatenate([np.linspace(0, 50, 100), np.linspace(50, 0, 100)])
    rate = np.concatenate([np.full(100, 50.0), np.full(100, -50.0)])
    tempo = tempo_of(np.arange(200) * 10_000_000, x, rate, turn=99, end=199)
    assert tempo.lifting_s == pytest.approx(0.99)
    assert tempo.lowering_s == pytest.approx(0.99, abs=0.02)
