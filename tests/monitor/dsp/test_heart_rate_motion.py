import numpy as np
import pytest

from monitor.dsp.heart_rate_motion import MotionHeartRate, MotionRate, MotionRateParams
from monitor.samples import ImuBlock, Quality
from tests.monitor.dsp.made_ppg import block, ppg
from tests.monitor.dsp.made_runner import NOISES, noise, runner

RATE_HZ = 50.0
PARAMS = MotionRateParams(ppg_rate_hz=RATE_HZ, acc_rate_hz=RATE_HZ)


def imu(acc: np.ndarray, *, start: int = 0, rate_hz: float = RATE_HZ) -> ImuBlock:
    t_ns = np.round((np.arange(acc.shape[0]) + start) * 1e9 / rate_hz).astype(np.int64)
    return ImuBlock(
        device="wrist",
        t_ns=t_ns,
        acc_m_s2=acc,
        gyr_rad_s=np.zeros_like(acc),
        received_ns=int(t_ns[-1]),
    )


def scene(
    heart_per_min: float, cadence_per_min: float | None, *, seconds: float = 60.0, steps: float = 2.0
) -> tuple[np.ndarray, np.ndarray]:
    """PPG whose steps are stronger than its pulse, and the accelerometer beside it."""
    t = np.arange(0.0, seconds, 1.0 / RATE_HZ)
    x = ppg(np.arange(0.3, seconds, 60.0 / heart_per_min), t)
    acc = np.tile([0.0, 0.0, 9.81], (t.size, 1)) + 0.02 * np.random.default_rng(1).normal(size=(t.size, 3))
    if cadence_per_min is not None:
        walk = np.sin(2 * np.pi * cadence_per_min / 60.0 * t)
        x += steps * walk
        acc[:, 2] += 3.0 * walk
        acc[:, 0] += 1.0 * np.sin(np.pi * cadence_per_min / 60.0 * t)
    return x, acc


def track(x: np.ndarray, acc: np.ndarray | None, *, chunk: int = 25) -> list[MotionRate]:
    tracker = MotionHeartRate(PARAMS)
    out: list[MotionRate] = []
    for i in range(0, x.size, chunk):
        if acc is not None:
            out += tracker.push_acc(imu(acc[i : i + chunk], start=i))
        out += tracker.push_ppg(block(x[i : i + chunk], rate_hz=RATE_HZ, start=i))
    return out


@pytest.mark.parametrize("heart", [62.0, 90.0, 150.0])
def test_finds_the_rate_at_rest(heart: float) -> None:
    estimates = track(*scene(heart, None))
    assert len(estimates) >= 25
    assert estimates[-1].rate_per_min == pytest.approx(heart, abs=2.0)
    assert estimates[-1].quality is Quality.GOOD
    assert estimates[-1].cadence_per_min is None
    assert estimates[-1].t_ns - estimates[-1].centre_ns == 4 * 10**9


def test_is_not_fooled_by_steps_stronger_than_the_pulse() -> None:
    x, acc = scene(130.0, 100.0, steps=0.5)
    estimates = track(x, acc)
    assert estimates[-1].rate_per_min == pytest.approx(130.0, abs=4.0)
    assert estimates[-1].cadence_per_min == pytest.approx(100.0, abs=3.0)
    blind = track(x, None)
    assert blind[-1].rate_per_min == pytest.approx(100.0, abs=4.0)
    assert blind[-1].quality is not Quality.GOOD


def test_a_rate_near_the_cadence_is_marked() -> None:
    estimates = track(*scene(101.0, 100.0, steps=0.0))
    assert estimates[-1].near_cadence
    assert estimates[-1].quality is not Quality.GOOD


def test_steps_that_drown_the_pulse_are_marked() -> None:
    estimates = track(*scene(130.0, 100.0, steps=2.0))
    assert estimates[-1].near_cadence
    assert all(e.quality is not Quality.GOOD for e in estimates[5:])


@pytest.mark.parametrize("kind", NOISES)
def test_light_without_a_pulse_is_never_good(kind: str) -> None:
    light = noise(kind, 3, seconds=90.0, rate_hz=RATE_HZ)
    estimates = track(light, np.tile([0.0, 0.0, 9.81], (light.size, 1)))
    assert all(one.quality is not Quality.GOOD for one in estimates)
    assert max(one.pulse_share for one in estimates) < PARAMS.pulse_share


def test_an_arm_that_swings_at_half_of_the_steps_is_no_slow_heart() -> None:
    locked = []
    for seed in (1, 2, 3):
        light, acc, heart = runner(seed, seconds=120.0, rate_hz=RATE_HZ)
        for one in track(light, acc):
            truth = float(heart[round(one.centre_ns / 1e9 * RATE_HZ)])
            wrong = abs(one.rate_per_min - truth) > 10.0
            assert not (wrong and one.quality is Quality.GOOD)
            locked.append(wrong and one.rate_per_min < 90.0)
    assert np.mean(locked) < 0.15


def test_a_gap_in_the_ppg_begins_anew() -> None:
    x, acc = scene(90.0, None)
    tracker = MotionHeartRate(PARAMS)
    tracker.push_acc(imu(acc[:1000]))
    before = tracker.push_ppg(block(x[:1000], rate_hz=RATE_HZ))
    tracker.push_acc(imu(acc[1000:], start=1000))
    after = tracker.push_ppg(block(x[1400:], rate_hz=RATE_HZ, start=1400))
    assert before
    # 28 s is where the signal comes back; a window needs nine tenths of its 8 s.
    assert min(e.t_ns for e in after if e.t_ns > 28e9 + 2e9) >= 35e9


def test_late_accelerometer_samples_are_waited_for_one_step() -> None:
    x, acc = scene(90.0, None)
    tracker = MotionHeartRate(PARAMS)
    tracker.push_acc(imu(acc[:350]))
    assert tracker.push_ppg(block(x[:420], rate_hz=RATE_HZ)) == []
    assert len(tracker.push_acc(imu(acc[350:420], start=350))) == 1
    assert len(tracker.push_ppg(block(x[420:800], rate_hz=RATE_HZ, start=420))) >= 2


def test_bad_samples_are_left_out() -> None:
    x, acc = scene(90.0, None)
    x[500:503] = np.nan
    acc[600:603] = np.inf
    estimates = track(x, acc)
    assert all(np.isfinite(e.rate_per_min) for e in estimates)
    assert estimates[-1].rate_per_min == pytest.approx(90.0, abs=2.0)
    tracker = MotionHeartRate(PARAMS)
    tracker.push_ppg(block(x[:100], rate_hz=RATE_HZ))
    rows = len(tracker.state.ppg)
    tracker.push_ppg(block(x[:50], rate_hz=RATE_HZ))
    assert len(tracker.state.ppg) == rows


def test_a_flat_line_is_no_heart() -> None:
    estimates = track(np.full(3000, 5.0), None)
    assert all(e.quality is not Quality.GOOD for e in estimates)


def test_state_restores() -> None:
    x, acc = scene(90.0, 110.0)
    one, other = MotionHeartRate(PARAMS), MotionHeartRate(PARAMS)
    one.push_acc(imu(acc[:600]))
    one.push_ppg(block(x[:600], rate_hz=RATE_HZ))
    other.state = one.state
    for tracker in (one, other):
        tracker.push_acc(imu(acc[600:900], start=600))
    rest = block(x[600:900], rate_hz=RATE_HZ, start=600)
    assert one.push_ppg(rest) == other.push_ppg(rest) != []
