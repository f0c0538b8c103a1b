"""Two sensors' streams on one time grid.

Each stream is brought to the grid by linear interpolation of every channel. What a gap means:

    up to 40 ms     interpolated and valid: shorter than any joint movement
    up to 0.5 s     interpolated so that the orientation can be carried across, but not valid
    longer          the orientation starts anew behind it; nothing is put into the gap

Zeros are never put anywhere: they are a claim that the segment stood still.
"""

import math
from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from monitor.motion.quaternion import Quaternion, Vector
from monitor.samples import ImuBlock

NS_PER_S = 1_000_000_000


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
    bridge_s: float = 0.5
    # A sensor that repeats all six values exactly is frozen: noise alone changes the last bit many times
    # a second.
    frozen_s: float = 1.0
    # Samples at the end of the range are clipped: the true value is anything beyond.
    gyr_range_rad_s: float = math.inf
    acc_range_m_s2: float = math.inf


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
    last_row: tuple[float, ...] = ()
    next_k: int = 0
    restart: bool = True
    repeats_since_ns: int = 0
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
        rows: list[GridRow] = []
        for t_ns, gyr, acc in zip(
            block.t_ns.tolist(), block.gyr_rad_s.tolist(), block.acc_m_s2.tolist(), strict=True
        ):
            row = (*gyr, *acc)
            if self._accepts(t_ns, row):
                self._add(t_ns, row, rows)
            else:
                self._state.refused += 1
        return rows

    def _accepts(self, t_ns: int, row: tuple[float, ...]) -> bool:
        state, params = self._state, self.params
        if state.last_t_ns is not None and t_ns <= state.last_t_ns:
            return False
        # Six exact zeros are a sensor that has not started, not a body in free fall.
        if not math.isfinite(sum(row)) or not any(row):
            return False
        if max(row[:3]) >= params.gyr_range_rad_s or -min(row[:3]) >= params.gyr_range_rad_s:
            state.clipped += 1
            return False
        if max(row[3:]) >= params.acc_range_m_s2 or -min(row[3:]) >= params.acc_range_m_s2:
            state.clipped += 1
            return False
        if row != state.last_row:
            state.repeats_since_ns = t_ns
            return True
        return t_ns - state.repeats_since_ns <= self._frozen_ns

    def _add(self, t_ns: int, row: tuple[float, ...], rows: list[GridRow]) -> None:
        """Rows between the sample before and this one."""
        state, period_ns = self._state, self._period_ns
        before_ns, before = state.last_t_ns, state.last_row
        state.last_t_ns, state.last_row = t_ns, row
        if before_ns is None or t_ns - before_ns > self._bridge_ns:
            state.restart = True
            state.next_k = -(-t_ns // period_ns)
            before_ns, before = t_ns, row
        span_ns = t_ns - before_ns
        bridged = RowState.BRIDGED if span_ns > self._valid_ns else RowState.VALID
        while state.next_k * period_ns <= t_ns:
            k = state.next_k
            at_ns = k * period_ns
            if at_ns == t_ns:
                values, row_state = row, RowState.VALID
            else:
                share = (at_ns - before_ns) / span_ns
                values = tuple([x + share * (y - x) for x, y in zip(before, row, strict=True)])
                row_state = bridged
            if state.restart:
                state.restart = False
                row_state = RowState.RESTART
            a, b, c, d, e, f = values
            rows.append(GridRow(k, (a, b, c), (d, e, f), row_state))
            state.next_k = k + 1


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
        for row in rows:
            if state.next_k is None or row.k >= state.next_k:
                state.waiting[side].append(row)
            state.newest[side] = row.k
        proximal, distal = state.waiting
        last1, last2 = state.newest
        newest = max(last1, last2)
        pairs: list[PairRow] = []
        while proximal or distal:
            k1 = proximal[0].k if proximal else None
            k2 = distal[0].k if distal else None
            k = k1 if k2 is None or (k1 is not None and k1 <= k2) else k2
            if k is None:
                break
            # Nothing at this row, and its stream has not come past it: it may still come.
            awaited = (k1 != k and last1 < k) or (k2 != k and last2 < k)
            if awaited and newest - k <= self._playout_rows:
                break
            pairs.append(
                PairRow(k, proximal.popleft() if k1 == k else None, distal.popleft() if k2 == k else None)
            )
            state.next_k = k + 1
        return pairs
