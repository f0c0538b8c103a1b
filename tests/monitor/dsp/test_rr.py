import numpy as np
import pytest

from monitor.dsp.rr import RrMeter
from monitor.samples import Quality


def fed(intervals_s: list[float]) -> tuple[RrMeter, int]:
    meter = RrMeter()
    now = 0.0
    for interval in intervals_s:
        now += interval
        meter.add(round(now * 1e9), (interval,))
    return meter, round(now * 1e9)


def test_a_regular_heart() -> None:
    meter, now = fed([0.75] * 30)
    summary = meter.at(now)
    assert summary.rate_per_min == pytest.approx(80.0)
    assert summary.rmssd_s == pytest.approx(0.0)
    assert (summary.ectopic_share, summary.quality) == (0.0, Quality.GOOD)
    assert summary.covered == pytest.approx(1.0, abs=0.06)


def test_rmssd_is_that_of_the_intervals() -> None:
    rng = np.random.default_rng(0)
    intervals = (0.8 + 0.02 * rng.normal(size=40)).tolist()
    meter, now = fed(intervals)
    inside = [x for x, end in zip(intervals, np.cumsum(intervals), strict=True) if end > now / 1e9 - 15.0]
    assert meter.at(now).rmssd_s == pytest.approx(np.sqrt(np.mean(np.diff(inside) ** 2)), rel=1e-6)


def test_ectopic_and_missed_beats_do_not_move_the_rate() -> None:
    meter, now = fed([0.8] * 10 + [0.45, 1.15] + [0.8] * 5 + [1.6] + [0.8] * 3)
    summary = meter.at(now)
    assert summary.rate_per_min == pytest.approx(75.0)
    assert summary.ectopic_share > 0.1
    assert summary.quality is Quality.QUESTIONABLE


def test_a_new_rate_is_believed_after_six_beats() -> None:
    meter, now = fed([1.0] * 15 + [0.6] * 6)
    fitting = [x for _, x, fits in meter.state.intervals if fits]
    assert fitting[-6:] == [0.6] * 6
    assert meter.at(now).rate_per_min is not None


def test_lost_notifications_show_as_time_not_covered() -> None:
    meter = RrMeter()
    for t in range(20):
        if t % 2:
            meter.add(t * 10**9, (0.8,))
    summary = meter.at(19 * 10**9)
    assert summary.covered < 0.6
    assert summary.quality is Quality.QUESTIONABLE


def test_few_or_impossible_intervals_are_no_rate() -> None:
    meter = RrMeter()
    meter.add(10**9, (0.8, 0.8, 5.0, 0.05, float("nan")))
    summary = meter.at(10**9)
    assert (summary.rate_per_min, summary.quality) == (None, Quality.MISSING)


def test_state_restores() -> None:
    meter, now = fed([0.75, 0.8, 0.7] * 6)
    other = RrMeter()
    other.state = meter.state
    assert other.at(now) == meter.at(now)
