import pytest

from monitor.dsp.pulse import Beat
from monitor.dsp.pulse_rate import PulseRateMeter
from monitor.samples import Quality


def beats(intervals_s: list[float], start_s: float = 0.0) -> list[Beat]:
    out = [Beat(t_ns=round(start_s * 1e9), known_ns=0, interval_s=None, height=1.0)]
    t = start_s
    for interval in intervals_s:
        t += interval
        out.append(Beat(t_ns=round(t * 1e9), known_ns=0, interval_s=interval, height=1.0))
    return out


def metered(intervals_s: list[float]) -> tuple[PulseRateMeter, int]:
    meter = PulseRateMeter()
    all_beats = beats(intervals_s)
    for beat in all_beats:
        meter.add(beat)
    return meter, all_beats[-1].t_ns


def test_a_regular_pulse_is_good_at_rest_and_doubtful_in_motion() -> None:
    meter, now = metered([0.8] * 12)
    rate = meter.at(now)
    assert rate.rate_per_min == pytest.approx(75.0)
    assert rate.quality is Quality.GOOD
    assert meter.at(now, moving=True).quality is Quality.QUESTIONABLE


def test_an_irregular_pulse_says_so() -> None:
    doubtful, now = metered([0.8, 0.8, 0.8, 0.55, 1.05, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8])
    assert doubtful.at(now).quality is Quality.QUESTIONABLE
    assert doubtful.at(now, moving=True).quality is Quality.POOR
    poor, now = metered([0.8, 0.4, 1.3, 0.5, 1.0, 0.35, 1.2, 0.6, 0.9])
    assert poor.at(now).quality is Quality.POOR


def test_few_beats_are_no_rate() -> None:
    meter, now = metered([0.8, 0.8, 0.8])
    rate = meter.at(now)
    assert (rate.rate_per_min, rate.quality) == (None, Quality.MISSING)


def test_beats_grow_old() -> None:
    meter, now = metered([0.8] * 12)
    assert meter.at(now + 30 * 10**9).rate_per_min is None


def test_intervals_of_no_heart_are_left_out() -> None:
    meter, now = metered([0.8] * 5 + [0.1, 5.0] + [0.8] * 5)
    assert meter.at(now).rate_per_min == pytest.approx(75.0)


def test_a_window_with_holes_is_not_regular() -> None:
    meter = PulseRateMeter()
    for beat in beats([0.8] * 4, start_s=0.0) + beats([0.8], start_s=6.5):
        meter.add(beat)
    assert meter.at(round(7.4e9)).quality is not Quality.GOOD


def test_state_restores() -> None:
    meter, now = metered([0.8] * 12)
    other = PulseRateMeter()
    other.state = meter.state
    assert other.at(now) == meter.at(now)
