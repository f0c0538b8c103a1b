"""Repetitions on a joint angle: found by turning points, one pass, no look-ahead.

The angle is low-passed (Butterworth, 2nd order, 3 Hz: 75 ms) and turned so that a repetition goes up and
comes back. A repetition opens when the signal has risen by the prominence h above the lowest point since
the last one, has its turn at the highest point, and counts when it has come back by half its height. It
is handed out when the movement has ended. h follows the last amplitudes, so that the small movements
between repetitions stay out, and decays when nothing happens, so that low repetitions are seen again.

Amplitudes, tempo and error bounds come from the samples between start and end.
"""

import math
from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field, replace
from enum import StrEnum
from statistics import median

import numpy as np

from monitor.dsp.biquad import Biquad, low_pass
from monitor.exercise.definition import Direction, RepetitionDefinition
from monitor.exercise.smoothness import log_dimensionless_jerk, spectral_arc_length
from monitor.exercise.tempo import Tempo, tempo_of
from monitor.motion.joint_angle import JointAngleBlock
from monitor.samples import Quality
from protocols.units import NS_PER_S

# Minimal detectable change (95 %) of a difference of two measurements, in standard deviations of one.
DETECTABLE = 1.96 * math.sqrt(2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """One repetition. Instants on the host's clock, angles in the signal's own direction.

    `rom_deg` is `max_deg` - `min_deg`; `rom_error_deg` one standard deviation of it. `sparc` and
    `log_dimensionless_jerk` are smoothness, closer to 0 is smoother; None across a gap.
    `partial`: below the plan's range; `too_fast`: shorter than the plan allows; `interrupted`: part of it
    was not measured.
    """

    index: int
    start_ns: int
    turn_ns: int
    end_ns: int
    rom_deg: float
    min_deg: float
    max_deg: float
    rom_error_deg: float
    tempo: Tempo
    peak_rate_deg_s: float
    sparc: float | None
    log_dimensionless_jerk: float | None
    partial: bool
    too_fast: bool
    interrupted: bool
    quality: Quality

    @property
    def full(self) -> bool:
        """Whether it counts towards the plan."""
        return not (self.partial or self.too_fast)

    @property
    def duration_s(self) -> float:
        """From start to end."""
        return (self.end_ns - self.start_ns) / NS_PER_S

    @property
    def minimal_detectable_change_deg(self) -> float:
        """A change against another repetition below this may be measurement error (95 %)."""
        return DETECTABLE * self.rom_error_deg


class MovementPhase(StrEnum):
    """Where the signal is within a repetition."""

    RESTING = "resting"
    LIFTING = "lifting"
    LOWERING = "lowering"


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterParams:
    """Experience, not plan: how turning points are told from noise."""

    cutoff_hz: float = 3.0
    prominence_fraction: float = 0.35
    return_fraction: float = 0.5
    # Below this a bump is a jerk of the leg or of the strap, not even a fast repetition.
    shortest_s: float = 0.25
    idle_s: float = 5.0
    idle_tau_s: float = 10.0
    # A movement has ended when it is slower than this for a moment near its start.
    still_rate_deg_s: float = 5.0
    still_for_s: float = 0.1
    # What was hidden for longer cannot be called one movement any more.
    longest_gap_s: float = 1.5
    # Who holds for longer has sat down differently, or a sensor was moved: a new level to start from.
    longest_hold_s: float = 45.0
    # What takes longer from start to end is a change of posture.
    longest_s: float = 60.0


@dataclass(slots=True, kw_only=True)
class RepetitionCounterState:
    """Everything that changes. `trace`: (t_ns, filtered signal, rate, error) since the lowest point."""

    phase: MovementPhase = MovementPhase.RESTING
    filter: tuple[float, ...] | None = None
    low: float = math.inf
    low_ns: int = 0
    opened_ns: int = 0
    high: float = -math.inf
    high_ns: int = 0
    back: float = math.inf  # lowest point since the turn
    trace: list[tuple[int, float, float, float]] = field(default_factory=list)
    amplitudes: deque[float] = field(default_factory=lambda: deque(maxlen=5))
    last_end_ns: int | None = None
    last_t_ns: int | None = None
    still_since_ns: int | None = None
    gap_s: float = 0.0
    count: int = 0


def _holding(params: CounterParams, planned_s: float | None) -> CounterParams:
    """A plan that asks for holds lets them last: half as long again and ten seconds, for slow starters."""
    if planned_s is None:
        return params
    hold_s = 1.5 * planned_s + 10.0
    return replace(
        params,
        longest_hold_s=max(params.longest_hold_s, hold_s),
        longest_s=max(params.longest_s, hold_s + 30.0),
    )


class RepetitionCounter:
    """`update` with blocks of one joint; gives each repetition once, when it has ended."""

    def __init__(
        self, definition: RepetitionDefinition, params: CounterParams | None = None, *, rate_hz: float = 100.0
    ) -> None:
        self.definition = definition
        self.params = _holding(params or CounterParams(), definition.tempo_holding_s)
        self._rate_hz = rate_hz
        self._sign = 1.0 if definition.direction is Direction.INCREASING else -1.0
        self._filter = Biquad(low_pass(order=2, cutoff_hz=self.params.cutoff_hz, sampling_rate_hz=rate_hz))
        self._state = RepetitionCounterState()

    @property
    def state(self) -> RepetitionCounterState:
        """A copy of everything that changes; assign it to go on from there."""
        state = deepcopy(self._state)
        state.filter = self._filter.state
        return state

    @state.setter
    def state(self, value: RepetitionCounterState) -> None:
        self._state = deepcopy(value)
        self._filter.state = value.filter

    @property
    def phase(self) -> MovementPhase:
        """What the patient is doing now."""
        return self._state.phase

    def update(self, block: JointAngleBlock) -> list[Repetition]:
        """Add angles; rows that are not valid are a gap."""
        done: list[Repetition] = []
        for t_ns, angle, rate, error, valid in zip(
            block.t_ns.tolist(),
            block.angle_deg.tolist(),
            block.rate_deg_s.tolist(),
            block.error_deg.tolist(),
            block.valid.tolist(),
            strict=True,
        ):
            if not valid:
                continue
            repetition = self._step(t_ns, self._sign * angle, self._sign * rate, error)
            if repetition is not None:
                done.append(repetition)
        return done

    def finish(self) -> list[Repetition]:
        """Nothing more will come: a repetition that has turned and come back by half counts as it stands."""
        state = self._state
        if state.phase is not MovementPhase.LOWERING or state.last_t_ns is None:
            return []
        last = self._close(state.last_t_ns)
        return [] if last is None else [last]

    def _step(self, t_ns: int, angle: float, rate: float, error: float) -> Repetition | None:
        state, params = self._state, self.params
        done: Repetition | None = None
        if state.last_t_ns is not None:
            silence_s = (t_ns - state.last_t_ns) / NS_PER_S
            if silence_s <= 0.0:
                return None
            if silence_s > 0.1:
                state.gap_s = max(state.gap_s, silence_s)
            if silence_s > params.longest_gap_s:
                # What the joint did meanwhile is unknown: a repetition that had turned ends here.
                done = self._close(state.last_t_ns) if state.phase is MovementPhase.LOWERING else None
                self._filter.state = None
                self._begin_anew()
        state.last_t_ns = t_ns
        x = self._filter.step(angle)
        state.trace.append((t_ns, x, rate, error))
        if state.phase is MovementPhase.RESTING:
            self._rest(t_ns, x)
        elif state.phase is MovementPhase.LIFTING:
            self._lift(t_ns, x)
        else:
            done = done or self._lower(t_ns, x, rate)
        return done

    def _prominence(self, t_ns: int) -> float:
        state, params = self._state, self.params
        if not state.amplitudes or state.last_end_ns is None:
            return self.definition.min_amplitude_deg
        idle_s = max(0.0, (t_ns - state.last_end_ns) / NS_PER_S - params.idle_s)
        # A set of low repetitions after one of full ones: the last one alone can halve what is usual.
        usual = min(median(state.amplitudes), 2.0 * state.amplitudes[-1])
        least = params.prominence_fraction * usual * math.exp(-idle_s / params.idle_tau_s)
        return max(self.definition.min_amplitude_deg, least)

    def _rest(self, t_ns: int, x: float) -> None:
        state, params = self._state, self.params
        if x <= state.low:
            state.low, state.low_ns = x, t_ns
        # Only what follows the lowest point can belong to the next repetition.
        if len(state.trace) > 1 and state.trace[-1][1] <= state.low:
            state.trace = state.trace[-1:]
        if x - state.low >= self._prominence(t_ns):
            state.phase = MovementPhase.LIFTING
            state.opened_ns = t_ns
            state.high, state.high_ns = x, t_ns
        elif t_ns - state.trace[0][0] > params.longest_s * NS_PER_S:
            # A drift this slow is a change of posture: let the rest level follow.
            half = len(state.trace) // 2
            state.trace = state.trace[half:]
            state.low_ns, state.low = min(((t, y) for t, y, _, _ in state.trace), key=lambda item: item[1])

    def _lift(self, t_ns: int, x: float) -> None:
        state = self._state
        if x >= state.high:
            state.high, state.high_ns = x, t_ns
        height = state.high - state.low
        if state.high - x >= max(self._prominence(t_ns), self.params.return_fraction * height):
            state.phase = MovementPhase.LOWERING
            state.back = x
            state.still_since_ns = None
        elif (
            t_ns - state.high_ns > self.params.longest_hold_s * NS_PER_S
            or t_ns - state.opened_ns > self.params.longest_s * NS_PER_S
        ):
            self._begin_anew()

    def _lower(self, t_ns: int, x: float, rate: float) -> Repetition | None:
        state, params = self._state, self.params
        state.back = min(state.back, x)
        if abs(rate) > params.still_rate_deg_s:
            state.still_since_ns = None
        elif state.still_since_ns is None:
            state.still_since_ns = t_ns
        still = (
            state.still_since_ns is not None and t_ns - state.still_since_ns >= params.still_for_s * NS_PER_S
        )
        height = state.high - state.low
        # Moving up again: the next repetition has begun, at the lowest point in between.
        if still or x - state.back >= max(0.1 * height, 0.5 * self.definition.min_amplitude_deg):
            return self._close(t_ns)
        return None

    def _starts_right(self, x: float) -> bool:
        start_deg, tolerance_deg = self.definition.start_deg, self.definition.start_tolerance_deg
        return start_deg is None or abs(self._sign * x - start_deg) <= tolerance_deg

    def _begin_anew(self) -> None:
        state = self._state
        state.phase = MovementPhase.RESTING
        state.trace = state.trace[-1:] if state.trace and state.gap_s == 0.0 else []
        state.low, state.high, state.back = math.inf, -math.inf, math.inf
        if state.trace:
            state.low_ns, state.low = state.trace[-1][0], state.trace[-1][1]
        state.gap_s = 0.0

    def _close(self, t_ns: int) -> Repetition | None:
        """End of the movement: measure it, and begin to wait for the next one."""
        state, params = self._state, self.params
        trace = np.array([(x, rate, error) for _, x, rate, error in state.trace])
        times = np.array([t for t, _, _, _ in state.trace], dtype=np.int64)
        turn = int(np.argmax(trace[:, 0]))
        end = turn + int(np.argmin(trace[turn:, 0]))
        tempo = tempo_of(times, trace[:, 0], trace[:, 1], turn=turn, end=end)
        low, high = float(trace[: end + 1, 0].min()), float(trace[turn, 0])
        rom_deg = high - low
        duration_s = (tempo.end_ns - tempo.start_ns) / NS_PER_S
        interrupted = state.gap_s > 0.1
        keep = state.trace[end:]
        gap_s = state.gap_s
        self._begin_anew()
        state.trace = keep
        state.low_ns, state.low = keep[0][0], keep[0][1]
        length_fits = params.shortest_s <= duration_s <= params.longest_s
        if not length_fits or not self._starts_right(float(trace[0, 0])):
            return None
        state.count += 1
        state.amplitudes.append(rom_deg)
        state.last_end_ns = tempo.end_ns
        speed = np.abs(trace[: end + 1, 1])
        rom_error_deg = math.hypot(float(trace[0, 2]), float(trace[turn, 2]))
        if not math.isfinite(rom_error_deg) or gap_s > 0.5:
            quality = Quality.POOR
        elif interrupted or rom_error_deg > 8.0:
            quality = Quality.QUESTIONABLE
        else:
            quality = Quality.GOOD
        low_deg, high_deg = (low, high) if self._sign > 0 else (-high, -low)
        return Repetition(
            index=state.count,
            start_ns=tempo.start_ns,
            turn_ns=int(times[turn]),
            end_ns=tempo.end_ns,
            rom_deg=rom_deg,
            min_deg=low_deg,
            max_deg=high_deg,
            rom_error_deg=rom_error_deg,
            tempo=tempo,
            peak_rate_deg_s=float(speed.max()),
            sparc=None if interrupted else spectral_arc_length(speed, sampling_rate_hz=self._rate_hz),
            log_dimensionless_jerk=(
                None
                if interrupted
                else log_dimensionless_jerk(trace[: end + 1, 1], sampling_rate_hz=self._rate_hz)
            ),
            partial=rom_deg < self.definition.partial_fraction * self.definition.target_low_deg,
            too_fast=duration_s < self.definition.min_duration_s,
            interrupted=interrupted,
            quality=quality,
        )
