"""Rows of both sensors over a movement, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.motion.alignment import SegmentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementWindow:
    """Both sensors row by row: `q` (n, 4), `gyr` rad/s, `acc` m/s2, each (n, 3); 1 is the proximal one."""

    q1: NDArray[np.float64]
    q2: NDArray[np.float64]
    gyr1: NDArray[np.float64]
    gyr2: NDArray[np.float64]
    acc1: NDArray[np.float64]
    acc2: NDArray[np.float64]


def movement_window(pairs: Sequence[tuple[SegmentRow, SegmentRow]]) -> MovementWindow:
    """Rows of both sensors as arrays."""
    return MovementWindow(
        q1=np.array([p.q for p, _ in pairs]),
        q2=np.array([d.q for _, d in pairs]),
        gyr1=np.array([p.gyr_rad_s for p, _ in pairs]),
        gyr2=np.array([d.gyr_rad_s for _, d in pairs]),
        acc1=np.array([p.acc_m_s2 for p, _ in pairs]),
        acc2=np.array([d.acc_m_s2 for _, d in pairs]),
    )
