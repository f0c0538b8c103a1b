"""Orientation of one segment from its gyroscope and accelerometer: VQF, without magnetometer.

VQF: Laidig and Seel, "VQF: Highly accurate IMU orientation estimation with bias estimation and magnetic
disturbance rejection", Information Fusion 91 (2023) 187-204, doi 10.1016/j.inffus.2022.10.014. Heading is
arbitrary and drifts; the joint's own constraint takes care of that (`monitor.motion.heading`).

VQF limits its bias estimate to 2 deg/s, and cheap gyroscopes may be 3 deg/s off: the offset is measured in
the first still pose and taken away before VQF sees the samples.
"""

import math
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from vqf import VQF

from monitor.motion.alignment import GridRow, RowState, SegmentRow, new_row
from monitor.motion.quaternion import Vector, add
from monitor.motion.stillness import StillDetector, StillState
from protocols.units import DEG

# Long enough for an offset to 0.02 deg/s with the noise of a cheap gyroscope (0.1 deg/s rms at 100 Hz).
OFFSET_POSE_S = 2.0


# Row, angular rate without the offset, specific force, state, time of stillness, whether the offset is known.
_UnbiasedRow: TypeAlias = tuple[int, Vector, Vector, RowState, float, bool]


@dataclass(slots=True, kw_only=True)
class OrientationState:
    """The filter's own state, the offset that is taken away in front of it, and the still pose."""

    vqf: dict[str, Any] = field(default_factory=dict)
    bias_rad_s: Vector = (0.0, 0.0, 0.0)
    offset_known: bool = False
    pose_awaited: bool = True
    rows_since_restart: int = 0
    still: StillState = field(default_factory=StillState)


