import numpy as np
import pytest
from scipy.signal import find_peaks

from simulators.patient.beats import Beats
from simulators.patient.ppg import PulseWave
from simulators.patient.profiles import Profile
from simulators.patient.vitals import Patient, Vital
from simulators.peripherals.signal_source import FaultPlan, FaultWindow

RATE_HZ = 100.0


def body(effort: float = 0.0) -> Patient:
    return Patient(
        profile=Profile(name="still"),
        workload=lambda t_s: np.full_like(t_s, effort),
        duration_s=400.0,
        seed=5,
    )


def wave(effort: float = 0.0, *windows: FaultWindow) -> tuple[PulseWave, Beats, Patient]:
    one = body(effort)
    beats = Beats(one)
    return PulseWave(one, beats, faults=FaultPlan(windows)), beats, one


@pytest.mark.parametrize("effort", [0.0, 0.5])
def test_there_is_one_systolic_peak_a_beat(effort: float) -> None:
    pulse, beats, _ = wave(effort)
    t_s = np.arange(200.0, 300.0, 1.0 / RATE_HZ)
    peaks, _ = find_peaks(pulse.shape(t_s), height=0.8, distance=25)
    instants = t_s[peaks]
    expected = beats.t_s[(beats.t_s > 199.7) & (beats.t_s < 299.5)]
    assert len(instants) == pytest.approx(len(expected), abs=1)
    # Transit of 0.2 s, and the peak at a fifth of the beat.
    delay = np.array([instants[np.argmin(np.abs(instants - beat - 0.35))] - beat for beat in expected])
    assert np.abs(delay - 0.2 - 0.2 * np.median(np.diff(expected))).max() < 0.06


def test_the_notch_fades_as_the_heart_gets_faster() -> None:
    def second_peaks(effort: float) -> float:
        pulse, _, _ = wave(effort)
        t_s = np.arange(250.0, 300.0, 1.0 / RATE_HZ)
        shape = pulse.shape(t_s)
        low, _ = find_peaks(shape, height=(0.15, 0.7), prominence=0.02)
        high, _ = find_peaks(shape, height=0.8, distance=25)
        return len(low) / len(high)

    assert second_peaks(0.0) > 0.8
    assert second_peaks(0.7) < 0.1


def test_its_size_is_the_perfusion() -> None:
    pulse, _, one = wave()
    t_s = np.arange(100.0, 160.0, 1.0 / RATE_HZ)
    light = pulse.light(t_s)
    perfusion = one.series(Vital.PERFUSION_INDEX_PERCENT, t_s).mean()
    assert 100.0 * np.ptp(light) == pytest.approx(perfusion, rel=0.6)
    cold, _, _ = wave(0.0, FaultWindow(kind="low_perfusion", start_s=0.0, end_s=400.0))
    assert np.ptp(cold.light(t_s)) == pytest.approx(0.08 * np.ptp(light), rel=0.05)
    off, _, _ = wave(0.0, FaultWindow(kind="sensor_off", start_s=0.0, end_s=400.0))
    assert np.ptp(off.light(t_s)) == 0.0


def test_breathing_moves_the_baseline() -> None:
    pulse, _, one = wave()
    t_s = np.arange(100.0, 200.0, 0.1)
    spectrum = np.abs(np.fft.rfft(pulse.light(t_s) - pulse.light(t_s).mean()))
    hz = np.fft.rfftfreq(len(t_s), 0.1)
    breathing = (hz > 0.1) & (hz < 0.5)
    peak_hz = hz[breathing][np.argmax(spectrum[breathing])]
    assert 60.0 * peak_hz == pytest.approx(one.value(Vital.BREATHS_PER_MIN, 150.0), abs=1.0)


def test_a_moving_hand_drowns_the_pulse_in_its_cadence() -> None:
    moving, _, _ = wave(0.0, FaultWindow(kind="motion_artefact", start_s=0.0, end_s=400.0))
    t_s = np.arange(100.0, 160.0, 1.0 / RATE_HZ)
    light = moving.light(t_s)
    calm = wave()[0].light(t_s)
    assert light.std() > 3.0 * calm.std()
    hz = np.fft.rfftfreq(len(t_s), 1.0 / RATE_HZ)
    cadence = hz[np.argmax(np.abs(np.fft.rfft(light - light.mean())))]
    assert 1.4 <= cadence <= 2.8


def test_words_fill_the_display_and_depend_on_the_instant_only() -> None:
    pulse, _, _ = wave()
    t_s = np.arange(100.0, 130.0, 1.0 / RATE_HZ)
    words = pulse.words(t_s, low=0, high=100)
    assert min(words) >= 0
    assert max(words) <= 100
    assert max(words) - min(words) > 60
    assert pulse.words(t_s[500:600], low=0, high=100) == pytest.approx(words[500:600], abs=2)
