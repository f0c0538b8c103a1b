"""Repetitions on one sensor that nobody has shown: movement that repeats, about an axis that it finds itself.

The angular rate along its main axis goes out and back once a repetition. The first seconds of movement
give the axis and the usual rate; they are then counted in retrospect, and from there on every repetition
counts at its turn, when the rate has fallen to zero. For continuous exercises (arm, shoulder); where a
repetition can be shown, `monitor.exercise.template` is surer, and a joint angle surer still.

A wrist in a row or a press may turn there and back twice a repetition. Then what all six channels did one
turn ago is another thing than now, and what they did two turns ago is the same
(`monitor.exercise.self_similarity`): two turns are one repetition.
"""

import math
from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from monitor.dsp.biquad import Biquad, low_pass
from monitor.exercise.self_similarity import repeats_after_two
from monitor.motion.alignment import GridResampler, GridResamplerState, ImuGridParams, RowState
from monitor.motion.quaternion import Vector, dot, unit
from monitor.samples import ImuBlock
from protocols.units import DEG, NS_PER_S


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
    # A lobe has to reach this share of the usual rate (rms); half of it parts pauses from movement. Between
    # 0.3 and 0.5 counts of recorded shoulder exercises do not differ by more than one recording in 84.
    lobe_fraction: float = 0.4
    least_rate_rad_s: float = 0.15
    memory_s: float = 15.0
    # Less than this share of the usual way is a falter or a hand that settles, no movement of its own.
    least_share: float = 0.3
    # A stream that begins amid a movement begins with its rest: a first lobe below this share of the usual
    # one belongs to a repetition whose beginning nobody saw. A start from rest is never cut.
    first_share: float = 0.8
    # The same at the end: a movement that is cut off counts as begun from this share of the usual way on.
    last_share: float = 0.2
    # How much of the past the turns are compared over.
    compared_s: float = 16.0
    # After so long without a lobe the next one decides anew which way is out.
    idle_s: float = 8.0