class SegmentOrientation:
    """Rows of the grid -> rows with orientation. Start-up: upright within one sample, settled after 3 s."""

    def __init__(self, *, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._vqf = VQF(1.0 / rate_hz)
        self._still = StillDetector(rate_hz=rate_hz)
        self._bias: Vector = (0.0, 0.0, 0.0)
        self._offset_known = False
        self._pose_awaited = True
        self._rows_since_restart = 0
        self._gyr = np.zeros(3)
        self._acc = np.zeros(3)

    @property
    def state(self) -> OrientationState:
        """A copy of everything that changes; assign it to go on from there."""
        return OrientationState(
            vqf=deepcopy(self._vqf.state),
            bias_rad_s=self._bias,
            offset_known=self._offset_known,
            pose_awaited=self._pose_awaited,
            rows_since_restart=self._rows_since_restart,
            still=self._still.state,
        )

    @state.setter
    def state(self, value: OrientationState) -> None:
        self._vqf.state = deepcopy(value.vqf)
        self._bias = value.bias_rad_s
        self._offset_known = value.offset_known
        self._pose_awaited = value.pose_awaited
        self._rows_since_restart = value.rows_since_restart
        self._still.state = value.still

    @property
    def bias_rad_s(self) -> NDArray[np.float64]:
        """All that is known of the gyroscope's offset: the still pose's plus what VQF found since."""
        return np.asarray(np.array(self._bias) + self._vqf.getBiasEstimate()[0])

    @property
    def fixed_bias_rad_s(self) -> Vector:
        """The offset that was measured in the still pose."""
        return self._bias

    def learn_offset(self) -> None:
        """Measure the offset anew in the next still pose; until then the old one holds."""
        self._offset_known = False
        self._pose_awaited = True
        self._still.reset()

    def assume_offset(self, offset_rad_s: Vector) -> None:
        """Somebody has measured the offset already; no still pose is awaited."""
        self._bias, self._offset_known, self._pose_awaited = offset_rad_s, True, False
        self._vqf.setBiasEstimate(np.zeros(3), 0.1 * DEG)

    def end_pose(self) -> None:
        """Nobody waits for a still pose any more: `still_s` is 0 from now on, until `learn_offset`."""
        self._pose_awaited = False
        self._still.reset()

    def update(self, rows: Sequence[GridRow]) -> list[SegmentRow]:
        """One `SegmentRow` for every row of the grid; angular rates are without the known offset."""
        # VQF takes a whole run of rows at once, at a fraction of the price of one by one. A run ends where
        # something is changed in front of the filter or inside it.
        out: list[SegmentRow] = []
        run: list[_UnbiasedRow] = []
        still, still_s, offset_known = self._still, 0.0, self._offset_known
        bx, by, bz = self._bias
        for k, (gx, gy, gz), acc, state in rows:
            if state is RowState.RESTART:
                self._orient(run, out)
                run = []
                self._restart()
                bx, by, bz = self._bias
            gyr = (gx - bx, gy - by, gz - bz)
            if self._pose_awaited:
                still.update(gyr, acc)
                still_s = still.still_s
            if offset_known or still_s < OFFSET_POSE_S:
                run.append((k, gyr, acc, state, still_s, offset_known))
                continue
            offset_known = True
            run.append((k, gyr, acc, state, still_s, offset_known))
            self._orient(run, out)
            run = []
            self._take_offset()
            bx, by, bz = self._bias
        self._orient(run, out)
        return out

    def _orient(self, run: Sequence[_UnbiasedRow], out: list[SegmentRow]) -> None:
        """Take a run of rows through the filter."""
        settled, rate_hz = self._rows_since_restart, self._rate_hz
        for (k, (rx, ry, rz), acc, state, still_s, offset_known), (w, x, y, z), (cx, cy, cz), at_rest in zip(
            run, *self._filter(run), strict=True
        ):
            settled += 1
            gyr = (rx - cx, ry - cy, rz - cz)
            row = (k, (w, x, y, z), gyr, acc, state, at_rest, still_s, offset_known, settled / rate_hz)
            out.append(new_row(SegmentRow, row))
        self._rows_since_restart = settled

    def _filter(self, run: Sequence[_UnbiasedRow]) -> tuple[list[list[float]], list[list[float]], list[bool]]:
        """Orientations, offsets that VQF itself has found, and whether the segment was at rest."""
        vqf = self._vqf
        if len(run) == 1:
            # The same steps by the same code; for one row a batch costs more than it saves.
            gyr, acc = self._gyr, self._acc
            gyr[0], gyr[1], gyr[2] = run[0][1]
            acc[0], acc[1], acc[2] = run[0][2]
            vqf.update(gyr, acc)
            return [vqf.getQuat6D().tolist()], [vqf.getBiasEstimate()[0].tolist()], [vqf.getRestDetected()]
        if not run:
            return [], [], []
        found = vqf.updateBatch(np.array([row[1] for row in run]), np.array([row[2] for row in run]))
        return found["quat6D"].tolist(), found["bias"].tolist(), found["restDetected"].tolist()

    def _take_offset(self) -> None:
        """What a still sensor shows is its offset; the filter's own estimate begins again at nothing."""
        self._bias = add(self._bias, self._still.mean_gyr_rad_s)
        self._still.forget_offset()
        self._offset_known = True
        # 0.03 deg/s: what VQF itself trusts a resting sensor to (biasSigmaRest); a swaying one is less sure.
        sigma_rad_s = math.hypot(0.03 * DEG, self._still.offset_sigma_rad_s)
        self._vqf.setBiasEstimate(np.zeros(3), min(sigma_rad_s, 0.5 * DEG))

    def _restart(self) -> None:
        """After a gap nothing is known of the orientation; the gyroscope's offset is still the same."""
        bx, by, bz = self.bias_rad_s.tolist()
        self._vqf.resetState()
        self._bias = (bx, by, bz)
        self._still.reset()
        if self._rows_since_restart:
            self._vqf.setBiasEstimate(np.zeros(3), 0.1 * DEG)
        self._rows_since_restart = 0
