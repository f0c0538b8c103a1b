"""Heart rate from a PPG while the wearer moves: spectrum against accelerometer spectrum, tracked.

Every two seconds the spectrum of the last eight is weighed down where the accelerometer has power, and at
half of its rhythm (an arm swings once in two steps), and a hidden Markov model over 40-210/min carries the
belief from window to window: a heart does not jump. The estimate describes the middle of the window, four
seconds ago. Whether there is a pulse at all is a question of its own: the share of the light that beats at
the rate. Measured: docs/signals.md; much of the error is lost tracks, which the quality tells.
"""

from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitor.dsp.biquad import Biquad, band_pass
from monitor.dsp.pulse import GREATEST_SAMPLE
from monitor.samples import ImuBlock, PpgBlock, Quality
from protocols.units import NS_PER_S

Floats = NDArray[np.float64]
# 40 g: no sensor here measures so much; what is greater is a damaged value.
GREATEST_ACC_M_S2 = 400.0
# Accelerometer power (of its strongest) from which on a rate is movement's.
EXPLAINED = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionRate:
    """Rate of the window that ends at `t_ns` (its middle is `centre_ns`).

    `confidence` 0 to 1: belief within 5/min of the estimate; above 0.8 the mean error was 2.7/min.
    `cadence_per_min` is the accelerometer's strongest rhythm, None at rest. `near_cadence`: within
    6/min of the estimate, its double or its half the accelerometer has half of its power or more: it may be
    the steps. `pulse_share` 0 to 1: how much of the light that movement does not explain beats at this rate,
    over the last windows; noise without a pulse has little, whatever rate is made of it.
    """

    t_ns: int
    centre_ns: int
    rate_per_min: float
    confidence: float
    cadence_per_min: float | None
    near_cadence: bool
    quality: Quality
    pulse_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionRateParams:
    """Rates of the two streams and the tracker's constants."""

    ppg_rate_hz: float
    acc_rate_hz: float
    grid_hz: float = 25.0
    window_s: float = 8.0
    step_s: float = 2.0
    low_hz: float = 0.6
    high_hz: float = 6.0
    lowest_per_min: int = 40
    highest_per_min: int = 210
    # How hard accelerometer power counts against a rate, and how fast a heart may change it.
    acc_weight: float = 2.0
    change_per_min: float = 2.5
    # Chosen on simulated runners (12 settings); none is fitted to a recording.
    whitening: float = 0.4
    # An arm swings once in two steps: half of the rhythm is in the light, hardly in the force.
    half_cadence_share: float = 0.6
    # Of the power that is not movement's, the share at the rate and its double. Noise shows a third by
    # chance.
    pulse_share: float = 0.4
    pulse_share_s: float = 12.0
    # Below this (m/s2, rms in the band) nobody is walking.
    rest_acc_m_s2: float = 0.15


@dataclass(slots=True, kw_only=True)
class MotionRateState:
    """Filter memories, grid samples of both streams, belief."""

    filters: list[tuple[float, ...] | None] = field(default_factory=lambda: [None] * 4)
    last: list[tuple[int, tuple[float, ...]] | None] = field(default_factory=lambda: [None, None])
    ppg: deque[tuple[int, float]] = field(default_factory=deque)
    acc: deque[tuple[int, tuple[float, ...]]] = field(default_factory=deque)
    next_k: int | None = None
    belief: Floats | None = None
    shares: deque[float] = field(default_factory=deque)


