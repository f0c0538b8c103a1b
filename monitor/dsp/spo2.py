"""SpO2 for limits and display: what saturation can the readings have come from?

A pulse oximeter on a moving finger shows artefacts of 4-20 %, mostly downward, for seconds to half a
minute. Saturation itself does not jump: in exercise it falls by some percent within a minute. A hidden
Markov model weighs the two: one hypothesis for every half percent of saturation, each once with the
reading near it and once with an artefact in between; the value is the posterior median. A fall at the
pace of physiology is followed without the lag of a median and a slew limit; a sudden one is believed
after about ten readings that agree. Figures: docs/signals.md.

A reading is never repeated: without an accepted one for `no_reading_s` the value is gone.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.samples import Code, Quality, Sample
from protocols.units import NS_PER_S

Floats = NDArray[np.float64]
# What devices say of a reading that must not be used as one.
ARTEFACT_FLAGS = frozenset(
    {"motion", "low_perfusion", "searching", "weak_signal", "unreliable", "inadequate_signal", "poor_signal"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spo2FilterParams:
    """How saturation moves and how readings fail."""

    # Scale of the change within a second: a desaturation of 8 % with a time constant of 30 s begins with
    # 0.27 %/s; breath-holding reaches 1 %/s, five times the scale, and is still followed.
    change_percent_per_s: float = 0.2
    # Odds of a real jump within a second. Not a rate of anything known: it fixes how many readings have to
    # agree on a sudden fall (10 or so) before it is believed.
    jump_odds: float = 1e-10
    jump_percent: float = 8.0
    # Rounding to whole percents and the noise of a good reading.
    reading_sigma_percent: float = 0.8
    # Artefacts: how often they begin (at rest, while the wearer moves), how long they last, how far they go.
    artefact_gap_s: float = 150.0
    artefact_gap_moving_s: float = 40.0
    artefact_s: float = 10.0
    artefact_percent: float = 25.0
    artefact_down_share: float = 0.8
    # Before the first reading: a seated patient, with or without lung disease.
    prior_percent: float = 95.0
    prior_sigma_percent: float = 6.0
    no_reading_s: float = 10.0
    gate_flags: frozenset[str] = ARTEFACT_FLAGS
    # Beyond this width of the 90 % interval the value does not clear an alert.
    unsure_percent: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spo2FilterState:
    """Posterior over saturation (2, n): row 0 with the reading good, row 1 within an artefact."""

    posterior: Floats | None = None
    t_ns: int | None = None


class Spo2Filter:
    """One reading in, one value out; built for about one reading a second, correct at any pace.

    Start-up: the first reading gives a value. Delay: none for physiological falls, 10-14 s for a jump.
    """

    LOWEST_PERCENT = 50.0
    STEP_PERCENT = 0.5

    def __init__(self, params: Spo2FilterParams | None = None) -> None:
        self.params = params = params or Spo2FilterParams()
        self._grid = np.arange(self.LOWEST_PERCENT, 100.0 + 0.5 * self.STEP_PERCENT, self.STEP_PERCENT)
        distance = np.abs(self._grid[:, None] - self._grid[None, :])
        small = np.exp(-distance / params.change_percent_per_s)
        large = np.exp(-distance / params.jump_percent)
        odds = params.jump_odds
        self._change = (1.0 - odds) * small / small.sum(axis=0) + odds * large / large.sum(axis=0)
        prior = np.exp(-0.5 * ((self._grid - params.prior_percent) / params.prior_sigma_percent) ** 2)
        began = params.artefact_s / (params.artefact_s + params.artefact_gap_s)
        self._prior = np.stack([(1.0 - began) * prior, began * prior]) / prior.sum()
        self._state = Spo2FilterState()

    @property
    def state(self) -> Spo2FilterState:
        """Everything that changes; assign it to go on from there."""
        return self._state

    @state.setter
    def state(self, value: Spo2FilterState) -> None:
        self._state = value

    def probability_below(self, limit_percent: float) -> float | None:
        """How sure it is that saturation is below the limit now; None without a value."""
        posterior = self._state.posterior
        if posterior is None:
            return None
        return float(posterior[:, self._grid < limit_percent].sum())

    def update(self, sample: Sample, *, moving: bool = False, cuff_on_arm: bool = False) -> Sample:
        """Filter one reading.

        Args:
            sample: the device's reading.
            moving: the wearer moves: an artefact is likelier.
            cuff_on_arm: a cuff is inflated on the sensor's arm: the reading is not used.

        A reading that is gated (flagged, missing, POOR, out of range, not newer) gives the held value with
        quality QUESTIONABLE, and MISSING once none has been accepted for `no_reading_s`.
        """
        state, params = self._state, self.params
        if state.t_ns is not None and sample.t_ns - state.t_ns >= params.no_reading_s * NS_PER_S:
            self._state = state = Spo2FilterState()
        if cuff_on_arm or not self._accepts(sample) or sample.value is None:
            return self._out(sample, Quality.QUESTIONABLE)
        posterior = self._prior if state.posterior is None else state.posterior
        seconds = 0 if state.t_ns is None else round((sample.t_ns - state.t_ns) / NS_PER_S)
        for _ in range(seconds):
            posterior = self._predict(posterior, moving=moving)
        posterior = posterior * self._likelihood(sample.value)
        self._state = Spo2FilterState(posterior=posterior / posterior.sum(), t_ns=sample.t_ns)
        return self._out(sample, sample.quality)

    def _accepts(self, sample: Sample) -> bool:
        last_ns = self._state.t_ns
        return (
            sample.value is not None
            and math.isfinite(sample.value)
            and 0.0 < sample.value <= 100.0
            and sample.quality is not Quality.POOR
            and not (sample.flags & self.params.gate_flags)
            and (last_ns is None or sample.t_ns > last_ns)
        )

    def _predict(self, posterior: Floats, *, moving: bool) -> Floats:
        """One second on."""
        params = self.params
        begin = 1.0 / (params.artefact_gap_moving_s if moving else params.artefact_gap_s)
        end = 1.0 / params.artefact_s
        good, artefact = (self._change @ posterior.T).T
        return np.stack([(1.0 - begin) * good + end * artefact, begin * good + (1.0 - end) * artefact])

    def _likelihood(self, reading: float) -> Floats:
        params = self.params
        error = reading - self._grid
        sigma = params.reading_sigma_percent
        good = np.exp(-0.5 * (error / sigma) ** 2) / (sigma * math.sqrt(2.0 * math.pi))
        reach = params.artefact_percent
        down = np.where((error <= 0.0) & (error >= -reach), params.artefact_down_share / reach, 0.0)
        up = np.where((error > 0.0) & (error <= reach), (1.0 - params.artefact_down_share) / reach, 0.0)
        # A reading that nothing explains must not make the posterior vanish.
        return np.stack([good, down + up]) + 1e-9

    def _out(self, sample: Sample, quality: Quality) -> Sample:
        posterior = self._state.posterior
        value = None
        if posterior is None:
            quality = Quality.MISSING
        else:
            share = posterior.sum(axis=0)
            reached = np.cumsum(share) - 0.5 * share
            low, value, high = (float(np.interp(q, reached, self._grid)) for q in (0.05, 0.5, 0.95))
            in_artefact = float(posterior[1].sum()) > 0.5
            if quality is Quality.GOOD and (in_artefact or high - low > self.params.unsure_percent):
                quality = Quality.QUESTIONABLE
        return Sample(
            device=sample.device,
            code=Code.SPO2_PERCENT,
            t_ns=sample.t_ns,
            received_ns=sample.received_ns,
            value=value,
            quality=quality,
            flags=sample.flags,
        )
