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
        self._gyr_limit = gyr_limit_rad_s
        self._acc_limit = acc_limit_m_s2
        self._offset_limit = offset_limit_rad_s
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
        if state.rows and (
            math.dist(gyr_rad_s, state.gyr) > self._gyr_limit
            or math.dist(acc_m_s2, state.acc) > self._acc_limit
            or math.hypot(*state.gyr) > self._offset_limit
        ):
            state.rows = 0
        state.rows += 1
        if state.rows == 1:
            state.gyr, state.acc = gyr_rad_s, acc_m_s2
            return
        # The mean of at most two seconds: long enough for the offset, short enough to follow a slow slump.
        gain = 1.0 / min(state.rows, 2.0 * self._rate_hz)
        state.gyr = _towards(state.gyr, gyr_rad_s, gain)
        state.acc = _towards(state.acc, acc_m_s2, gain)


def _towards(mean: Vector, value: Vector, gain: float) -> Vector:
    return (
        mean[0] + gain * (value[0] - mean[0]),
        mean[1] + gain * (value[1] - mean[1]),
        mean[2] + gain * (value[2] - mean[2]),
    )
