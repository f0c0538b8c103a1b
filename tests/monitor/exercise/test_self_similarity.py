import numpy as np

from monitor.exercise.cycles import CycleCounter, CycleParams
from monitor.exercise.self_similarity import repeats_after_two
from monitor.samples import ImuBlock

RATE_HZ = 50.0


def set_of(seed: int, *, turns: int, repetitions: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Rates and forces of a wrist that turns once or twice a repetition, with its own pace and axes."""
    rng = np.random.default_rng(seed)
    base_s, first, second = rng.uniform(1.6, 3.0), rng.uniform(0.7, 1.3), rng.uniform(0.6, 1.2)
    axis, pull = (v / np.linalg.norm(v) for v in rng.normal(size=(2, 3)))
    gyr, acc = [], []
    for _ in range(repetitions):
        n = round(base_s * rng.uniform(0.9, 1.1) * RATE_HZ)
        share = np.arange(n) / n
        size = np.where(share < 0.5, first, second) if turns == 2 else np.full(n, first)
        gyr.append(np.outer(2.0 * size * np.sin(2 * np.pi * turns * share), axis))
        acc.append(np.outer(2.0 * np.cos(2 * np.pi * share), pull) + np.array([0.0, 0.0, 9.81]))
    rates, forces = np.vstack(gyr), np.vstack(acc)
    return rates + 0.03 * rng.normal(size=rates.shape), forces + 0.2 * rng.normal(size=forces.shape)


def test_two_turns_of_a_wrist_are_one_repetition() -> None:
    for seed in range(8):
        for turns in (1, 2):
            rates, forces = set_of(seed, turns=turns)
            t_ns = np.round(np.arange(rates.shape[0]) * 1e9 / RATE_HZ).astype(np.int64)
            counter = CycleCounter(CycleParams(rate_hz=RATE_HZ))
            found = counter.update(
                ImuBlock(
                    device="watch", t_ns=t_ns, acc_m_s2=forces, gyr_rad_s=rates, received_ns=int(t_ns[-1])
                )
            )
            assert len(found) + len(counter.finish()) == 20


def test_too_little_says_nothing() -> None:
    rates, forces = set_of(1, turns=2)
    rows = np.hstack([rates, forces])
    assert repeats_after_two(rows[:100], 50.0) is None
    assert repeats_after_two(rows, 1.0) is None
    assert repeats_after_two(np.zeros((500, 6)), 50.0) is None
