"""Two sensors' streams on one time grid.

Each stream is brought to the grid by linear interpolation of every channel. What a gap means:

    up to 40 ms     interpolated and valid: shorter than any joint movement
    up to 0.5 s     interpolated so that the orientation can be carried across, but not valid
    longer          the orientation starts anew behind it; nothing is put into the gap

Zeros are never put anywhere: they are a claim that the segment stood still.
"""

from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from monitor.samples import ImuBlock

NS_PER_S = 1_000_000_000


class RowState(IntEnum):
    """What one row of the grid may be used for."""

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
    gyr_range_rad_s: float | None = None
    acc_range_m_s2: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImuGrid:
    """Rows `k` int64 (n,) of the grid (t = k / rate): `gyr_rad_s`, `acc_m_s2` (n, 3), `state` int8 (n,)."""

    k: NDArray[np.int64]
    gyr_rad_s: NDArray[np.float64]
    acc_m_s2: NDArray[np.float64]
    state: NDArray[np.int8]


@dataclass(slots=True, kw_only=True)
class GridResamplerState:
    """The last good sample, the next row that is due, and what was refused."""

    last_t_ns: int | None = None
    last_row: NDArray[np.float64] = field(default_factory=lambda: np.zeros(6))
    next_k: int | None = None
    restart: bool = True
    repeats_since_ns: int = 0
    refused: int = 0
    clipped: int = 0


class GridResampler:
    """One stream of `ImuBlock` to rows of the grid. A row is due when a later sample is there."""

    def __init__(self, params: ImuGridParams) -> None:
        self.params = params
        self._period_ns = round(NS_PER_S / params.rate_hz)
        self._state = GridResamplerState()

    @property
    def state(self) -> GridResamplerState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: GridResamplerState) -> None:
        self._state = deepcopy(value)

    def update(self, block: ImuBlock) -> ImuGrid:
        """Rows that became due with this block.

        Samples that are not finite, frozen, clipped or not later than the one before are left out, as if
        they had never come: what they would have covered is a gap.
        """
        times, rows = self._accepted(block)
        out_k: list[NDArray[np.int64]] = []
        out_rows: list[NDArray[np.float64]] = []
        out_state: list[NDArray[np.int8]] = []
        state = self._state
        if times.size:
            if state.last_t_ns is not None:
                times = np.concatenate([[state.last_t_ns], times])
                rows = np.vstack([state.last_row, rows])
            breaks = np.flatnonzero(np.diff(times) > self.params.bridge_s * NS_PER_S) + 1
            for part in np.split(np.arange(times.size), breaks):
                if part.size and part[0] > 0:
                    state.next_k, state.restart = None, True
                self._resample(times[part], rows[part], out_k, out_rows, out_state)
            state.last_t_ns, state.last_row = int(times[-1]), rows[-1].copy()
        if not out_k:
            return ImuGrid(
                k=np.empty(0, dtype=np.int64),
                gyr_rad_s=np.empty((0, 3)),
                acc_m_s2=np.empty((0, 3)),
                state=np.empty(0, dtype=np.int8),
            )
        grid = np.vstack(out_rows)
        return ImuGrid(
            k=np.concatenate(out_k),
            gyr_rad_s=np.ascontiguousarray(grid[:, :3]),
            acc_m_s2=np.ascontiguousarray(grid[:, 3:]),
            state=np.concatenate(out_state),
        )

    def _accepted(self, block: ImuBlock) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The block's usable samples."""
        state, params = self._state, self.params
        rows = np.hstack([block.gyr_rad_s, block.acc_m_s2])
        good: NDArray[np.bool_] = np.asarray(np.isfinite(rows).all(axis=1))
        for columns, limit in ((slice(0, 3), params.gyr_range_rad_s), (slice(3, 6), params.acc_range_m_s2)):
            if limit is not None:
                clipped = (
                    np.abs(np.where(np.isfinite(rows[:, columns]), rows[:, columns], 0.0)) >= limit
                ).any(axis=1)
                state.clipped += int(clipped.sum())
                good &= ~clipped
        last_t_ns = state.last_t_ns
        last_row = state.last_row
        for i in range(rows.shape[0]):
            t_ns = int(block.t_ns[i])
            if not good[i]:
                continue
            if last_t_ns is not None and t_ns <= last_t_ns:
                good[i] = False
                continue
            if last_t_ns is None or (rows[i] != last_row).any():
                state.repeats_since_ns = t_ns
                last_row = rows[i]
            elif t_ns - state.repeats_since_ns > params.frozen_s * NS_PER_S:
                good[i] = False
                continue
            last_t_ns = t_ns
        state.refused += int(rows.shape[0] - good.sum())
        return block.t_ns[good], rows[good]

    def _resample(
        self,
        times: NDArray[np.int64],
        rows: NDArray[np.float64],
        out_k: list[NDArray[np.int64]],
        out_rows: list[NDArray[np.float64]],
        out_state: list[NDArray[np.int8]],
    ) -> None:
        state = self._state
        if state.next_k is None:
            state.next_k = -(-int(times[0]) // self._period_ns)
        last_k = int(times[-1]) // self._period_ns
        if last_k < state.next_k:
            return
        k = np.arange(state.next_k, last_k + 1, dtype=np.int64)
        grid_ns = k * self._period_ns
        after = np.clip(np.searchsorted(times, grid_ns, side="left"), 0, times.size - 1)
        before = np.maximum(after - 1, 0)
        span_ns = np.maximum(times[after] - times[before], 1)
        weight = np.where(after == before, 0.0, (grid_ns - times[before]) / span_ns)[:, None]
        grid = rows[before] + weight * (rows[after] - rows[before])
        exact = grid_ns == times[after]
        bridged = ~exact & (times[after] - times[before] > self.params.bridge_valid_s * NS_PER_S)
        row_state = np.where(bridged, RowState.BRIDGED, RowState.VALID).astype(np.int8)
        if state.restart:
            row_state[0] = RowState.RESTART
            state.restart = False
        state.next_k = last_k + 1
        out_k.append(k)
        out_rows.append(grid)
        out_state.append(row_state)


@dataclass(slots=True, kw_only=True)
class SegmentRow:
    """One sensor at one row of the grid: orientation; angular rate and specific force, sensor frame."""

    k: int
    q: tuple[float, float, float, float]
    gyr_rad_s: tuple[float, float, float]
    acc_m_s2: tuple[float, float, float]
    state: RowState
    at_rest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
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
        pairs: list[PairRow] = []
        while True:
            heads = [queue[0].k for queue in state.waiting if queue]
            if not heads:
                return pairs
            k = min(heads)
            newest = max(state.newest)
            for queue, last in zip(state.waiting, state.newest, strict=True):
                absent = not queue or queue[0].k > k
                # Nothing at this row, and its stream has not come past it: it may still come.
                if absent and last < k and newest - k <= self._playout_rows:
                    return pairs
            sides = [queue.popleft() if queue and queue[0].k == k else None for queue in state.waiting]
            pairs.append(PairRow(k=k, proximal=sides[0], distal=sides[1]))
            state.next_k = k + 1
