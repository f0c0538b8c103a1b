"""Does a segment hold its pose? For the calibration, with a gyroscope whose offset is not yet known.

Standing people sway and hands tremble: what counts is that the pose is held, not that nothing moves. Rates
and forces are low-passed (a tremor of 0.5 deg at 5 Hz is 16 deg/s, and 0.5 deg of pose), then compared with
their mean; only a jerk is judged as it comes.
"""

import math
from copy import deepcopy
from dataclasses import dataclass

from monitor.motion.quaternion import Vector
from protocols.units import DEG

NONE: Vector = (0.0, 0.0, 0.0)


@dataclass(slots=True, kw_only=True)
class StillState:
    """Low-passed rate (twice) and force, running means while still, since how many rows, how it swayed.

    `sway` is the mean square of the low-passed rate about its mean, (rad/s)^2.
    """

    rows: int = 0
    first: Vector = NONE
    smooth: Vector = NONE
    force: Vector = NONE
    gyr: Vector = NONE
    acc: Vector = NONE
    sway: float = 0.0
    fed: int = 0


class StillDetector:
    """Still while the low-passed rate and force stay near their means over the still rows so far.

    Compares with the running mean, not with zero: a gyroscope may be 3 deg/s off per axis and stands
    still nevertheless. A turn slower than `gyr_limit_rad_s` is told from an offset by `offset_limit_rad_s`.
    Delay: 0.3 s.
    """

    def __init__(
        self,
        *,
        rate_hz: float,
        # Healthy people who stand sway by up to 3 deg/s at the lower back, slowly; who begins to move passes
        # 6 deg/s within 0.2 s.
        gyr_limit_rad_s: float = 6.0 * DEG,
        # 4 deg of inclination.
        acc_limit_m_s2: float = 0.7,
        # A tremor may have 20 deg/s about each axis; a sensor that is handled has more.
        jerk_limit_rad_s: float = 75.0 * DEG,
        # Data sheets: zero-rate level up to 3 deg/s per axis.
        offset_limit_rad_s: float = 6.0 * DEG,
        smooth_s: float = 0.15,
    ) -> None:
        self._rate_hz = rate_hz
        self._gyr_limit_squared = gyr_limit_rad_s**2
        self._acc_limit_squared = acc_limit_m_s2**2
        self._jerk_limit_squared = jerk_limit_rad_s**2
        self._offset_limit_squared = offset_limit_rad_s**2
        self._smooth_rows = max(1.0, smooth_s * rate_hz)
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

    @property
    def offset_sigma_rad_s(self) -> float:
        """What the sway of the pose leaves uncertain of the offset: about three sways in the mean."""
        return math.sqrt(self._state.sway / 3.0)

    def reset(self) -> None:
        """Forget the pose."""
        self._state = StillState()

    def forget_offset(self) -> None:
        """The offset is taken away from now on: rows will be around zero."""
        state = self._state
        bx, by, bz = state.gyr
        state.first = (state.first[0] - bx, state.first[1] - by, state.first[2] - bz)
        state.smooth = (state.smooth[0] - bx, state.smooth[1] - by, state.smooth[2] - bz)
        state.gyr = NONE

    def update(self, gyr_rad_s: Vector, acc_m_s2: Vector) -> None:
        """Add one row."""
        state = self._state
        state.fed += 1
        # A plain mean until the low-pass is full: it begins at the first row's value without a jump.
        pull = 1.0 / min(float(state.fed), self._smooth_rows)
        state.first = first = _towards(state.first, gyr_rad_s, pull)
        state.smooth = smooth = _towards(state.smooth, first, pull)
        state.force = force = _towards(state.force, acc_m_s2, pull)
        mean = state.gyr
        moved = _distance_squared(smooth, mean)
        rows = state.rows + 1
        if (
            rows == 1
            or moved > self._gyr_limit_squared
            or _distance_squared(force, state.acc) > self._acc_limit_squared
            or _distance_squared(gyr_rad_s, mean) > self._jerk_limit_squared
            or _distance_squared(mean, NONE) > self._offset_limit_squared
        ):
            state.rows, state.gyr, state.acc, state.sway = 1, smooth, force, 0.0
            return
        state.rows = rows
        gain = 1.0 / rows if rows < self._mean_rows else 1.0 / self._mean_rows
        state.gyr = _towards(mean, smooth, gain)
        state.acc = _towards(state.acc, force, gain)
        state.sway += gain * (moved - state.sway)


def _towards(value: Vector, target: Vector, share: float) -> Vector:
    x, y, z = value
    return x + share * (target[0] - x), y + share * (target[1] - y), z + share * (target[2] - z)


def _distance_squared(a: Vector, b: Vector) -> float:
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return x * x + y * y + z * z
