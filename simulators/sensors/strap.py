"""What a chest strap makes of the virtual patient's heart: rate, RR intervals, skin contact."""

from dataclasses import dataclass

import numpy as np

from simulators.patient.beats import Beats
from simulators.peripherals.signal_source import FaultPlan

# Straps average a few beats for the rate that they report.
_AVERAGED_BEATS_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StrapReading:
    """One second of a strap: rate (0: none), intervals completed in that second, contact with the skin."""

    t_s: float
    heart_rate_per_min: int
    rr_s: tuple[float, ...]
    contact: bool


class StrapSensor:
    """Readings once a second, a function of the second asked for."""

    def __init__(self, beats: Beats, *, faults: FaultPlan | None = None) -> None:
        self._beats = beats
        self._faults = faults or FaultPlan()

    def reading(self, t_s: float) -> StrapReading:
        """The reading that the strap gives at `t_s`, for the second before it."""
        t_s = self._faults.freeze(t_s)
        if self._faults.active("sensor_off", t_s) is not None:
            return StrapReading(t_s=t_s, heart_rate_per_min=0, rr_s=(), contact=False)
        recent = self._beats.between(t_s - _AVERAGED_BEATS_S, t_s)
        rate = round(60.0 / float(np.mean(recent))) if len(recent) else 0
        if (window := self._faults.active("rate_error", t_s)) is not None:
            rate = max(0, round(rate + window.numbers.get("offset_per_min", 20.0)))
        latest = self._beats.between(t_s - 1.0, t_s)
        return StrapReading(
            t_s=t_s, heart_rate_per_min=rate, rr_s=tuple(float(one) for one in latest), contact=True
        )
