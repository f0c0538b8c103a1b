"""What an oscillometric cuff makes of the virtual patient: a cycle of inflation and deflation, and a reading.

Cycle: inflate at 8-15 mmHg/s to about 35 above systolic, deflate to 20 below diastolic, 25-45 s in all. The
reading is the body's pressure at the instants at which the cuff passes it, with a device error of SD 3 mmHg
(ISO 81060-2 accepts a mean error of 5 and an SD of 8 mmHg).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.movement.motion import MotionPath
from simulators.patient.beats import Beats
from simulators.patient.vitals import Patient, Vital
from simulators.peripherals.signal_source import FaultPlan
from simulators.randomness import generator

_INFLATION_MMHG_S = 14.0
_ABOVE_SYSTOLIC_MMHG = 35.0
_BELOW_DIASTOLIC_MMHG = 20.0
_SLOWEST_DEFLATION_MMHG_S = 4.0
# A cycle is not allowed to last longer than this: the deflation gets faster instead.
_LONGEST_DEFLATION_S = 27.0
_ERROR_SD_MMHG = 3.0
# Movement of the limb for more than this share of the cycle spoils the oscillations.
_MOVING_SHARE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class CuffReading:
    """The result of one cycle; the pressures are None when the cuff shows an error instead."""

    start_s: float
    end_s: float
    top_mmhg: float
    bottom_mmhg: float
    inflated_s: float
    systolic_mmhg: int | None
    diastolic_mmhg: int | None
    mean_arterial_pressure_mmhg: int | None
    pulse_rate_per_min: int | None
    body_movement: bool = False
    irregular_pulse: bool = False

    @property
    def occlusion(self) -> tuple[float, float]:
        """From when to when the cuff is above systolic pressure: no pulse beyond it."""
        systolic = self.top_mmhg - _ABOVE_SYSTOLIC_MMHG
        begins = self.start_s + (self.inflated_s - self.start_s) * systolic / self.top_mmhg
        ends = self.inflated_s + (self.end_s - self.inflated_s) * _ABOVE_SYSTOLIC_MMHG / (
            self.top_mmhg - self.bottom_mmhg
        )
        return begins, ends

    def pressure_mmhg(self, t_s: float) -> float:
        """Pressure in the cuff at `t_s`; 0 outside the cycle."""
        if not self.start_s <= t_s < self.end_s:
            return 0.0
        if t_s < self.inflated_s:
            return self.top_mmhg * (t_s - self.start_s) / (self.inflated_s - self.start_s)
        share = (t_s - self.inflated_s) / (self.end_s - self.inflated_s)
        return self.top_mmhg + (self.bottom_mmhg - self.top_mmhg) * share


class CuffSensor:
    """Cycles on one arm; each is a function of (seed, name, its start)."""

    def __init__(
        self,
        patient: Patient,
        beats: Beats,
        path: MotionPath | None = None,
        *,
        name: str,
        faults: FaultPlan | None = None,
    ) -> None:
        self._patient = patient
        self._beats = beats
        self._path = path
        self._name = name
        self._faults = faults or FaultPlan()

    def measure(self, start_s: float) -> CuffReading:
        """Measure from `start_s` on."""
        random = generator(self._patient.seed, "cuff", self._name, round(start_s * 1000))
        systolic = self._patient.value(Vital.SYSTOLIC_MMHG, start_s + 15.0)
        diastolic = self._patient.value(Vital.DIASTOLIC_MMHG, start_s + 15.0)
        top = systolic + _ABOVE_SYSTOLIC_MMHG
        inflated_s = start_s + top / _INFLATION_MMHG_S
        fall = top - (diastolic - _BELOW_DIASTOLIC_MMHG)
        speed = max(_SLOWEST_DEFLATION_MMHG_S, fall / _LONGEST_DEFLATION_S)
        end_s = inflated_s + fall / speed
        at_systolic = inflated_s + _ABOVE_SYSTOLIC_MMHG / speed
        at_diastolic = inflated_s + (top - diastolic) / speed
        error = _ERROR_SD_MMHG * random.standard_normal(2)
        read_systolic = round(self._patient.value(Vital.SYSTOLIC_MMHG, at_systolic) + error[0])
        read_diastolic = round(self._patient.value(Vital.DIASTOLIC_MMHG, at_diastolic) + error[1])
        rr = self._beats.between(inflated_s, end_s)
        moving = self._moving_share(inflated_s, end_s) > _MOVING_SHARE
        failed = self._faults.active("measurement_error", start_s) is not None
        return CuffReading(
            start_s=start_s,
            end_s=end_s,
            top_mmhg=top,
            bottom_mmhg=diastolic - _BELOW_DIASTOLIC_MMHG,
            inflated_s=inflated_s,
            systolic_mmhg=None if failed else read_systolic,
            diastolic_mmhg=None if failed else read_diastolic,
            mean_arterial_pressure_mmhg=(
                None if failed else round(read_diastolic + (read_systolic - read_diastolic) / 3.0)
            ),
            pulse_rate_per_min=None if failed or not len(rr) else round(60.0 / float(np.mean(rr))),
            body_movement=moving,
            irregular_pulse=_irregular(rr),
        )

    def _moving_share(self, start_s: float, end_s: float) -> float:
        if self._path is None:
            return 0.0
        return float(np.mean(self._path.effort(np.linspace(start_s, end_s, 50)) > 0.5))


def _irregular(rr_s: NDArray[np.float64]) -> bool:
    """Cuffs call a pulse irregular when an interval differs from the mean by more than a quarter."""
    if len(rr_s) < 4:
        return False
    mean = float(np.mean(rr_s))
    return bool(np.any(np.abs(rr_s - mean) > 0.25 * mean))
