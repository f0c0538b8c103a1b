import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from monitor.dsp.biquad import Biquad, band_pass, low_pass

RATE_HZ = 100.0
NOISE = np.random.default_rng(0).normal(size=400) + 3.0


@pytest.mark.parametrize("order", [2, 4, 6])
@pytest.mark.parametrize("cutoff_hz", [0.5, 3.0, 20.0])
def test_low_pass_agrees_with_scipy(order: int, cutoff_hz: float) -> None:
    sos = signal.butter(order, cutoff_hz, fs=RATE_HZ, output="sos")
    expected, _ = signal.sosfilt(sos, NOISE, zi=signal.sosfilt_zi(sos) * NOISE[0])
    ours = Biquad(low_pass(order=order, cutoff_hz=cutoff_hz, sampling_rate_hz=RATE_HZ)).update(NOISE)
    np.testing.assert_allclose(ours, expected, atol=1e-8)


@pytest.mark.parametrize("order", [2, 4])
def test_band_pass_agrees_with_scipy(order: int) -> None:
    sos = signal.butter(order, [0.5, 8.0], "bandpass", fs=RATE_HZ, output="sos")
    expected, _ = signal.sosfilt(sos, NOISE, zi=signal.sosfilt_zi(sos) * NOISE[0])
    ours = Biquad(band_pass(order=order, low_hz=0.5, high_hz=8.0, sampling_rate_hz=RATE_HZ)).update(NOISE)
    np.testing.assert_allclose(ours, expected, atol=1e-9)


def test_starts_without_a_transient() -> None:
    constant = np.full(50, 7.5)
    low = Biquad(low_pass(order=4, cutoff_hz=2.0, sampling_rate_hz=RATE_HZ)).update(constant)
    np.testing.assert_allclose(low, 7.5)
    band = Biquad(band_pass(order=2, low_hz=0.5, high_hz=8.0, sampling_rate_hz=RATE_HZ)).update(constant)
    np.testing.assert_allclose(band, 0.0, atol=1e-9)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12))
def test_any_chunking_gives_the_identical_numbers(sizes: list[int]) -> None:
    sections = low_pass(order=4, cutoff_hz=3.0, sampling_rate_hz=RATE_HZ)
    whole = Biquad(sections).update(NOISE)
    parts, one = [], Biquad(sections)
    for chunk in np.split(NOISE, np.cumsum(sizes)[np.cumsum(sizes) < NOISE.size]):
        parts.append(one.update(chunk))
        other = Biquad(sections)
        other.state = one.state
        one = other
    assert np.concatenate(parts).tolist() == whole.tolist()


def test_state_before_the_first_sample_is_none() -> None:
    one = Biquad(low_pass(order=2, cutoff_hz=3.0, sampling_rate_hz=RATE_HZ))
    assert one.state is None
    one.step(1.0)
    one.state = None
    assert one.step(5.0) == pytest.approx(5.0)


@pytest.mark.parametrize("order", [0, 1, 3])
def test_refuses_odd_orders(order: int) -> None:
    with pytest.raises(ValueError, match="order"):
        low_pass(order=order, cutoff_hz=3.0, sampling_rate_hz=RATE_HZ)


@pytest.mark.parametrize("cutoff_hz", [0.0, 50.0, 80.0])
def test_refuses_what_the_rate_cannot_carry(cutoff_hz: float) -> None:
    with pytest.raises(ValueError, match="Hz"):
        low_pass(order=2, cutoff_hz=cutoff_hz, sampling_rate_hz=RATE_HZ)
