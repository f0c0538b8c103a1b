import numpy as np
import pytest

from monitor.dsp.pulse import Beat, PulseDetector, PulseParams
from tests.monitor.dsp.made_ppg import block, ppg

RATE_HZ = 100.0


def detect(x: np.ndarray, *, rate_hz: float = RATE_HZ, chunk: int = 17) -> list[Beat]:
    detector = PulseDetector(PulseParams(sampling_rate_hz=rate_hz))
    beats: list[Beat] = []
    for i in range(0, x.size, chunk):
        beats += detector.update(block(x[i : i + chunk], rate_hz=rate_hz, start=i))
    return beats


@pytest.mark.parametrize("rate_per_min", [45.0, 72.0, 120.0, 175.0])
@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 250.0])
def test_finds_each_beat_once_at_its_peak(rate_per_min: float, rate_hz: float) -> None:
    t = np.arange(0.0, 30.0, 1.0 / rate_hz)
    truth = np.arange(0.5, 29.0, 60.0 / rate_per_min)
    found = np.array([b.t_ns / 1e9 for b in detect(ppg(truth, t), rate_hz=rate_hz)])
    period = 60.0 / rate_per_min
    expected = truth[(truth > 4.0) & (truth < 28.0)]
    inside = found[(found > expected[0] - 0.4 * period) & (found < expected[-1] + 0.4 * period)]
    assert inside.size == expected.size
    lag = np.median(inside - expected)
    assert abs(lag) < 0.1
    np.testing.assert_allclose(inside - expected, lag, atol=0.06)


def test_says_when_it_knew_and_how_far_the_beat_before_was() -> None:
    t = np.arange(0.0, 20.0, 0.01)
    beats = detect(ppg(np.arange(0.5, 19.0, 0.8), t))
    assert all(0.33 <= (b.known_ns - b.t_ns) / 1e9 <= 0.6 for b in beats)
    assert np.mean([(b.known_ns - b.t_ns) / 1e9 for b in beats]) < 0.5
    assert beats[0].interval_s is None
    assert [b.interval_s for b in beats[1:]] == pytest.approx([0.8] * (len(beats) - 1), abs=0.05)


def test_a_gap_is_not_bridged() -> None:
    t = np.arange(0.0, 30.0, 0.01)
    x = ppg(np.arange(0.5, 29.0, 0.8), t)
    detector = PulseDetector(PulseParams(sampling_rate_hz=RATE_HZ))
    detector.update(block(x[:1000], rate_hz=RATE_HZ))
    after = detector.update(block(x[1100:], rate_hz=RATE_HZ, start=1100))
    assert after[0].interval_s is None
    assert after[0].t_ns / 1e9 > 12.5
    detector = PulseDetector(PulseParams(sampling_rate_hz=RATE_HZ))
    detector.update(block(x[:1000], rate_hz=RATE_HZ))
    marked = detector.update(block(x[1000:], rate_hz=RATE_HZ, start=1000, gap_before=True))
    assert marked[0].interval_s is None


def test_what_is_not_a_number_or_not_in_order_is_left_out() -> None:
    t = np.arange(0.0, 20.0, 0.01)
    x = ppg(np.arange(0.5, 19.0, 0.8), t)
    spoilt = x.copy()
    spoilt[700:705] = [np.nan, np.inf, -np.inf, np.nan, np.nan]
    beats = detect(spoilt)
    assert all(np.isfinite(b.height) for b in beats)
    assert len(beats) >= len(detect(x)) - 1
    detector = PulseDetector(PulseParams(sampling_rate_hz=RATE_HZ))
    detector.update(block(x[:500], rate_hz=RATE_HZ))
    before = detector.state
    assert detector.update(block(x[:100], rate_hz=RATE_HZ)) == []
    assert detector.state == before


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_a_flat_line_has_no_pulse(value: float) -> None:
    assert detect(np.full(3000, value)) == []


def test_waves_faster_than_a_heart_can_beat_are_thinned() -> None:
    t = np.arange(0.0, 20.0, 0.01)
    beats = detect(np.sin(2 * np.pi * 3.8 * t))
    assert len(beats) > 10
    assert min(b.interval_s for b in beats[1:] if b.interval_s is not None) >= 0.3


def test_state_restores() -> None:
    t = np.arange(0.0, 20.0, 0.01)
    x = ppg(np.arange(0.5, 19.0, 0.8), t)
    one, other = (PulseDetector(PulseParams(sampling_rate_hz=RATE_HZ)) for _ in range(2))
    one.update(block(x[:1033], rate_hz=RATE_HZ))
    other.state = one.state
    rest = block(x[1033:], rate_hz=RATE_HZ, start=1033)
    assert one.update(rest) == other.update(rest) != []
