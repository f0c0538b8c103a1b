import numpy as np
import pytest

from monitor.dsp.quality import judge_waveform, longest_run
from monitor.samples import Quality

T = np.arange(0.0, 8.0, 0.01)
PULSE = 1000.0 + 10.0 * np.sin(2 * np.pi * 1.2 * T) + np.random.default_rng(0).normal(size=T.size)


def test_a_live_wave_is_good_and_its_modulation_is_peak_to_peak_over_offset() -> None:
    judged = judge_waveform(PULSE)
    assert judged.quality is Quality.GOOD
    assert judged.modulation == pytest.approx(0.02, rel=0.1)
    assert (judged.finite, judged.clipped) == (1.0, 0.0)


def test_nothing_is_missing() -> None:
    assert judge_waveform(np.empty(0)).quality is Quality.MISSING
    assert judge_waveform(np.full(100, np.nan)).quality is Quality.MISSING


@pytest.mark.parametrize(
    ("spoil", "quality"),
    [
        (lambda x: np.full_like(x, 3.0), Quality.POOR),
        (lambda x: np.where(T < 5.0, 1.0, x), Quality.POOR),
        (lambda x: np.where(T < 2.5, 1.0, x), Quality.QUESTIONABLE),
        (lambda x: np.clip(x, 992.0, 1008.0), Quality.QUESTIONABLE),
        (lambda x: np.where(T < 0.8, np.nan, x), Quality.QUESTIONABLE),
        (lambda x: np.where(T < 5.0, np.nan, x), Quality.POOR),
    ],
)
def test_faults_show(spoil, quality: Quality) -> None:  # type: ignore[no-untyped-def] # a lambda each
    assert judge_waveform(spoil(PULSE)).quality is quality


def test_a_wave_without_offset_has_no_modulation() -> None:
    assert judge_waveform(np.array([-1.0, 0.0, 1.0] * 50 + [0.0])).modulation is None


def test_longest_run() -> None:
    assert longest_run(np.array([1.0, 1.0, 2.0, 2.0, 2.0, 3.0])) == 3
    assert longest_run(np.array([5.0])) == 1
