"""Repetitions of lifts: the sensor goes up and down and hardly turns (squat, press, row with a weight).

The signal is the length of the specific force, low-passed: once a repetition it rises while the load is sped
up or caught and falls in between. It is no angle, so it is told in percent of one repetition that was shown,
and the same counter counts it. A range of motion cannot be read from it.
"""

import math
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitor.dsp.biquad import Biquad, low_pass
from monitor.exercise.definition import Direction, RepetitionDefinition, Signal
from monitor.exercise.repetitions import CounterParams
from monitor.motion.alignment import GridResampler, GridResamplerState, ImuGridParams, RowState
from monitor.motion.joint_angle import JointAngleBlock
from monitor.samples import ImuBlock, Quality

# Lifts under load take a second or more; impacts and the grip's tremor lie above.
CUTOFF_HZ = 0.6
# Below this a hand that holds something still looks the same.
LEAST_AMPLITUDE_M_S2 = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftTemplate:
    """Of one repetition: how much the force changes, and for how long it lasts."""

    amplitude_m_s2: float
    duration_s: float


def learn_lift(acc_m_s2: NDArray[np.float64], *, sampling_rate_hz: float) -> LiftTemplate:
    """Learn from one repetition, (n, 3), from rest to rest.

    Raises ValueError when the force hardly changes: then this is not the signal for the exercise.
    """
    smooth = Biquad(low_pass(order=2, cutoff_hz=CUTOFF_HZ, sampling_rate_hz=sampling_rate_hz))
    force = smooth.update(np.linalg.norm(acc_m_s2, axis=1))
    amplitude = float(np.ptp(force)) if force.size else 0.0
    if not amplitude >= LEAST_AMPLITUDE_M_S2:
        raise ValueError(f"acc_m_s2: {amplitude:.2f} m/s2, expected {LEAST_AMPLITUDE_M_S2} or more: no lift")
    return LiftTemplate(amplitude_m_s2=amplitude, duration_s=force.size / sampling_rate_hz)


def lift_definition(template: LiftTemplate) -> tuple[RepetitionDefinition, CounterParams]:
    """What to count on a `LiftSignal` of the same template, for a `RepetitionCounter`."""
    definition = RepetitionDefinition(
        signal=Signal.ACCELERATION,
        direction=Direction.INCREASING,
        target_low_deg=100.0,
        target_high_deg=200.0,
        min_amplitude_deg=max(20.0, 100.0 * LEAST_AMPLITUDE_M_S2 / template.amplitude_m_s2),
        partial_fraction=0.5,
        min_duration_s=min(0.8, 0.25 * template.duration_s),
    )
    params = CounterParams(
        cutoff_hz=2.0,
        prominence_fraction=0.4,
        still_rate_deg_s=10.0,
        longest_s=max(10.0, 4.0 * template.duration_s),
    )
    return definition, params


@dataclass(slots=True, kw_only=True)
class LiftSignalState:
    """Of the grid and the low-pass, and the percent of the row before."""

    resampler: GridResamplerState = field(default_factory=GridResamplerState)
    filter: tuple[float, ...] | None = None
    last_percent: float | None = None


class LiftSignal:
    """Blocks of one sensor -> change of the force, as a counter takes it: percent where it says degrees."""

    def __init__(self, template: LiftTemplate, *, rate_hz: float, name: str = "lift") -> None:
        self._scale = 100.0 / template.amplitude_m_s2
        self._rate_hz = rate_hz
        self._name = name
        self._resampler = GridResampler(ImuGridParams(rate_hz=rate_hz))
        self._filter = Biquad(low_pass(order=2, cutoff_hz=CUTOFF_HZ, sampling_rate_hz=rate_hz))
        self._period_ns = round(1e9 / rate_hz)
        self._last_percent: float | None = None

    @property
    def state(self) -> LiftSignalState:
        """A copy of everything that changes; assign it to go on from there."""
        return LiftSignalState(
            resampler=self._resampler.state, filter=self._filter.state, last_percent=self._last_percent
        )

    @state.setter
    def state(self, value: LiftSignalState) -> None:
        value = deepcopy(value)
        self._resampler.state = value.resampler
        self._filter.state = value.filter
        self._last_percent = value.last_percent

    def update(self, block: ImuBlock) -> JointAngleBlock | None:
        """Add samples; None when no row of the grid became due."""
        grid = self._resampler.update(block)
        if not grid:
            return None
        percents, rates = [], []
        for row in grid:
            if row.state is RowState.RESTART:
                self._filter.state = self._last_percent = None
            percent = self._scale * (self._filter.step(math.hypot(*row.acc_m_s2)) - 9.81)
            last = percent if self._last_percent is None else self._last_percent
            rates.append((percent - last) * self._rate_hz)
            percents.append(percent)
            self._last_percent = percent
        valid = np.array([row.state is not RowState.BRIDGED for row in grid])
        return JointAngleBlock(
            joint=self._name,
            t_ns=np.array([row.k for row in grid], dtype=np.int64) * self._period_ns,
            angle_deg=np.where(valid, percents, np.nan),
            rate_deg_s=np.where(valid, rates, np.nan),
            valid=valid,
            error_deg=np.where(valid, 10.0, np.inf),
            quality=Quality.GOOD if valid[-1] else Quality.MISSING,
            gap_before=any(row.state is RowState.RESTART for row in grid),
        )
