"""Two IMUs on a joint of two or three degrees of freedom -> relative orientation. No calibration movement.

`JointCentreFilter` fed from two streams: the same grid and gap rules as the goniometer. For shoulder and
hip, and for rigs; on a knee the hinge of `monitor.motion.goniometer` minds soft tissue less.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.motion.alignment import (
    GridResampler,
    GridResamplerState,
    GridRow,
    ImuGridParams,
    PairAligner,
    PairAlignerState,
    RowState,
    SegmentRow,
)
from monitor.motion.joint_centre import JointCentreFilter, JointCentreParams, JointCentreState
from monitor.motion.quaternion import IDENTITY
from monitor.samples import ImuBlock
from protocols.units import NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeOrientationBlock:
    """`q` (n, 4), wxyz, turns distal sensor coordinates into proximal ones; NaN where not `valid` (n,).

    `sigma_deg` (n,) is the expected error; 90 while the heading is still being decided.
    """

    t_ns: NDArray[np.int64]
    q: NDArray[np.float64]
    sigma_deg: NDArray[np.float64]
    valid: NDArray[np.bool_]


@dataclass(slots=True, kw_only=True)
class FreeJointState:
    """States of the parts."""

    resamplers: list[GridResamplerState]
    aligner: PairAlignerState
    filter: JointCentreState
    after_gap: bool


class FreeJoint:
    """`push` blocks of either sensor in order of receipt."""

    def __init__(self, *, grid: ImuGridParams, playout_s: float = 0.2) -> None:
        self._period_ns = round(NS_PER_S / grid.rate_hz)
        self._resamplers = [GridResampler(grid), GridResampler(grid)]
        self._aligner = PairAligner(rate_hz=grid.rate_hz, playout_s=playout_s)
        self._filter = JointCentreFilter(JointCentreParams(rate_hz=grid.rate_hz))
        self._after_gap = False

    @property
    def state(self) -> FreeJointState:
        """A copy of everything that changes; assign it to go on from there."""
        return FreeJointState(
            resamplers=[one.state for one in self._resamplers],
            aligner=self._aligner.state,
            filter=self._filter.state,
            after_gap=self._after_gap,
        )

    @state.setter
    def state(self, value: FreeJointState) -> None:
        value = deepcopy(value)
        for one, state in zip(self._resamplers, value.resamplers, strict=True):
            one.state = state
        self._aligner.state = value.aligner
        self._filter.state = value.filter
        self._after_gap = value.after_gap

    def push(self, side: int, block: ImuBlock) -> list[RelativeOrientationBlock]:
        """Add samples of one side (0 proximal, 1 distal); returns at most one block."""
        pairs = self._aligner.update(side, _plain(self._resamplers[side].update(block)))
        if not pairs:
            return []
        rows: list[tuple[float, ...]] = []
        states: list[int] = []
        for pair in pairs:
            a, b = pair.proximal, pair.distal
            if a is None or b is None:
                rows.append((0.0,) * 12)
                states.append(RowState.MISSING)
                self._after_gap = True
                continue
            worse = max(a.state, b.state)
            # The filter integrates from row to row: rows that never came cannot be stepped over.
            states.append(RowState.RESTART if self._after_gap else worse)
            self._after_gap = False
            rows.append((*a.gyr_rad_s, *a.acc_m_s2, *b.gyr_rad_s, *b.acc_m_s2))
        table = np.array(rows)
        state = np.array(states, dtype=np.int8)
        found = self._filter.update(table[:, 0:3], table[:, 3:6], table[:, 6:9], table[:, 9:12], state)
        usable = np.isfinite(found.q[:, 0]) & (state != RowState.BRIDGED)
        return [
            RelativeOrientationBlock(
                t_ns=np.array([pair.k for pair in pairs], dtype=np.int64) * self._period_ns,
                q=np.where(usable[:, None], found.q, np.nan),
                sigma_deg=np.where(usable, found.sigma_deg, np.inf),
                valid=usable,
            )
        ]


def _plain(rows: Sequence[GridRow]) -> list[SegmentRow]:
    """Rows for the aligner, which takes no interest in orientation."""
    return [
        SegmentRow(row.k, IDENTITY, row.gyr_rad_s, row.acc_m_s2, row.state, at_rest=False) for row in rows
    ]
