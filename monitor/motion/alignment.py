"""Two sensors' streams on one time grid.

Each stream is brought to the grid by linear interpolation of every channel. What a gap means:

    up to 40 ms     interpolated and valid: shorter than any joint movement
    up to its rate  of a sensor that is slower than that (10 and 20 Hz): its samples lie so far apart
    up to 0.5 s     interpolated so that the orientation can be carried across, but not valid
    longer          the orientation starts anew behind it; nothing is put into the gap

Zeros are never put anywhere: they are a claim that the segment stood still.
"""

import math
from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from monitor.motion.quaternion import Quaternion, Vector
from monitor.samples import ImuBlock
from protocols.units import NS_PER_S

SixAxes: TypeAlias = tuple[float, float, float, float, float, float]
# A named tuple's own constructor is a function in Python and takes twice the time: that much matters for what
# is made hundreds of times a second.
new_row = tuple.__new__
ZEROS: SixAxes = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
# A row that no stream will ever come to, an instant that never is.
NEVER = 1 << 62
RATE_SAMPLES = 16


class RowState(IntEnum):
    """What one row of the grid may be used for; the greater the worse."""

    VALID = 0
    BRIDGED = 1  # interpolated across a gap that is too long to be measured
    RESTART = 2  # the first row after a gap that cannot be bridged
    MISSING = 3  # nothing came in time


@dataclass(frozen=True, slots=True, kw_only=True)
class ImuGridParams:
    """How streams are brought to the grid."""

    rate_hz: float = 100.0
    bridge_valid_s: float = 0.04
    # Slow sensors: between two samples that follow each other, which jitter; down to 10 Hz. What
    # a stream's rate is, the shortest of its last distances says: lost samples do not make it slower.
    slowest_s: float = 0.11
    jitter: float = 1.5
    bridge_s: float = 0.5
    # A sensor that repeats all six values exactly is frozen: noise alone changes the last bit many times
    # a second.
    frozen_s: float = 1.0
    # Samples at the end of the range are clipped: the true value is anything beyond. Without a range only
    # what no sensor comes near is taken for damage.
    gyr_range_rad_s: float = 1e4
    acc_range_m_s2: float = 1e4


class GridRow(NamedTuple):
    """Row `k` of the grid (t = k / rate): rad/s and m/s2 in the sensor frame."""

    k: int
    gyr_rad_s: Vector
    acc_m_s2: Vector
    state: RowState


@dataclass(slots=True, kw_only=True)
class GridResamplerState:
    """The last good sample, the next row that is due, and what was refused."""

    last_t_ns: int | None = None
    last_row: SixAxes = ZEROS
    next_k: int = 0
    restart: bool = True
    repeats_since_ns: int = 0
    # The shortest distance of two samples: among the last `RATE_SAMPLES` that are complete, and those since.
    shortest_ns: int = 0
    shortest_since_ns: int = NEVER
    counted: int = 0
    refused: int = 0
    clipped: int = 0