@dataclass(slots=True, kw_only=True)
class CycleState:
    """Everything that changes. `warm_up` holds filtered rows until the axis is known."""

    resampler: GridResamplerState = field(default_factory=GridResamplerState)
    filters: list[tuple[float, ...] | None] = field(default_factory=lambda: [None] * 6)
    recent: deque[tuple[float, ...]] = field(default_factory=deque)
    turn_starts_ns: deque[int] = field(default_factory=lambda: deque(maxlen=6))
    twice: int = 0  # votes for two turns a repetition, -2 to 2
    first_turn: tuple[int, float] | None = None  # (start, amplitude) of a repetition's first turn of two
    warm_up: deque[tuple[int, Vector]] = field(default_factory=deque)
    learnt: bool = False
    amid: bool | None = None  # whether the very first row was within a movement; None before it
    last_row: tuple[float, ...] | None = None
    covariance: list[list[float]] = field(default_factory=lambda: [[0.0] * 3 for _ in range(3)])
    axis: Vector = (0.0, 0.0, 0.0)
    out: int = 0
    lobe: int = 0
    lobe_start_ns: int = 0
    angle_rad: float = 0.0
    travels_rad: deque[float] = field(default_factory=lambda: deque(maxlen=10))  # of lobes, both ways
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
            for _ in range(6)
        ]
        self._recent_rows = round(params.compared_s * params.rate_hz)
        self._period_ns = round(NS_PER_S / params.rate_hz)
        self._warm_rows = round(params.warm_up_s * params.rate_hz)
        self._delay_s = math.sqrt(0.5) / (math.pi * params.cutoff_hz)
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
        for k, gyr, acc, state in grid:
            if state is RowState.RESTART:
                for one in self._filters:
                    one.state = None
                self._state.lobe = 0
                self._state.first_turn = None
                self._state.recent.clear()
            self._state.last_row = (*gyr, *acc)
            cycles += self._row(k * self._period_ns, self._smooth(self._state.last_row))
        return cycles

    def finish(self) -> list[Cycle]:
        """Nothing more will come: count the movement under way if it has gone `last_share` of the usual way.

        What the low-pass still holds back belongs to it. A warm-up that never filled up is counted with
        what there is of it.
        """
        state, params = self._state, self.params
        found: list[Cycle] = []
        if state.last_row is not None:
            # The delay of the low-pass, as if the last sample went on; no time passes.
            for _ in range(round(self._delay_s * params.rate_hz)):
                found += self._row(state.last_t_ns, self._smooth(state.last_row))
        if not state.learnt and len(state.warm_up) > 1:
            found += self._begin()
        if state.lobe != 0 and state.angle_rad >= params.last_share * self._usual_way_rad():
            last = self._turn(state.last_t_ns, least_share=params.last_share)
            found += [] if last is None else [last]
        return found

    def _smooth(self, row: tuple[float, ...]) -> Vector:
        """The low-passed rate; all six channels are remembered for a while."""
        smooth = tuple(f.step(v) for f, v in zip(self._filters, row, strict=True))
        recent = self._state.recent
        recent.append(smooth)
        if len(recent) > self._recent_rows:
            recent.popleft()
        return (smooth[0], smooth[1], smooth[2])

    def _row(self, t_ns: int, gyr: Vector) -> list[Cycle]:
        state, params = self._state, self.params
        state.last_t_ns = t_ns
        if not state.learnt:
            moves = math.sqrt(dot(gyr, gyr)) >= params.least_rate_rad_s
            state.amid = moves if state.amid is None else state.amid
            # The warm-up begins with the first movement.
            if state.warm_up or moves:
                state.warm_up.append((t_ns, gyr))
            if len(state.warm_up) < self._warm_rows:
                return []
            return self._begin()
        self._follow(gyr)
        cycle = self._judge(t_ns, gyr)
        return [] if cycle is None else [cycle]

    def _begin(self) -> list[Cycle]:
        """The axis and the usual way of the first seconds, and what was counted in them."""
        state, params = self._state, self.params
        rows = list(state.warm_up)
        gyr = np.array([g for _, g in rows])
        covariance = gyr.T @ gyr / len(rows)
        x, y, z = np.linalg.eigh(covariance)[1][:, -1].tolist()
        state.learnt, state.covariance, state.axis = True, covariance.tolist(), (x, y, z)
        state.warm_up.clear()
        rate = gyr @ np.array(state.axis)
        turns = np.flatnonzero(np.diff(np.sign(rate)) != 0.0) + 1
        ways = np.abs(np.add.reduceat(rate, np.concatenate([[0], turns]))) / params.rate_hz
        # Falters lie far below; without them the usual way is that of whole movements.
        state.travels_rad.extend(ways[ways >= params.least_share * ways.max()].tolist())
        first = 0
        if state.amid and turns.size:
            # The low-pass began as if the first sample had always been there: its delay, nobody moved.
            seen = slice(round(self._delay_s * params.rate_hz), int(turns[0]))
            seen_rad = float(np.abs(rate[seen]).sum()) / params.rate_hz
            first = int(turns[0]) if seen_rad < params.first_share * self._usual_way_rad() else 0
        self._rehearse(rows[first:])
        return [cycle for cycle in (self._judge(t, g) for t, g in rows[first:]) if cycle is not None]

    def _rehearse(self, rows: list[tuple[int, Vector]]) -> None:
        """Count the first seconds once for the length of a turn: whether two of them are one repetition."""
        before = deepcopy(self._state)
        for t_ns, gyr in rows:
            self._judge(t_ns, gyr)
        before.twice = self._state.twice
        self._state = before

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
            state.out = state.last_lobe = 0
            state.first_turn = None
        state.lobe, state.lobe_start_ns, state.angle_rad = sign, t_ns, 0.0

    def _usual_way_rad(self) -> float:
        """How far a movement usually goes, one way; 0 before there was one."""
        travels_rad = self._state.travels_rad
        return median(travels_rad) if travels_rad else 0.0

    def _turn(self, t_ns: int, *, least_share: float | None = None) -> Cycle | None:
        """The rate came down to zero: a lobe has ended; the outward ones are the repetitions."""
        state = self._state
        lobe, way_rad = state.lobe, state.angle_rad
        state.lobe, state.last_lobe_ns = 0, t_ns
        share = self.params.least_share if least_share is None else least_share
        if way_rad < share * self._usual_way_rad():
            return None
        state.out = state.out or lobe
        # A second lobe the same way is the first one going on after a falter.
        outward = lobe == state.out and state.last_lobe != lobe
        state.last_lobe = lobe
        state.travels_rad.append(way_rad)
        if not outward:
            return None
        state.turn_starts_ns.append(state.lobe_start_ns)
        if len(state.turn_starts_ns) > 3:
            between_ns = float(np.median(np.diff(np.array(state.turn_starts_ns))))
            self._vote(between_ns / self._period_ns)
        return self._whole(t_ns, way_rad)

    def _vote(self, turn_rows: float) -> None:
        """Whether one turn or two make the movement repeat."""
        found = repeats_after_two(np.array(self._state.recent), turn_rows)
        if found is not None:
            self._state.twice = min(2, max(-2, self._state.twice + (1 if found else -1)))

    def _whole(self, t_ns: int, way_rad: float) -> Cycle | None:
        """A repetition that is complete with this turn; None for the first of two."""
        state = self._state
        start_ns, widest_rad = state.lobe_start_ns, way_rad
        if state.twice > 0:
            if state.first_turn is None:
                state.first_turn = (start_ns, way_rad)
                return None
            start_ns, widest_rad = state.first_turn[0], max(way_rad, state.first_turn[1])
        state.first_turn = None
        state.count += 1
        return Cycle(index=state.count, start_ns=start_ns, turn_ns=t_ns, amplitude_deg=widest_rad / DEG)