class MotionHeartRate:
    """Push both streams in order of receipt; an estimate comes every `step_s` once a window is full.

    Without accelerometer samples the window is judged on the PPG alone and is QUESTIONABLE at best.
    """

    def __init__(self, params: MotionRateParams) -> None:
        self.params = params
        self._grid_ns = round(NS_PER_S / params.grid_hz)
        self._window_rows = round(params.window_s * params.grid_hz)
        self._step_rows = round(params.step_s * params.grid_hz)
        self._filters = [
            Biquad(band_pass(order=2, low_hz=params.low_hz, high_hz=params.high_hz, sampling_rate_hz=rate_hz))
            for rate_hz in (params.ppg_rate_hz, *[params.acc_rate_hz] * 3)
        ]
        self._rates = np.arange(params.lowest_per_min, params.highest_per_min + 1, dtype=np.float64)
        distance = np.abs(self._rates[:, None] - self._rates[None, :])
        change = np.exp(-distance / params.change_per_min)
        self._change = 0.999 * change / change.sum(axis=0) + 0.001 / self._rates.size
        self._hann = np.hanning(self._window_rows)
        self._bins = np.arange(1025) * params.grid_hz / 2048.0 * 60.0
        self._in_band = (self._bins >= params.lowest_per_min) & (self._bins <= 60.0 * params.high_hz)
        self._whitening = (self._rates / params.highest_per_min) ** params.whitening
        self._state = MotionRateState()

    @property
    def state(self) -> MotionRateState:
        """A copy of everything that changes; assign it to go on from there."""
        state = deepcopy(self._state)
        state.filters = [f.state for f in self._filters]
        return state

    @state.setter
    def state(self, value: MotionRateState) -> None:
        self._state = deepcopy(value)
        for one, memory in zip(self._filters, value.filters, strict=True):
            one.state = memory

    def push_ppg(self, block: PpgBlock) -> list[MotionRate]:
        """Add PPG samples."""
        for t_ns, x in zip(block.t_ns.tolist(), block.ppg.tolist(), strict=True):
            if abs(x) <= GREATEST_SAMPLE:
                for k, (value,) in self._to_grid(0, t_ns, (self._filters[0].step(x),)):
                    self._state.ppg.append((k, value))
        return self._estimates()

    def push_acc(self, block: ImuBlock) -> list[MotionRate]:
        """Add accelerometer samples."""
        for t_ns, row in zip(block.t_ns.tolist(), block.acc_m_s2.tolist(), strict=True):
            if all(abs(x) <= GREATEST_ACC_M_S2 for x in row):
                filtered = tuple(f.step(x) for f, x in zip(self._filters[1:], row, strict=True))
                self._state.acc.extend(self._to_grid(1, t_ns, filtered))
        return self._estimates()

    def _to_grid(self, stream: int, t_ns: int, row: tuple[float, ...]) -> list[tuple[int, tuple[float, ...]]]:
        """Grid samples between the stream's last sample and this one; none across a gap of half a second."""
        last = self._state.last[stream]
        if last is not None and t_ns <= last[0]:
            return []
        self._state.last[stream] = (t_ns, row)
        if last is None or t_ns - last[0] > NS_PER_S // 2:
            return []
        before_ns, before = last
        out = []
        for k in range(before_ns // self._grid_ns + 1, t_ns // self._grid_ns + 1):
            share = (k * self._grid_ns - before_ns) / (t_ns - before_ns)
            out.append((k, tuple(a + share * (b - a) for a, b in zip(before, row, strict=True))))
        return out

    def _estimates(self) -> list[MotionRate]:
        state = self._state
        out: list[MotionRate] = []
        while state.ppg:
            if state.next_k is None:
                state.next_k = state.ppg[0][0] + self._window_rows
            if state.ppg[-1][0] < state.next_k:
                break
            # The accelerometer may be a moment late; it is not waited for longer than a step.
            acc_k = state.acc[-1][0] if state.acc else None
            if (
                acc_k is not None
                and acc_k < state.next_k <= state.ppg[-1][0] < state.next_k + self._step_rows
            ):
                break
            estimate = self._estimate(state.next_k)
            if estimate is not None:
                out.append(estimate)
            state.next_k += self._step_rows
            first_k = state.next_k - self._window_rows
            while state.ppg and state.ppg[0][0] <= first_k:
                state.ppg.popleft()
            while state.acc and state.acc[0][0] <= first_k:
                state.acc.popleft()
        return out

    def _estimate(self, end_k: int) -> MotionRate | None:
        """Judge the window that ends with grid row `end_k`."""
        state, params = self._state, self.params
        window = self._window([(k, (x,)) for k, x in state.ppg], end_k)
        if window is None:
            state.belief = None  # the pulse was out of sight: begin anew
            state.shares.clear()
            return None
        magnitude = self._magnitude(window[:, 0])
        acc = self._window(list(state.acc), end_k)
        against = np.zeros_like(self._rates)
        moving = False
        if acc is not None:
            moving = float(np.sqrt(np.mean(np.sum(acc**2, axis=1)))) > params.rest_acc_m_s2
            against = _normalised(sum((self._spectrum(acc[:, i]) for i in range(3)), start=against))
        if acc is None or not moving:
            against = np.zeros_like(self._rates)
        spectrum = self._at_rates(magnitude)
        if moving:
            # Light drifts in movement, the more the slower: without that slope a drift is no slow heart.
            spectrum = spectrum * self._whitening
        spectrum = _normalised(spectrum)
        # The rhythm's half counts against a rate as well, less.
        halves = params.half_cadence_share * np.interp(2.0 * self._rates, self._rates, against, right=0.0)
        steps, against = against, np.maximum(against, halves)
        share = spectrum / (spectrum + params.acc_weight * against + 0.001)
        likelihood = _normalised(spectrum * np.maximum(share, 0.02) ** 1.5) ** 2 + 0.02
        belief = np.full(self._rates.size, 1.0 / self._rates.size) if state.belief is None else state.belief
        belief = (self._change @ belief) * likelihood
        belief /= belief.sum()
        state.belief = belief
        near = np.abs(self._rates - self._rates[int(np.argmax(belief))]) <= 6.0
        rate = float((belief * self._rates)[near].sum() / belief[near].sum())
        confidence = float(belief[np.abs(self._rates - rate) <= 5.0].sum())
        cadence = float(self._rates[int(np.argmax(steps))]) if moving else None
        state.shares.append(self._pulse_share(magnitude, against, rate))
        if len(state.shares) > round(params.pulse_share_s / params.step_s):
            state.shares.popleft()
        pulse_share = sum(state.shares) / len(state.shares)
        near_cadence = moving and any(
            self._power_near(steps, rate * factor) >= 0.5 for factor in (0.5, 1.0, 2.0)
        )
        if confidence <= 0.5 or pulse_share < 0.6 * params.pulse_share:
            quality = Quality.POOR
        elif confidence <= 0.8 or near_cadence or acc is None or pulse_share < params.pulse_share:
            quality = Quality.QUESTIONABLE
        else:
            quality = Quality.GOOD
        t_ns = end_k * self._grid_ns
        return MotionRate(
            t_ns=t_ns,
            centre_ns=t_ns - round(0.5 * params.window_s * NS_PER_S),
            rate_per_min=rate,
            confidence=confidence,
            cadence_per_min=cadence,
            near_cadence=near_cadence,
            quality=quality,
            pulse_share=pulse_share,
        )

    def _pulse_share(self, magnitude: Floats, against: Floats, rate_per_min: float) -> float:
        """Share of the power at the rate and its double in all that movement does not explain."""
        rates = self._bins[self._in_band]
        free = np.interp(rates, self._rates, against, left=0.0, right=0.0) < EXPLAINED
        power = magnitude[self._in_band] ** 2 * rates * free
        beats = (np.abs(rates - rate_per_min) <= 10.0) | (np.abs(rates - 2.0 * rate_per_min) <= 12.0)
        total = float(power.sum())
        return float(power[beats].sum()) / total if total > 0.0 else 0.0

    def _power_near(self, spectrum: Floats, rate_per_min: float) -> float:
        """Strongest power within 6/min of a rate."""
        near = np.abs(self._rates - rate_per_min) <= 6.0
        return float(spectrum[near].max()) if near.any() else 0.0

    def _window(self, rows: list[tuple[int, tuple[float, ...]]], end_k: int) -> Floats | None:
        """The rows of the window as an array; None when more than a tenth of them is missing."""
        inside = [(k, row) for k, row in rows if end_k - self._window_rows < k <= end_k]
        if len(inside) < 0.9 * self._window_rows:
            return None
        wanted = np.arange(end_k - self._window_rows + 1, end_k + 1)
        k = np.array([k for k, _ in inside])
        values = np.array([row for _, row in inside])
        return np.column_stack([np.interp(wanted, k, values[:, i]) for i in range(values.shape[1])])

    def _magnitude(self, x: Floats) -> Floats:
        return np.asarray(np.abs(np.fft.rfft((x - x.mean()) * self._hann, 2048)))

    def _at_rates(self, magnitude: Floats) -> Floats:
        return np.interp(self._rates, self._bins, magnitude)

    def _spectrum(self, x: Floats) -> Floats:
        """Magnitude at each rate, the strongest 1."""
        return _normalised(self._at_rates(self._magnitude(x)))


def _normalised(x: Floats) -> Floats:
    peak = float(x.max())
    return x / peak if peak > 0.0 else x
