"""Orientation of one segment from its gyroscope and accelerometer: VQF, without magnetometer.

VQF: Laidig and Seel, "VQF: Highly accurate IMU orientation estimation with bias estimation and magnetic
disturbance rejection", Information Fusion 91 (2023) 187-204, doi 10.1016/j.inffus.2022.10.014. Heading is
arbitrary and drifts; the joint's own constraint takes care of that (`monitor.motion.heading`).

VQF limits its bias estimate to 2 deg/s, and cheap gyroscopes may be 3 deg/s off: the offset measured in
the still pose is taken away before VQF sees the samples.
"""

import math
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vqf import VQF

from monitor.motion.alignment import ImuGrid, RowState, SegmentRow

DEG = math.pi / 180.0


@dataclass(slots=True, kw_only=True)
class OrientationState:
    """The filter's own state, and the offset that is taken away in front of it."""

    vqf: dict[str, Any] = field(default_factory=dict)
    bias_rad_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    rows_since_restart: int = 0


class SegmentOrientation:
    """Rows of the grid -> rows with orientation. Start-up: upright within one sample, settled after 3 s."""

    def __init__(self, *, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._vqf = VQF(1.0 / rate_hz)
        self._bias_rad_s = np.zeros(3)
        self._rows_since_restart = 0

    @property
    def state(self) -> OrientationState:
        """A copy of everything that changes; assign it to go on from there."""
        return OrientationState(
            vqf=deepcopy(self._vqf.state),
            bias_rad_s=self._bias_rad_s.copy(),
            rows_since_restart=self._rows_since_restart,
        )

    @state.setter
    def state(self, value: OrientationState) -> None:
        self._vqf.state = deepcopy(value.vqf)
        self._bias_rad_s = value.bias_rad_s.copy()
        self._rows_since_restart = value.rows_since_restart

    @property
    def bias_rad_s(self) -> NDArray[np.float64]:
        """All that is known of the gyroscope's offset: the still pose's plus what VQF found since."""
        return np.asarray(self._bias_rad_s + self._vqf.getBiasEstimate()[0])

    @property
    def settled_s(self) -> float:
        """Seconds since the orientation was started anew."""
        return self._rows_since_restart / self._rate_hz

    def add_bias(self, residual_rad_s: NDArray[np.float64]) -> None:
        """The rows of a still sensor still showed this rate: take it away too, from now on."""
        self._bias_rad_s = self.bias_rad_s + residual_rad_s
        # 0.03 deg/s: what VQF itself trusts a resting sensor to (biasSigmaRest).
        self._vqf.setBiasEstimate(np.zeros(3), 0.03 * DEG)

    def update(self, grid: ImuGrid) -> list[SegmentRow]:
        """One `SegmentRow` for every row of the grid; angular rates are without the known offset."""
        rows: list[SegmentRow] = []
        starts = np.flatnonzero(grid.state == RowState.RESTART)
        for part in np.split(np.arange(grid.k.size), starts):
            if part.size == 0:
                continue
            if grid.state[part[0]] == RowState.RESTART:
                self._restart()
            rows.extend(self._run(grid, slice(int(part[0]), int(part[-1]) + 1)))
        return rows

    def _restart(self) -> None:
        """After a gap nothing is known of the orientation; the gyroscope's offset is still the same."""
        known_rad_s = self.bias_rad_s
        self._vqf.resetState()
        self._bias_rad_s = known_rad_s
        if self._rows_since_restart:
            self._vqf.setBiasEstimate(np.zeros(3), 0.1 * DEG)
        self._rows_since_restart = 0

    def _run(self, grid: ImuGrid, part: slice) -> list[SegmentRow]:
        gyr = np.ascontiguousarray(grid.gyr_rad_s[part] - self._bias_rad_s)
        acc = np.ascontiguousarray(grid.acc_m_s2[part])
        batch = self._vqf.updateBatch(gyr, acc)
        self._rows_since_restart += gyr.shape[0]
        corrected = gyr - batch["bias"]
        return [
            SegmentRow(
                k=k,
                q=tuple(q),
                gyr_rad_s=tuple(g),
                acc_m_s2=tuple(a),
                state=RowState(s),
                at_rest=rest,
            )
            for k, q, g, a, s, rest in zip(
                grid.k[part].tolist(),
                batch["quat6D"].tolist(),
                corrected.tolist(),
                acc.tolist(),
                grid.state[part].tolist(),
                batch["restDetected"].tolist(),
                strict=True,
            )
        ]
