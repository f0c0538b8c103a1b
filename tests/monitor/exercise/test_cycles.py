import numpy as np
import pytest

from monitor.exercise.cycles import Cycle, CycleCounter, CycleParams
from monitor.samples import ImuBlock

RATE_HZ = 50.0
AXIS = np.array([0.6, -0.64, 0.48])


def watch(rate_rad_s: np.ndarray, *, start: int = 0, seed: int = 0) -> ImuBlock:
    n = rate_rad_s.size
    t_ns = ((np.arange(n) + start) * 20_000_000).astype(np.int64)
    noise = 0.02 * np.random.default_rng(seed).normal(size=(n, 3))
    return ImuBlock(
        device="watch",
        t_ns=t_ns,
        acc_m_s2=np.tile([0.0, 0.0, 9.81], (n, 1)) + noise,
        gyr_rad_s=rate_rad_s[:, None] * AXIS + noise,
        received_ns=int(t_ns[-1]) if n else 0,
    )


def cycles(seconds: float, *, frequency_hz: float = 0.5, amplitude: float = 2.0) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(0.0, seconds, 1 / RATE_HZ))


def count(rate: np.ndarray, chunk: int = 33) -> list[Cycle]:
    counter = CycleCounter(CycleParams(rate_hz=RATE_HZ))
    found: list[Cycle] = []
    for i in range(0, rate.size, chunk):
        found += counter.update(watch(rate[i : i + chunk], start=i, seed=i))
    return found + counter.finish()


@pytest.mark.parametrize("frequency_hz", [0.25, 0.5, 0.9])
def test_counts_cycles_of_any_pace(frequency_hz: float) -> None:
    found = count(cycles(20 / frequency_hz, frequency_hz=frequency_hz))
    assert [c.index for c in found] == list(range(1, 21))
    assert all(c.start_ns < c.turn_ns for c in found)


def test_amplitude_is_the_angle_of_the_outward_half() -> None:
    found = count(cycles(40.0))
    expected = np.degrees(2.0 * 2.0 / (2 * np.pi * 0.5))
    assert np.median([c.amplitude_deg for c in found]) == pytest.approx(expected, rel=0.1)


def test_a_falter_is_no_repetition() -> None:
    rate = cycles(40.0)
    t = np.arange(rate.size) / RATE_HZ
    faltering = rate * np.where((t % 2.0 > 0.4) & (t % 2.0 < 0.6), -0.05, 1.0)
    assert abs(len(count(faltering)) - 20) <= 1


def test_a_hand_that_rests_counts_nothing() -> None:
    assert count(cycles(60.0, amplitude=0.05)) == []
    found = count(np.concatenate([cycles(20.0), np.zeros(1500), cycles(10.0)]))
    assert len(found) == 15


def test_after_a_rest_the_first_movement_is_outward_again() -> None:
    rate = np.concatenate([cycles(20.0), np.zeros(1000), -cycles(20.0)])
    assert len(count(rate)) == 20


def test_a_warm_up_that_never_filled_is_counted_at_the_end() -> None:
    assert len(count(cycles(6.0))) == 3
    assert count(np.zeros(20)) == []


def test_the_movement_under_way_at_the_end_counts_from_a_fifth_of_its_way_on() -> None:
    assert len(count(cycles(40.8))) == 21
    assert len(count(cycles(40.15))) == 20


def test_what_the_low_pass_still_holds_back_counts_at_the_end() -> None:
    counter = CycleCounter(CycleParams(rate_hz=RATE_HZ))
    rate = cycles(40.45)
    assert [c.index for c in counter.update(watch(rate))] == list(range(1, 21))
    last = counter.finish()
    assert [c.index for c in last] == [21]
    assert last[0].turn_ns <= watch(rate).t_ns[-1]


@pytest.mark.parametrize("way", [1.0, -1.0])
@pytest.mark.parametrize(("seen", "expected"), [(0.3, 20), (0.97, 21)])
def test_a_stream_that_begins_amid_a_movement_begins_with_its_rest(
    way: float, seen: float, expected: int
) -> None:
    # Twenty whole cycles after the rest of one lobe of a second.
    rate = way * cycles(42.0)[round((1.0 - seen) * RATE_HZ) : round(41.0 * RATE_HZ)]
    assert len(count(rate)) == expected


def test_a_small_first_movement_from_rest_is_one() -> None:
    rate = np.concatenate([np.zeros(100), 0.6 * cycles(2.0), cycles(38.0)])
    assert len(count(rate)) == 20


def test_a_hand_that_settles_between_movements_makes_none() -> None:
    t = np.arange(0.0, 3.0, 1 / RATE_HZ)
    # Out and back within two seconds, then a sixth of the way, quickly, out and back again.
    settling = np.where(t < 2.5, 1.3 * np.sin(np.pi * (t - 2.0) / 0.25), 0.0)
    one = np.where(t < 2.0, 2.0 * np.sin(np.pi * t), settling)
    assert len(count(np.tile(one, 15))) == 15


def test_a_gap_ends_the_repetition_under_way() -> None:
    counter = CycleCounter(CycleParams(rate_hz=RATE_HZ))
    rate = cycles(40.0)
    before = counter.update(watch(rate[:1010]))
    after = counter.update(watch(rate[1110:], start=1110))
    assert 17 <= len(before + after) <= 20


def test_an_end_without_samples_is_no_repetition() -> None:
    assert CycleCounter(CycleParams(rate_hz=RATE_HZ)).finish() == []


def test_a_state_without_samples_restores() -> None:
    one, other = CycleCounter(CycleParams(rate_hz=RATE_HZ)), CycleCounter(CycleParams(rate_hz=RATE_HZ))
    rate = cycles(20.0)
    one.update(watch(rate[:500]))
    other.state = one.state
    assert one.update(watch(rate[500:], start=500)) == other.update(watch(rate[500:], start=500))
