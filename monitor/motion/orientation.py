"""Orientation of one segment from its gyroscope and accelerometer: VQF, without magnetometer.

VQF: Laidig and Seel, "VQF: Highly accurate IMU orientation estimation with bias estimation and magnetic
disturbance rejection", Information Fusion 91 (2023) 187-204, doi 10.1016/j.inffus.2022.10.014. Heading is
arbitrary and drifts; the joint's own constraint takes care of that (`monitor.motion.heading`).

VQF limits its bias estimate to 2 deg/s, and cheap gyroscopes may be 3 deg/s off: the offset measured in
the still pose is taken away before VQF sees the samples.
"""

import math
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vqf import VQF

from monitor.motion.alignment import GridRow, RowState, SegmentRow
from monitor.motion.quaternion import Vector

DEG = math.pi / 180.0


@dataclass(slots=True, kw_only=True)
class OrientationState:
    """The filter's own state, and the offset that is taken away in front of it."""

    vqf: dict[str, Any] = field(default_factory=dict)
    bias_rad_s: Vector = (0.0, 0.0, 0.0)
    rows_since_restart: int = 0


class SegmentOrientation:
    """Rows of the grid -> rows with orientation. Start-up: upright within one sample, settled after 3 s."""

    def __init__(self, *, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._vqf = VQF(1.0 / rate_hz)
        self._bias: Vector = (0.0, 0.0, 0.0)
        self._gyr = np.zeros(3)
        self._acc = np.zeros(3)
        self._rows_since_restart = 0

    @property
    def state(self) -> OrientationState:
        """A copy of everything that changes; assign it to go on from there."""
        return OrientationState(
            vqf=deepcopy(self._vqf.state),
            bias_rad_s=self._bias,
            rows_since_restart=self._rows_since_restart,
        )

    @state.setter
    def state(self, value: OrientationState) -> None:
        self._vqf.state = deepcopy(value.vqf)
        self._bias = value.bias_rad_s
        self._rows_since_restart = value.rows_since_restart

    @property
    def bias_rad_s(self) -> NDArray[np.float64]:
        """All that is known of the gyroscope's offset: the still pose's plus what VQF found since."""
        return np.asarray(np.array(self._bias) + self._vqf.getBiasEstimate()[0])

    @property
    def settled_s(self) -> float:
        """Seconds since the orientation was started anew."""
        return self._rows_since_restart / self._rate_hz

    def add_bias(self, residual_rad_s: Vector) -> None:
        """A still sensor showed this rate on top of the fixed offset: it is part of the offset from now on.

        `residual_rad_s` includes what the filter had found by itself; it begins again at nothing.
        """
        bx, by, bz = self._bias
        self._bias = (bx + residual_rad_s[0], by + residual_rad_s[1], bz + residual_rad_s[2])
        # 0.03 deg/s: what VQF itself trusts a resting sensor to (biasSigmaRest).
        self._vqf.setBiasEstimate(np.zeros(3), 0.03 * DEG)

    def update(self, rows: Sequence[GridRow]) -> list[SegmentRow]:
        """One `SegmentRow` for every row of the grid; angular rates are without the known offset."""
        out: list[SegmentRow] = []
        vqf, gyr, acc = self._vqf, self._gyr, self._acc
        for k, (gx, gy, gz), measured, state in rows:
            if state is RowState.RESTART:
                self._restart()
            bx, by, bz = self._bias
            gyr[0], gyr[1], gyr[2] = gx - bx, gy - by, gz - bz
            acc[0], acc[1], acc[2] = measured
            vqf.update(gyr, acc)
            w, x, y, z = vqf.getQuat6D().tolist()
            cx, cy, cz = vqf.getBiasEstimate()[0].tolist()
            rate = (gx - bx - cx, gy - by - cy, gz - bz - cz)
            out.append(
                SegmentRow(k, (w, x, y, z), rate, measured, state, vqf.getRestDetected(), (cx, cy, cz))
            )
        self._rows_since_restart += len(rows)
        return out

    def _restart(self) -> None:
        """After a gap nothing is known of the orientation; the gyroscope's offset is still the same."""
        bx, by, bz = self.bias_rad_s.tolist()
        self._vqf.resetState()
        self._bias = (bx, by, bz)
        if self._rows_since_restart:
            self._vqf.setBiasEstimate(np.zeros(3), 0.1 * DEG)
        self._rows_since_restart = 0
