"""The pulse wave at the finger: what a photoplethysmograph sees of the virtual patient's beats.

One beat is a sum of three Gaussians over the cardiac phase: systole, reflected wave, diastolic tail. The
notch between the first two fades as the heart gets faster. Breathing moves the baseline and changes the
amplitude; a moving hand adds its cadence with harmonics, several times the pulse. Shapes and sizes are the
usual ones of the literature on synthetic PPG, not a fit to anybody.
"""

import numpy as np
from numpy.typing import NDArray

from simulators.beats import Beats
from simulators.emission import FaultPlan
from simulators.patient import Patient, Vital
from simulators.randomness import generator

# (height, centre, width) in parts of the systolic wave and of the beat.
_SYSTOLE = (1.0, 0.20, 0.07)
_REFLECTION = (0.4, 0.45, 0.10)
_TAIL = (0.1, 0.65, 0.15)
# From the R wave to the finger.
_TRANSIT_S = 0.20
_BASELINE_SHARE = 0.15
_AMPLITUDE_SHARE = 0.08


class PulseWave:
    """Pleth of one finger, relative to its mean light: 1 % perfusion gives a wave 0.01 high."""

    def __init__(
        self, patient: Patient, beats: Beats, *, name: str = "finger", faults: FaultPlan | None = None
    ) -> None:
        self._patient = patient
        self._beats = beats
        self._faults = faults or FaultPlan()
        random = generator(patient.seed, "pleth", name)
        self._cadence_hz = float(random.uniform(1.4, 2.8))
        self._phases = random.uniform(0.0, 2.0 * np.pi, 4)

    def shape(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The pulse alone, 0 (diastole) to about 1 (systole), shape of `t_s`."""
        seen_s = t_s - _TRANSIT_S
        phase = self._beats.phase(seen_s) % 1.0
        rate = self._patient.series(Vital.HEART_RATE_PER_MIN, seen_s)
        notch = np.clip((130.0 - rate) / 70.0, 0.0, 1.0)
        wave = np.zeros_like(t_s)
        for (height, centre, width), weight in ((_SYSTOLE, 1.0), (_REFLECTION, notch), (_TAIL, 1.0)):
            # The tail of the beat before reaches into this one.
            for shift in (0.0, 1.0):
                wave += weight * height * np.exp(-0.5 * ((phase + shift - centre) / width) ** 2)
        return wave

    def light(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The signal about its mean: pulse, breathing, artefact; shape of `t_s`."""
        perfusion = 0.01 * self._patient.series(Vital.PERFUSION_INDEX_PERCENT, t_s)
        # Nearly constant within a window: the phase follows from the rate in the middle of it.
        breaths_hz = float(np.mean(self._patient.series(Vital.BREATHS_PER_MIN, t_s))) / 60.0
        breath = np.sin(2.0 * np.pi * breaths_hz * t_s + self._phases[0])
        signal = (1.0 + _AMPLITUDE_SHARE * breath) * self.shape(t_s) + _BASELINE_SHARE * breath
        low = _active(self._faults, "low_perfusion", t_s)
        signal = np.where(low, 0.08 * signal, signal)
        signal = np.where(_active(self._faults, "sensor_off", t_s), 0.0, signal)
        motion = np.zeros_like(t_s)
        for harmonic, size in ((1, 2.0), (2, 0.8), (3, 0.4)):
            motion += size * np.sin(2.0 * np.pi * harmonic * self._cadence_hz * t_s + self._phases[harmonic])
        signal = signal + np.where(_active(self._faults, "motion_artefact", t_s), motion, 0.0)
        return np.asarray(perfusion * signal, dtype=np.float64)

    def words(self, t_s: NDArray[np.float64], *, low: int, high: int) -> list[int]:
        """The signal as a display shows it: scaled to its own size, low..high, shape of `t_s`."""
        perfusion = 0.01 * self._patient.series(Vital.PERFUSION_INDEX_PERCENT, t_s)
        middle, span = 0.5 * (low + high), 0.5 * (high - low)
        scaled = middle + span * (self.light(t_s) / perfusion - 0.5) / 0.9
        return [int(word) for word in np.clip(np.rint(scaled), low, high)]


def _active(faults: FaultPlan, kind: str, t_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    inside = np.zeros(t_s.shape, dtype=np.bool_)
    for window in faults.windows:
        if window.kind == kind:
            inside |= (t_s >= window.start_s) & (t_s < window.end_s)
    return inside
