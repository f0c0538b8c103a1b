"""Is a segment at rest? For the calibration pose, with a gyroscope whose offset is not yet known."""

import math
from copy import deepcopy
from dataclasses import dataclass

from monitor.motion.quaternion import Vector

DEG = math.pi / 180.0


@dataclass(slots=True, kw_only=True)
class StillState:
    """Running means while still, and since how many rows."""

    rows: int = 0
    gyr: Vector = (0.0, 0.0, 0.0)
    acc: Vector = (0.0, 0.0, 0.0)


class StillDetector:
    """Still while every row stays near the mean of the still rows so far.

    Compares with the running mean, not with zero: a gyroscope may be 3 deg/s off per axis and stands
    still nevertheless. A turn slower than `gyr_limit_rad_s` is told from an offset by `offset_limit_rad_s`.
    """

    def __init__(
        self,
        *,
        rate_hz: float,
        # Breathing and pulse turn a seated person's thigh by up to 2 deg/s.
        gyr_limit_rad_s: float = 3.0 * DEG,
        acc_limit_m_s2: float = 0.6,
        # Data sheets: zero-rate level up to 3 deg/s per axis.
        offset_limit_rad_s: float = 6.0 * DEG,
    ) -> None:
        self._rate_hz = rate_hz
        self._gyr_limit_squared = gyr_limit_rad_s**2
        self._acc_limit_squared = acc_limit_m_s2**2
        self._offset_limit_squared = offset_limit_rad_s**2
        # The mean of at most two seconds: long enough for the offset, short enough to follow a slow slump.
        self._mean_rows = 2.0 * rate_hz
        self._state = StillState()

    @property
    def state(self) -> StillState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: StillState) -> None:
        self._state = deepcopy(value)

    @property
    def still_s(self) -> float:
        """For how long the segment has been still."""
        return max(0, self._state.rows - 1) / self._rate_hz

    @property
    def mean_gyr_rad_s(self) -> Vector:
        """The mean angular rate of the still rows: the gyroscope's offset."""
        return self._state.gyr

    def reset(self) -> None:
        """Forget the pose."""
        self._state = StillState()

    def forget_offset(self) -> None:
        """The offset is taken away from now on: rows will be around zero."""
        self._state.gyr = (0.0, 0.0, 0.0)

    def update(self, gyr_rad_s: Vector, acc_m_s2: Vector) -> None:
        """Add one row."""
        state = self._state
        gx, gy, gz = gyr_rad_s
        ax, ay, az = acc_m_s2
        mx, my, mz = state.gyr
        nx, ny, nz = state.acc
        dx, dy, dz = gx - mx, gy - my, gz - mz
        ex, ey, ez = ax - nx, ay - ny, az - nz
        rows = state.rows + 1
        if (
            rows == 1
            or dx * dx + dy * dy + dz * dz > self._gyr_limit_squared
            or ex * ex + ey * ey + ez * ez > self._acc_limit_squared
            or mx * mx + my * my + mz * mz > self._offset_limit_squared
        ):
            state.rows, state.gyr, state.acc = 1, gyr_rad_s, acc_m_s2
            return
        state.rows = rows
        gain = 1.0 / rows if rows < self._mean_rows else 1.0 / self._mean_rows
        state.gyr = (mx + gain * dx, my + gain * dy, mz + gain * dz)
        state.acc = (nx + gain * ex, ny + gain * ey, nz + gain * ez)
