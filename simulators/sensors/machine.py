"""What an exercise machine counts while somebody trains on it at an even pace. Pure functions of time.

Speed, cadence and power rise from 0 with one time constant and stay: a person who gets going. The virtual
patient's heart does not know of it: heart rate follows the scenario's exercises.
"""

import math
from dataclasses import dataclass

from simulators.peripherals.signal_source import FaultPlan

PACE_KM_H = 4.5
CADENCE_PER_MIN = 60.0
POWER_W = 80.0
INCLINE_PERCENT = 2.0
RESISTANCE_LEVEL = 6
WHEEL_CIRCUMFERENCE_M = 2.1
GETS_GOING_S = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """A counter: whole turns so far, and when (s of the scenario) the last was complete."""

    count: int
    last_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineReading:
    """What the machine shows at `t_s`."""

    t_s: float
    speed_km_h: float
    distance_m: float
    cadence_per_min: float
    power_w: float
    incline_percent: float = INCLINE_PERCENT
    resistance_level: int = RESISTANCE_LEVEL


class ExerciseMachine:
    """A machine that was started when the scenario began."""

    def __init__(self, *, faults: FaultPlan | None = None) -> None:
        self._faults = faults or FaultPlan()

    def reading(self, t_s: float) -> MachineReading:
        """What it shows at `t_s`."""
        t_s = self._faults.freeze(t_s)
        share = _share(t_s)
        return MachineReading(
            t_s=t_s,
            speed_km_h=PACE_KM_H * share,
            distance_m=PACE_KM_H / 3.6 * _held_s(t_s),
            cadence_per_min=CADENCE_PER_MIN * share,
            power_w=POWER_W * share,
        )

    def crank(self, t_s: float) -> Turns:
        """Turns of the crank."""
        return _turns(self._faults.freeze(t_s), CADENCE_PER_MIN / 60.0)

    def wheel(self, t_s: float) -> Turns:
        """Turns of a wheel of 2.1 m."""
        return _turns(self._faults.freeze(t_s), PACE_KM_H / 3.6 / WHEEL_CIRCUMFERENCE_M)


def _share(t_s: float) -> float:
    """How much of the pace is reached."""
    return 1.0 - math.exp(-max(t_s, 0.0) / GETS_GOING_S)


def _held_s(t_s: float) -> float:
    """The integral of `_share`: as many seconds of the full pace."""
    return max(t_s, 0.0) - GETS_GOING_S * _share(t_s)


def _turns(t_s: float, turns_per_s: float) -> Turns:
    count = int(turns_per_s * _held_s(t_s))
    early, late = 0.0, max(t_s, 0.0)
    for _ in range(40):
        middle = (early + late) / 2.0
        if turns_per_s * _held_s(middle) < count:
            early = middle
        else:
            late = middle
    return Turns(count=count, last_s=late if count else 0.0)
