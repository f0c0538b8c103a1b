"""Repetitions on one sensor that nobody has shown: movement that repeats, about an axis that it finds itself.

The angular rate along its main axis goes out and back once a repetition. The first seconds of movement
give the axis and the usual rate; they are then counted in retrospect, and from there on every repetition
counts at its turn, when the rate has fallen to zero. For continuous exercises (arm, shoulder); where a
repetition can be shown, `monitor.exercise.template` is surer, and a joint angle surer still.
"""

import math
from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from monitor.dsp.biquad import Biquad, low_pass
from monitor.motion.alignment import GridResampler, GridResamplerState, ImuGridParams, RowState
from monitor.motion.quaternion import Vector, dot, unit
from monitor.samples import ImuBlock

NS_PER_S = 1_000_000_000
DEG = math.pi / 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One repetition: when its outward half began and when it turned, and the angle in between."""

    index: int
    start_ns: int
    turn_ns: int
    amplitude_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleParams:
    """Thresholds against noise and against the small movements of a hand that rests."""

    rate_hz: float
    cutoff_hz: float = 1.5
    warm_up_s: float = 8.0
    # A lobe has to reach this share of the usual rate (rms); half of it parts pauses from movement.
    lobe_fraction: float = 0.5
    least_rate_rad_s: float = 0.15
    memory_s: float = 15.0
    # After so long without a lobe the next one decides anew which way is out.
    idle_s: float = 8.0


@dataclass(slots=True, kw_only=True)
class CycleState:
    """Everything that changes. `warm_up` holds filtered rows until the axis is known."""

    resampler: GridResamplerState = field(default_factory=GridResamplerState)
    filters: list[tuple[float, ...] | None] = field(default_factory=lambda: [None] * 3)
    warm_up: deque[tuple[int, Vector]] = field(default_factory=deque)
    learnt: bool = False
    covariance: list[list[float]] = field(default_factory=lambda: [[0.0] * 3 for _ in range(3)])
    axis: Vector = (0.0, 0.0, 0.0)
    out: int = 0
    lobe: int = 0
    lobe_start_ns: int = 0
    angle_rad: float = 0.0
    amplitudes: deque[float] = field(default_factory=lambda: deque(maxlen=5))
    last_t_ns: int = 0
    last_lobe: int = 0
    last_lobe_ns: int | None = None
    count: int = 0


class CycleCounter:
    """`update` with blocks of one sensor; gives each repetition once, those of the warm-up together."""

    def __init__(self, params: CycleParams) -> None:
        self.params = params
        self._resampler = GridResampler(ImuGridParams(rate_hz=params.rate_hz))
        self._filters = [
            Biquad(low_pass(order=2, cutoff_hz=params.cutoff_hz, sampling_rate_hz=params.rate_hz))
            for _ in range(3)
        ]
        self._period_ns = round(NS_PER_S / params.rate_hz)
        self._warm_rows = round(params.warm_up_s * params.rate_hz)
        self._state = CycleState()

    @property
    def state(self) -> CycleState:
        """A copy of everything that changes; assign it to go on from there."""
        state = deepcopy(self._state)
        state.resampler = self._resampler.state
        state.filters = [f.state for f in self._filters]
        return state

    @state.setter
    def state(self, value: CycleState) -> None:
        self._state = deepcopy(value)
        self._resampler.state = value.resampler
        for one, memory in zip(self._filters, value.filters, strict=True):
            one.state = memory

    def update(self, block: ImuBlock) -> list[Cycle]:
        """Add samples. A gap that cannot be bridged ends the repetition that was under way."""
        grid = self._resampler.update(block)
        cycles: list[Cycle] = []
        for k, gyr, _, state in grid:
            if state is RowState.RESTART:
                for one in self._filters:
                    one.state = None
                self._state.lobe = 0
            x, y, z = (f.step(v) for f, v in zip(self._filters, gyr, strict=True))
            cycles += self._row(k * self._period_ns, (x, y, z))
        return cycles

    def finish(self) -> list[Cycle]:
        """Nothing more will come: count the movement under way if it has gone half of the usual way.

        A warm-up that never filled up is counted with what there is of it.
        """
        state = self._state
        found = self._begin() if not state.learnt and len(state.warm_up) > 1 else []
        if state.lobe != 0 and state.amplitudes:
            usual_deg = median(state.amplitudes)
            last = self._turn(state.last_t_ns) if state.angle_rad / DEG >= 0.5 * usual_deg else None
            found += [] if last is None else [last]
        return found

    def _row(self, t_ns: int, gyr: Vector) -> list[Cycle]:
        state, params = self._state, self.params
        if not state.learnt:
            # The warm-up begins with the first movement.
            if state.warm_up or math.sqrt(dot(gyr, gyr)) >= params.least_rate_rad_s:
                state.warm_up.append((t_ns, gyr))
            if len(state.warm_up) < self._warm_rows:
                return []
            return self._begin()
        self._follow(gyr)
        cycle = self._judge(t_ns, gyr)
        return [] if cycle is None else [cycle]

    def _begin(self) -> list[Cycle]:
        """The axis of the first seconds, and what was counted in them."""
        state = self._state
        rows = list(state.warm_up)
        gyr = np.array([g for _, g in rows])
        covariance = gyr.T @ gyr / len(rows)
        x, y, z = np.linalg.eigh(covariance)[1][:, -1].tolist()
        state.learnt, state.covariance, state.axis = True, covariance.tolist(), (x, y, z)
        state.warm_up.clear()
        return [cycle for cycle in (self._judge(t, g) for t, g in rows) if cycle is not None]

    def _follow(self, gyr: Vector) -> None:
        """Let the axis follow the movement: one step of the power iteration a row."""
        state = self._state
        gain = 1.0 / (self.params.memory_s * self.params.rate_hz)
        # While nothing moves nothing is learnt: a rest must not turn noise into the usual rate.
        if state.lobe == 0 and dot(gyr, gyr) < self.params.least_rate_rad_s**2:
            return
        c = state.covariance
        for i in range(3):
            for j in range(3):
                c[i][j] += gain * (gyr[i] * gyr[j] - c[i][j])
        x, y, z = self._through_covariance(state.axis)
        # Never zero: what moves adds to it, and 15 s of forgetting leave something.
        state.axis = unit((x, y, z))

    def _through_covariance(self, v: Vector) -> Vector:
        (a, b, c) = self._state.covariance
        return (
            a[0] * v[0] + a[1] * v[1] + a[2] * v[2],
            b[0] * v[0] + b[1] * v[1] + b[2] * v[2],
            c[0] * v[0] + c[1] * v[1] + c[2] * v[2],
        )

    def _judge(self, t_ns: int, gyr: Vector) -> Cycle | None:
        state, params = self._state, self.params
        state.last_t_ns = t_ns
        rate = dot(state.axis, gyr)
        threshold = max(params.least_rate_rad_s, params.lobe_fraction * self._usual_rate())
        cycle: Cycle | None = None
        if state.lobe != 0 and rate * state.lobe <= 0.0:
            cycle = self._turn(t_ns)
        if state.lobe != 0:
            state.angle_rad += abs(rate) / params.rate_hz
        elif abs(rate) > threshold:
            self._open(t_ns, 1 if rate > 0.0 else -1)
        return cycle

    def _usual_rate(self) -> float:
        """Rms rate about the axis, over the memory."""
        axis = self._state.axis
        return math.sqrt(max(0.0, dot(axis, self._through_covariance(axis))))

    def _open(self, t_ns: int, sign: int) -> None:
        state = self._state
        idle = state.last_lobe_ns is None or t_ns - state.last_lobe_ns > self.params.idle_s * NS_PER_S
        if idle:
            state.out, state.last_lobe = sign, 0
        state.lobe, state.lobe_start_ns, state.angle_rad = sign, t_ns, 0.0

    def _turn(self, t_ns: int) -> Cycle | None:
        """The rate came down to zero: a lobe has ended; the outward ones are the repetitions."""
        state = self._state
        # A second lobe the same way is the first one going on after a falter.
        outward = state.lobe == state.out and state.last_lobe != state.lobe
        start_ns, amplitude_deg = state.lobe_start_ns, state.angle_rad / DEG
        state.last_lobe, state.last_lobe_ns = state.lobe, t_ns
        state.lobe = 0
        if not outward:
            return None
        state.count += 1
        state.amplitudes.append(amplitude_deg)
        return Cycle(index=state.count, start_ns=start_ns, turn_ns=t_ns, amplitude_deg=amplitude_deg)