class GridResampler:
    """One stream of `ImuBlock` to rows of the grid. A row is due when a later sample is there.

    Samples that are not finite, frozen, clipped or not later than the one before are left out, as if they
    had never come: what they would have covered is a gap.
    """

    def __init__(self, params: ImuGridParams) -> None:
        self.params = params
        self._period_ns = round(NS_PER_S / params.rate_hz)
        self._valid_ns = round(params.bridge_valid_s * NS_PER_S)
        self._slowest_ns = round(params.slowest_s * NS_PER_S)
        self._bridge_ns = round(params.bridge_s * NS_PER_S)
        self._frozen_ns = round(params.frozen_s * NS_PER_S)
        self._state = GridResamplerState()

    @property
    def state(self) -> GridResamplerState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: GridResamplerState) -> None:
        self._state = deepcopy(value)

    @property
    def refused(self) -> int:
        """Samples left out so far, the clipped ones included."""
        return self._state.refused

    @property
    def clipped(self) -> int:
        """Samples left out because they were at the end of the range."""
        return self._state.clipped

    def update(self, block: ImuBlock) -> list[GridRow]:
        """Rows that became due with this block."""
        # A hundred samples a second of each sensor pass here: one loop over plain floats.
        state, params = self._state, self.params
        gyr_range, acc_range = params.gyr_range_rad_s, params.acc_range_m_s2
        last_t_ns, last_row = state.last_t_ns, state.last_row
        refused = 0
        rows: list[GridRow] = []
        for t_ns, (gx, gy, gz), (ax, ay, az) in zip(
            block.t_ns.tolist(), block.gyr_rad_s.tolist(), block.acc_m_s2.tolist(), strict=True
        ):
            row = (gx, gy, gz, ax, ay, az)
            if (
                (last_t_ns is not None and t_ns <= last_t_ns)
                or not math.isfinite(gx + gy + gz + ax + ay + az)
                or row == ZEROS  # a sensor that has not started, not a body in free fall
            ):
                refused += 1
            elif not (
                -gyr_range < gx < gyr_range
                and -gyr_range < gy < gyr_range
                and -gyr_range < gz < gyr_range
                and -acc_range < ax < acc_range
                and -acc_range < ay < acc_range
                and -acc_range < az < acc_range
            ):
                state.clipped += 1
                refused += 1
            elif row == last_row and t_ns - state.repeats_since_ns > self._frozen_ns:
                refused += 1
            else:
                if row != last_row:
                    state.repeats_since_ns = t_ns
                self._fill(last_t_ns, last_row, t_ns, row, rows)
                last_t_ns, last_row = t_ns, row
        state.last_t_ns, state.last_row = last_t_ns, last_row
        state.refused += refused
        return rows

    def _fill(
        self, before_ns: int | None, before: SixAxes, t_ns: int, row: SixAxes, rows: list[GridRow]
    ) -> None:
        """Rows between the sample before and this one."""
        state, period_ns = self._state, self._period_ns
        if before_ns is None or t_ns - before_ns > self._bridge_ns:
            state.restart = True
            state.next_k = -(-t_ns // period_ns)
            before_ns, before = t_ns, row
        span_ns = t_ns - before_ns
        if 0 < span_ns < state.shortest_since_ns:
            state.shortest_since_ns = span_ns
        state.counted += 1
        if state.counted >= RATE_SAMPLES:
            state.shortest_ns, state.shortest_since_ns, state.counted = state.shortest_since_ns, NEVER, 0
        k = state.next_k
        at_ns = k * period_ns
        if at_ns > t_ns:
            return
        gx, gy, gz, ax, ay, az = row
        hx, hy, hz, bx, by, bz = before
        bridged = RowState.VALID
        if span_ns > self._valid_ns and span_ns > self._ordinary_ns():
            bridged = RowState.BRIDGED
        while at_ns <= t_ns:
            row_state = RowState.VALID if at_ns == t_ns else bridged
            if state.restart:
                state.restart = False
                row_state = RowState.RESTART
            if at_ns == t_ns:
                rows.append(new_row(GridRow, (k, (gx, gy, gz), (ax, ay, az), row_state)))
            else:
                share = (at_ns - before_ns) / span_ns
                gyr = (hx + share * (gx - hx), hy + share * (gy - hy), hz + share * (gz - hz))
                acc = (bx + share * (ax - bx), by + share * (ay - by), bz + share * (az - bz))
                rows.append(new_row(GridRow, (k, gyr, acc, row_state)))
            k += 1
            at_ns += period_ns
        state.next_k = k

    def _ordinary_ns(self) -> int:
        """As far apart as the stream's samples lie when none is lost; 0 while that is not known."""
        between_ns = min(self._state.shortest_ns, self._state.shortest_since_ns)
        return min(round(self.params.jitter * between_ns), round(self.params.jitter * self._slowest_ns))


class SegmentRow(NamedTuple):
    """One sensor at one row of the grid: orientation; angular rate and specific force, sensor frame.

    `gyr_rad_s` is without offset. `still_s`: for how long the segment has not moved; `offset_known`: whether
    the offset was measured in a still pose; `settled_s`: time since the orientation was started anew.
    """

    k: int
    q: Quaternion
    gyr_rad_s: Vector
    acc_m_s2: Vector
    state: RowState
    at_rest: bool
    still_s: float = 0.0
    offset_known: bool = False
    settled_s: float = 0.0


class PairRow(NamedTuple):
    """Both sensors at one row; None where nothing came within the playout time."""

    k: int
    proximal: SegmentRow | None
    distal: SegmentRow | None


@dataclass(slots=True, kw_only=True)
class PairAlignerState:
    """Rows that wait for their counterpart, and the next row to go out."""

    waiting: tuple[deque[SegmentRow], deque[SegmentRow]] = field(default_factory=lambda: (deque(), deque()))
    newest: list[int] = field(default_factory=lambda: [-1, -1])
    next_k: int | None = None


class PairAligner:
    """Joins two rows of the same instant; after `playout_s` a row goes out with one side missing.

    The playout time is the latest that a notification may come and still be used. It is a delay only
    while one side is missing.
    """

    def __init__(self, *, rate_hz: float, playout_s: float) -> None:
        self._playout_rows = round(playout_s * rate_hz)
        self._state = PairAlignerState()

    @property
    def state(self) -> PairAlignerState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: PairAlignerState) -> None:
        self._state = deepcopy(value)

    def update(self, side: int, rows: list[SegmentRow]) -> list[PairRow]:
        """Add rows of one side (0 proximal, 1 distal); returns the pairs that are complete or overdue."""
        state = self._state
        own, other = state.waiting[side], state.waiting[1 - side]
        first_k = state.next_k
        if rows:
            own.extend(rows if first_k is None else [row for row in rows if row.k >= first_k])
            state.newest[side] = rows[-1].k
        own_newest, other_newest = state.newest[side], state.newest[1 - side]
        overdue_k = max(own_newest, other_newest) - self._playout_rows
        pairs: list[PairRow] = []
        while own or other:
            own_k = own[0].k if own else NEVER
            other_k = other[0].k if other else NEVER
            k = own_k if own_k <= other_k else other_k
            # Nothing at this row, and its stream has not come past it: it may still come.
            if k >= overdue_k and ((other_k != k and other_newest < k) or (own_k != k and own_newest < k)):
                break
            mine = own.popleft() if own_k == k else None
            theirs = other.popleft() if other_k == k else None
            pairs.append(PairRow(k, theirs, mine) if side else PairRow(k, mine, theirs))
            state.next_k = k + 1
        return pairs
