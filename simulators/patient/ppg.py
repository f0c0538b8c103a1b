"""The pulse wave at the finger: what a photoplethysmograph sees of the virtual patient's beats.

One beat is a sum of three bells over the cardiac phase: systole, reflected wave, diastolic tail. The
notch between the first two fades as the heart gets faster. Breathing moves the baseline and changes the
amplitude; a moving hand adds its cadence with harmonics, several times the pulse. The shape's harmonics lie
in the range of three recorded people at 74, 98 and 128 beats a minute; breathing and motion are assumptions.
"""

import numpy as np
from numpy.typing import NDArray

from simulators.patient.beats import Beats
from simulators.patient.vitals import Patient, Vital
from simulators.peripherals.signal_source import FaultPlan
from simulators.randomness import generator

# Systolic wave: centre and widths, in beats; the upstroke is steeper than the way down.
_SYSTOLE, _UPSTROKE, _DOWNSTROKE = 0.20, 0.08, 0.12
# Ejection takes nearly as long in a fast heart as in a slow one, and so a larger part of the beat: the way
# down gets wider by this much for each beat a minute above 74.
_WIDENING_PER_BEAT_PER_MIN = 0.0003
# (height in parts of the systolic wave, centre, width)
_REFLECTION = (0.40, 0.54, 0.09)
_TAIL = (0.12, 0.72, 0.15)
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
        down = _DOWNSTROKE + _WIDENING_PER_BEAT_PER_MIN * (rate - 74.0)
        wave = np.zeros_like(t_s)
        # The beat before and the beat after reach into this one.
        for shift in (-1.0, 0.0, 1.0):
            away = phase + shift - _SYSTOLE
            wave += np.exp(-0.5 * (away / np.where(away < 0.0, _UPSTROKE, down)) ** 2)
            for (height, centre, width), weight in ((_REFLECTION, notch), (_TAIL, 0.3 + 0.7 * notch)):
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
