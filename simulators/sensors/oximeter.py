"""What a pulse oximeter makes of the virtual patient: averaging, lag, noise, artefacts, and its status bits.

Model of the reading: arterial saturation with the circulation's lag, mean over the device's window, AR(1)
noise (coefficient 0.9, innovation 0.28 %), rounded to 1 %. Artefacts on request: at random intervals (mean
150 s) the reading is off by 4-20 % for 3-40 s, 85 % of the time downwards, and the device owns up to 60 % of
them; drop-outs of 2-20 s every 200 s. All these statistics are assumptions.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.patient.vitals import Patient, Vital
from simulators.peripherals.signal_source import FaultPlan
from simulators.randomness import generator

_NOISE_KEEP = 0.9
_NOISE_KICK_PERCENT = 0.28


@dataclass(frozen=True, slots=True, kw_only=True)
class OximeterReading:
    """One reading as the device sees it, whatever words its protocol has for it. None: no value to show."""

    t_s: float
    spo2_percent: int | None
    pulse_rate_per_min: int | None
    perfusion_index_percent: float
    motion: bool = False
    low_perfusion: bool = False
    sensor_off: bool = False
    searching: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OximeterTraits:
    """The product: averaging window, what it shows at low perfusion, whether artefacts and drop-outs come."""

    averaging_s: float = 8.0
    artefacts: bool = False
    # Below this the product gives no value; 0.3 % is what data sheets ask for.
    lowest_perfusion_percent: float = 0.2
    # After the finger is back the product needs this long to settle.
    settling_s: float = 5.0


class OximeterSensor:
    """Readings once a second; reading k belongs to second k of the scenario, in any order of questions."""

    def __init__(
        self,
        patient: Patient,
        *,
        name: str,
        traits: OximeterTraits | None = None,
        faults: FaultPlan | None = None,
        occlusions: tuple[tuple[float, float], ...] = (),
    ) -> None:
        self._patient = patient
        self._traits = traits or OximeterTraits()
        self._faults = faults or FaultPlan()
        self._occlusions = occlusions
        seconds = int(patient.duration_s) + 60
        random = generator(patient.seed, "oximeter", name)
        self._noise = _autoregressive(random, seconds)
        self._error = np.zeros(seconds)
        self._flagged = np.zeros(seconds, dtype=bool)
        self._dropped = np.zeros(seconds, dtype=bool)
        if self._traits.artefacts:
            self._plan_artefacts(generator(patient.seed, "oximeter", name, "artefacts"), seconds)

    def reading(self, t_s: float) -> OximeterReading:
        """The reading that the device shows at `t_s`."""
        t_s = self._faults.freeze(t_s)
        second = min(max(int(t_s), 0), len(self._noise) - 1)
        perfusion = self._patient.value(Vital.PERFUSION_INDEX_PERCENT, t_s)
        if (window := self._faults.active("low_perfusion", t_s)) is not None:
            perfusion *= window.numbers.get("share", 0.08)
        occluded = any(start <= t_s < end for start, end in self._occlusions)
        if occluded:
            perfusion *= 0.05
        off = self._faults.active("sensor_off", t_s) is not None
        settling = any(
            window.kind == "sensor_off" and 0.0 <= t_s - window.end_s < self._traits.settling_s
            for window in self._faults.windows
        )
        motion = self._faults.active("motion_artefact", t_s)
        blind = off or settling or bool(self._dropped[second])
        weak = perfusion < self._traits.lowest_perfusion_percent
        return OximeterReading(
            t_s=t_s,
            spo2_percent=None if blind or weak else self._spo2(t_s, second, motion is not None),
            pulse_rate_per_min=None if blind or weak else self._pulse_rate(t_s, second, motion is not None),
            perfusion_index_percent=0.0 if off else round(perfusion, 2),
            motion=motion is not None or bool(self._flagged[second]),
            low_perfusion=perfusion < 0.3 and not off,
            sensor_off=off,
            searching=settling or bool(self._dropped[second]),
        )

    def readings(self, start_s: float) -> Iterator[OximeterReading]:
        """One reading at each whole second from `start_s` on."""
        second = int(np.ceil(start_s))
        while True:
            yield self.reading(float(second))
            second += 1

    def _spo2(self, t_s: float, second: int, motion: bool) -> int:
        seen_s = t_s - self._patient.profile.circulation_lag_s
        value = self._patient.mean(Vital.SPO2_PERCENT, seen_s, self._traits.averaging_s)
        value += float(self._noise[second] + self._error[second])
        if motion:
            value -= 6.0 + 4.0 * float(np.sin(1.3 * second))
        return int(min(max(round(value), 40), 100))

    def _pulse_rate(self, t_s: float, second: int, motion: bool) -> int:
        value = self._patient.mean(Vital.HEART_RATE_PER_MIN, t_s, self._traits.averaging_s)
        value += 0.8 * float(self._noise[second])
        if motion:
            value += 14.0
        if (window := self._faults.active("rate_error", t_s)) is not None:
            value += window.numbers.get("offset_per_min", 20.0)
        return int(min(max(round(value), 20), 300))

    def _plan_artefacts(self, random: np.random.Generator, seconds: int) -> None:
        t_s = random.exponential(150.0)
        while t_s < seconds:
            length_s = min(3.0 + random.exponential(7.0), 40.0)
            size = random.uniform(4.0, 20.0) * (-1.0 if random.random() < 0.85 else 1.0)
            span = slice(int(t_s), int(t_s + length_s))
            self._error[span] = size * random.uniform(0.6, 1.0, len(self._error[span]))
            self._flagged[span] = random.random() < 0.6
            t_s += length_s + random.exponential(150.0)
        t_s = random.exponential(200.0)
        while t_s < seconds:
            length_s = random.uniform(2.0, 20.0)
            self._dropped[int(t_s) : int(t_s + length_s)] = True
            t_s += length_s + random.exponential(200.0)


def _autoregressive(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    value = _NOISE_KICK_PERCENT / np.sqrt(1.0 - _NOISE_KEEP**2) * random.standard_normal()
    series = np.empty(count)
    for index, kick in enumerate(random.standard_normal(count)):
        value = _NOISE_KEEP * value + _NOISE_KICK_PERCENT * kick
        series[index] = value
    return series
