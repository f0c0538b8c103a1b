"""Pulse and heart rate that devices report, for limits and display: gate and median, no slew limit.

A heart can change its rate by 20/min within seconds (a step, an arrhythmia), so nothing is slewed; what a
median of seven cannot hide is shown.
"""

from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from statistics import median

from monitor.dsp.spo2 import ARTEFACT_FLAGS
from monitor.samples import Code, Quality, Sample
from protocols.units import NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class RateFilterParams:
    """`lowest_per_min` and `highest_per_min` bound what a human heart does; outside is a sensor's fault."""

    median_samples: int = 7
    lowest_per_min: float = 20.0
    highest_per_min: float = 260.0
    no_reading_s: float = 10.0
    gate_flags: frozenset[str] = ARTEFACT_FLAGS | {"no_contact"}


@dataclass(slots=True, kw_only=True)
class RateFilterState:
    """Accepted readings in the median, and when the last one came."""

    window: deque[float] = field(default_factory=deque)
    t_ns: int | None = None


class RateFilter:
    """One rate in, one rate out, of the same code. Delay: half the median."""

    def __init__(self, code: Code, params: RateFilterParams | None = None) -> None:
        self.code = code
        self.params = params or RateFilterParams()
        self._state = RateFilterState()

    @property
    def state(self) -> RateFilterState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: RateFilterState) -> None:
        self._state = deepcopy(value)

    def update(self, sample: Sample) -> Sample:
        """Filter one reading; a gated one gives the held value, and nothing after `no_reading_s`."""
        state, params = self._state, self.params
        if state.t_ns is not None and sample.t_ns - state.t_ns >= params.no_reading_s * NS_PER_S:
            self._state = state = RateFilterState()
        value = sample.value
        accepted = (
            value is not None
            and sample.quality is not Quality.POOR
            and not (sample.flags & params.gate_flags)
            and params.lowest_per_min <= value <= params.highest_per_min
            and (state.t_ns is None or sample.t_ns > state.t_ns)
        )
        if accepted and value is not None:
            state.window.append(value)
            while len(state.window) > params.median_samples:
                state.window.popleft()
            state.t_ns = sample.t_ns
        held = float(median(state.window)) if state.window else None
        quality = sample.quality if accepted else Quality.QUESTIONABLE
        return Sample(
            device=sample.device,
            code=self.code,
            t_ns=sample.t_ns,
            received_ns=sample.received_ns,
            value=held,
            quality=Quality.MISSING if held is None else quality,
            flags=sample.flags,
        )
