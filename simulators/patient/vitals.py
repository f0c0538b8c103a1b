"""The virtual patient's circulation and breathing: one body, whatever sensor looks at it.

Effort drives heart rate, oxygen saturation, blood pressure and breathing by first-order kinetics; a
`VitalExcursion` (a planned event) pulls one of them to a target. All is computed once, on a grid of 0.25 s,
and read off by interpolation: a function of (seed, profile, activities, excursions, time).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from simulators.patient.profiles import Profile
from simulators.randomness import generator

GRID_S = 0.25


class Vital(StrEnum):
    """What an excursion can pull; the unit is part of the name."""

    SPO2_PERCENT = "spo2_percent"
    HEART_RATE_PER_MIN = "heart_rate_per_min"
    SYSTOLIC_MMHG = "systolic_mmhg"
    DIASTOLIC_MMHG = "diastolic_mmhg"
    BREATHS_PER_MIN = "breaths_per_min"
    PERFUSION_INDEX_PERCENT = "perfusion_index_percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalExcursion:
    """From `start_s` on, `vital` approaches `target` with `onset_tau_s`; after `end_s` it is let go."""

    vital: Vital
    start_s: float
    end_s: float
    target: float
    onset_tau_s: float
    recovery_tau_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSigns:
    """The body at one instant (arterial values; no sensor in between)."""

    t_s: float
    workload: float
    heart_rate_per_min: float
    spo2_percent: float
    systolic_mmhg: float
    diastolic_mmhg: float
    breaths_per_min: float
    perfusion_index_percent: float

    @property
    def mean_arterial_pressure_mmhg(self) -> float:
        """A third of the way from diastolic to systolic, more at high heart rates: systole takes longer."""
        share = 1.0 / 3.0 + 0.1 * min(max((self.heart_rate_per_min - 70.0) / 100.0, 0.0), 1.0)
        return self.diastolic_mmhg + share * (self.systolic_mmhg - self.diastolic_mmhg)


def _follow(target: NDArray[np.float64], on_tau_s: float, off_tau_s: float) -> NDArray[np.float64]:
    """First-order response on the grid, with one time constant upwards and another downwards."""
    up, down = 1.0 - np.exp(-GRID_S / on_tau_s), 1.0 - np.exp(-GRID_S / off_tau_s)
    value = float(target[0])
    response = np.empty_like(target)
    for index, aim in enumerate(target.tolist()):
        value += (aim - value) * (up if aim > value else down)
        response[index] = value
    return response


def _later(series: NDArray[np.float64], delay_s: float) -> NDArray[np.float64]:
    steps = round(delay_s / GRID_S)
    return series if steps == 0 else np.concatenate([np.full(steps, series[0]), series[:-steps]])


class Patient:
    """One body over one session.

    Args:
        profile: Its constants.
        workload: Relative effort 0..1 at given instants (vectorised).
        excursions: Planned events.
        duration_s: How long it lives; the last value holds afterwards.
        seed: Of the world.
    """

    def __init__(
        self,
        *,
        profile: Profile,
        workload: Callable[[NDArray[np.float64]], NDArray[np.float64]],
        excursions: Sequence[VitalExcursion] = (),
        duration_s: float,
        seed: int,
    ) -> None:
        self.profile = profile
        self.seed = seed
        self.duration_s = duration_s
        self._t_s = np.arange(0.0, duration_s + 60.0, GRID_S)
        self._work = workload(self._t_s)
        self._series = {
            Vital.HEART_RATE_PER_MIN: self._heart_rate(),
            Vital.SPO2_PERCENT: self._spo2(),
            Vital.SYSTOLIC_MMHG: self._pressure(
                profile.resting_systolic_mmhg, profile.systolic_rise_mmhg_per_met
            ),
            Vital.DIASTOLIC_MMHG: self._pressure(
                profile.resting_diastolic_mmhg, profile.diastolic_rise_mmhg_per_met
            ),
            Vital.BREATHS_PER_MIN: profile.resting_breaths_per_min
            + profile.breaths_rise_per_min * _follow(self._work, 40.0, 60.0),
            Vital.PERFUSION_INDEX_PERCENT: self._perfusion(),
        }
        for excursion in sorted(excursions, key=lambda one: one.start_s):
            self._apply(excursion)
        np.clip(self._series[Vital.SPO2_PERCENT], 40.0, 100.0, out=self._series[Vital.SPO2_PERCENT])

    def series(self, vital: Vital, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The quantity at each instant, shape of `t_s`."""
        return np.interp(t_s, self._t_s, self._series[vital])

    def value(self, vital: Vital, t_s: float) -> float:
        """The quantity at one instant."""
        position = min(max(t_s / GRID_S, 0.0), len(self._t_s) - 1.001)
        index = int(position)
        series = self._series[vital]
        before = float(series[index])
        return before + (float(series[index + 1]) - before) * (position - index)

    def mean(self, vital: Vital, t_s: float, window_s: float) -> float:
        """Mean over the `window_s` before `t_s`, as a sensor's averaging sees it."""
        instants = np.linspace(t_s - window_s, t_s, 9)
        return float(np.mean(self.series(vital, instants)))

    def signs(self, t_s: float) -> VitalSigns:
        """Everything at one instant."""
        return VitalSigns(
            t_s=t_s,
            workload=float(np.interp(t_s, self._t_s, self._work)),
            **{str(vital): self.value(vital, t_s) for vital in Vital},
        )

    def _heart_rate(self) -> NDArray[np.float64]:
        profile = self.profile
        reserve = profile.maximum_heart_rate_per_min - profile.resting_heart_rate_per_min
        wanted = _later(self._work, profile.heart_rate_delay_s)
        fast = _follow(wanted, profile.heart_rate_on_tau_s, profile.heart_rate_off_tau_s)
        slow = _follow(wanted, profile.heart_rate_slow_on_tau_s, profile.heart_rate_slow_off_tau_s)
        return profile.resting_heart_rate_per_min + reserve * (0.65 * fast + 0.35 * slow)

    def _spo2(self) -> NDArray[np.float64]:
        profile = self.profile
        fall = _follow(
            _later(self._work, profile.spo2_delay_s), profile.spo2_fall_tau_s, profile.spo2_recovery_tau_s
        )
        # Saturation drifts by a few tenths over minutes even at rest (breathing pattern).
        random = generator(self.seed, "patient", "spo2")
        drift = np.zeros_like(self._t_s)
        for period_s in (47.0, 113.0, 211.0):
            drift += 0.12 * np.sin(2.0 * np.pi * (self._t_s / period_s + random.random()))
        return profile.resting_spo2_percent + drift - profile.spo2_fall_percent * fall

    def _pressure(self, rest_mmhg: float, rise_mmhg_per_met: float) -> NDArray[np.float64]:
        profile = self.profile
        load = _follow(self._work, profile.pressure_on_tau_s, profile.pressure_off_tau_s)
        return rest_mmhg + rise_mmhg_per_met * load * (profile.capacity_met - 1.0)

    def _perfusion(self) -> NDArray[np.float64]:
        random = generator(self.seed, "patient", "perfusion")
        wave = np.sin(2.0 * np.pi * (self._t_s / 37.0 + random.random()))
        # Only the slow vasomotor wave: working muscle takes blood from the finger, warmth gives it back.
        return self.profile.perfusion_index_percent * (1.0 + 0.1 * wave)

    def _apply(self, excursion: VitalExcursion) -> None:
        since = self._t_s - excursion.start_s
        after = self._t_s - excursion.end_s
        reached = 1.0 - np.exp(-(excursion.end_s - excursion.start_s) / excursion.onset_tau_s)
        weight = np.where(
            after > 0,
            reached * np.exp(-np.maximum(after, 0.0) / excursion.recovery_tau_s),
            1.0 - np.exp(-np.maximum(since, 0.0) / excursion.onset_tau_s),
        )
        series = self._series[excursion.vital]
        series += weight * (excursion.target - series)
