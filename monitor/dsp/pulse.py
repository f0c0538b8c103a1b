"""Pulse beats in a photoplethysmogram, as they come: two event-related moving averages.

After Elgendi et al., "Systolic peak detection in acceleration photoplethysmograms measured from emergency
responders in tropical conditions", PLoS ONE 8(10):e76585 (2013), doi 10.1371/journal.pone.0076585, made
causal: the averages are centred by looking back half of the longer one.

    y       band-pass 0.5-8 Hz, Butterworth order 2
    c       max(y, 0)^2
    block   where the mean of c over 111 ms exceeds that over 667 ms plus 2 % of its long-term mean
    beat    the block's highest sample of y, when the block ends

A beat is known 0.33 s plus the rest of its block after its peak: 0.4-0.45 s.
"""

import math
from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field

from monitor.dsp.biquad import Biquad, band_pass
from monitor.samples import PpgBlock
from protocols.units import NS_PER_S

# No converter has more than 32 bits, and no unit makes more of them: what is greater is a damaged value.
GREATEST_SAMPLE = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One pulse: time of its systolic peak, and its interval to the one before (None after a gap).

    `known_ns` is the newest sample when it was found. `height` is the peak of the band-passed signal.
    """

    t_ns: int
    known_ns: int
    interval_s: float | None
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseParams:
    """Of a finger or wrist signal at `sampling_rate_hz`, in arbitrary units."""

    sampling_rate_hz: float
    low_hz: float = 0.5
    high_hz: float = 8.0
    peak_s: float = 0.111
    beat_s: float = 0.667
    offset: float = 0.02
    # 200/min: a shorter distance is the dicrotic wave or noise.
    refractory_s: float = 0.3
    # The filter and the averages fill.
    settle_s: float = 2.0
    level_tau_s: float = 8.0
    gap_s: float = 0.1


@dataclass(slots=True, kw_only=True)
class PulseState:
    """Everything that changes. `window` holds (t_ns, y, c) over the longer average, newest last."""

    filter: tuple[float, ...] | None = None
    window: deque[tuple[int, float, float]] = field(default_factory=deque)
    level: float = 0.0
    peak_sum: float = 0.0
    beat_sum: float = 0.0
    until_resum: int = 0
    samples: int = 0
    block: list[tuple[int, float]] = field(default_factory=list)
    last_ns: int | None = None
    last_beat_ns: int | None = None


class PulseDetector:
    """`update` with blocks of one PPG channel; gives each beat once."""

    def __init__(self, params: PulseParams) -> None:
        self.params = params
        rate_hz = params.sampling_rate_hz
        self._filter = Biquad(
            band_pass(order=2, low_hz=params.low_hz, high_hz=params.high_hz, sampling_rate_hz=rate_hz)
        )
        self._half_peak = max(1, round(0.5 * params.peak_s * rate_hz))
        self._half_beat = max(self._half_peak + 1, round(0.5 * params.beat_s * rate_hz))
        self._least_block = max(1, round(params.peak_s * rate_hz))
        self._state = PulseState()

    @property
    def state(self) -> PulseState:
        """A copy of everything that changes; assign it to go on from there."""
        state = deepcopy(self._state)
        state.filter = self._filter.state
        return state

    @state.setter
    def state(self, value: PulseState) -> None:
        self._state = deepcopy(value)
        self._filter.state = value.filter

    def update(self, block: PpgBlock) -> list[Beat]:
        """Add samples. A gap, or samples that are no measurement, end what was begun: nothing is bridged."""
        if block.gap_before:
            self._begin_anew()
        beats: list[Beat] = []
        for t_ns, x in zip(block.t_ns.tolist(), block.ppg.tolist(), strict=True):
            beat = self._step(t_ns, x)
            if beat is not None:
                beats.append(beat)
        return beats

    def _begin_anew(self) -> None:
        self._filter.state = None
        self._state = PulseState(last_ns=self._state.last_ns)

    def _step(self, t_ns: int, x: float) -> Beat | None:
        params = self.params
        state = self._state
        if not abs(x) <= GREATEST_SAMPLE or (state.last_ns is not None and t_ns <= state.last_ns):
            return None
        if state.last_ns is not None and t_ns - state.last_ns > params.gap_s * NS_PER_S:
            self._begin_anew()
            state = self._state
        state.last_ns = t_ns
        y = self._filter.step(x)
        c = y * y if y > 0.0 else 0.0
        state.samples += 1
        # A plain mean for 3 s, then the exponential one.
        gain = 1.0 / min(state.samples, params.level_tau_s * params.sampling_rate_hz)
        state.level += gain * (c - state.level)
        window = state.window
        window.append((t_ns, y, c))
        half, reach = self._half_beat, self._half_peak
        if len(window) <= 2 * half:
            return None
        if len(window) > 2 * half + 1:
            state.beat_sum += c - window.popleft()[2]
            state.peak_sum += window[half + reach][2] - window[half - reach - 1][2]
            state.until_resum -= 1
        if state.until_resum <= 0:
            # Running sums gather rounding errors: begin them anew once a window.
            state.until_resum = 2 * half
            state.beat_sum = math.fsum(item[2] for item in window)
            state.peak_sum = math.fsum(window[i][2] for i in range(half - reach, half + reach + 1))
        return self._judge(t_ns)

    def _judge(self, now_ns: int) -> Beat | None:
        """Is the sample in the middle of the window part of a pulse?"""
        state, params, half = self._state, self.params, self._half_beat
        window = state.window
        peak = state.peak_sum / (2 * self._half_peak + 1)
        beat = state.beat_sum / (2 * half + 1)
        if peak > beat + params.offset * state.level:
            state.block.append((window[half][0], window[half][1]))
            return None
        block, state.block = state.block, []
        if len(block) < self._least_block or state.samples < params.settle_s * params.sampling_rate_hz:
            return None
        t_ns, height = max(block, key=lambda item: item[1])
        interval_s = None if state.last_beat_ns is None else (t_ns - state.last_beat_ns) / NS_PER_S
        if interval_s is not None and interval_s < params.refractory_s:
            return None
        state.last_beat_ns = t_ns
        return Beat(t_ns=t_ns, known_ns=now_ns, interval_s=interval_s, height=height)
