"""SpO2 for limits and display: gate, median, slew limit.

A pulse oximeter's own averaging hides little of a moving finger: artefacts of 4-20 % that last seconds are
usual, and saturation cannot really change faster than some percent a second. Method and figures:
docs/signals.md. A reading is never repeated: without one for `no_reading_s` the value is gone.
"""

from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from statistics import median

from monitor.samples import Code, Quality, Sample

NS_PER_S = 1_000_000_000
# What devices say of a reading that must not be used as one.
ARTEFACT_FLAGS = frozenset(
    {"motion", "low_perfusion", "searching", "weak_signal", "unreliable", "inadequate_signal", "poor_signal"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spo2FilterParams:
    """How much smoothing; the defaults are the measured compromise between false alarms and delay."""

    median_samples: int = 7
    fall_percent_per_s: float = 1.0
    # While the wearer moves a fall is more likely the movement's.
    fall_moving_percent_per_s: float = 0.5
    rise_percent_per_s: float = 2.0
    no_reading_s: float = 10.0
    gate_flags: frozenset[str] = ARTEFACT_FLAGS


@dataclass(slots=True, kw_only=True)
class Spo2FilterState:
    """Accepted readings in the median, the slewed value, and when the last one came."""

    window: deque[float] = field(default_factory=deque)
    value: float | None = None
    t_ns: int | None = None


class Spo2Filter:
    """One reading in, one value out. Delay at 1 Hz: 3 s of median, then the slew."""

    def __init__(self, params: Spo2FilterParams | None = None) -> None:
        self.params = params or Spo2FilterParams()
        self._state = Spo2FilterState()

    @property
    def state(self) -> Spo2FilterState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: Spo2FilterState) -> None:
        self._state = deepcopy(value)

    def update(self, sample: Sample, *, moving: bool = False) -> Sample:
        """Filter one reading.

        A reading that is gated (flagged, missing, or of POOR quality) gives the held value with quality
        QUESTIONABLE, and MISSING once no reading has been accepted for `no_reading_s`.
        """
        state, params = self._state, self.params
        if state.t_ns is not None and sample.t_ns - state.t_ns >= params.no_reading_s * NS_PER_S:
            self._state = state = Spo2FilterState()
        accepted = (
            sample.value is not None
            and sample.quality is not Quality.POOR
            and not (sample.flags & params.gate_flags)
            and 0.0 < sample.value <= 100.0
            and (state.t_ns is None or sample.t_ns > state.t_ns)
        )
        if not accepted or sample.value is None:
            return self._out(sample, Quality.QUESTIONABLE)
        state.window.append(sample.value)
        while len(state.window) > params.median_samples:
            state.window.popleft()
        target = float(median(state.window))
        if state.value is None or state.t_ns is None:
            state.value = target
        else:
            elapsed_s = (sample.t_ns - state.t_ns) / NS_PER_S
            fall = params.fall_moving_percent_per_s if moving else params.fall_percent_per_s
            step = min(max(target - state.value, -fall * elapsed_s), params.rise_percent_per_s * elapsed_s)
            state.value += step
        state.t_ns = sample.t_ns
        return self._out(sample, sample.quality)

    def _out(self, sample: Sample, quality: Quality) -> Sample:
        value = self._state.value
        return Sample(
            device=sample.device,
            code=Code.SPO2_PERCENT,
            t_ns=sample.t_ns,
            received_ns=sample.received_ns,
            value=value,
            quality=Quality.MISSING if value is None else quality,
            flags=sample.flags,
        )
