"""Counts the swings of the calibration movement before the joint's axis is known."""

import math
from copy import deepcopy
from dataclasses import dataclass, field

from monitor.motion.quaternion import Vector, dot


@dataclass(slots=True, kw_only=True)
class SwingState:
    """Covariance of the angular rate (upper triangle), main axis, and the last lobe's sign."""

    covariance: list[float] = field(default_factory=lambda: [0.0] * 6)
    axis: Vector = (0.0, 0.0, 0.0)
    lobe: int = 0
    first: int = 0
    count: int = 0
    quiet_rows: int = 0


class SwingCounter:
    """A swing is a lobe of the rate along its main axis followed by one the other way."""

    def __init__(self, *, rate_hz: float, threshold_rad_s: float = 0.15) -> None:
        self._rate_hz = rate_hz
        self._threshold = threshold_rad_s
        self._state = SwingState()

    @property
    def state(self) -> SwingState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: SwingState) -> None:
        self._state = deepcopy(value)

    @property
    def count(self) -> int:
        """Whole swings, out and back."""
        return self._state.count

    @property
    def energy(self) -> float:
        """How much the segment has turned so far, whichever way: sum of the squared rates, (rad/s)^2."""
        return sum(self._state.covariance[:3])

    @property
    def quiet_s(self) -> float:
        """For how long the rate has been below the threshold."""
        return self._state.quiet_rows / self._rate_hz

    def reset(self) -> None:
        """Begin again."""
        self._state = SwingState()

    def update(self, gyr_rad_s: Vector) -> None:
        """Add one row."""
        state = self._state
        x, y, z = gyr_rad_s
        c = state.covariance
        for i, product in enumerate((x * x, y * y, z * z, x * y, x * z, y * z)):
            c[i] += product
        u, v, w = state.axis if any(state.axis) else gyr_rad_s
        axis = (
            c[0] * u + c[3] * v + c[4] * w,
            c[3] * u + c[1] * v + c[5] * w,
            c[4] * u + c[5] * v + c[2] * w,
        )
        norm = math.sqrt(dot(axis, axis))
        if norm == 0.0:
            return
        state.axis = (axis[0] / norm, axis[1] / norm, axis[2] / norm)
        rate = dot(state.axis, gyr_rad_s)
        if abs(rate) < self._threshold:
            state.quiet_rows += 1
            return
        state.quiet_rows = 0
        sign = 1 if rate > 0 else -1
        if sign == state.lobe:
            return
        state.lobe = sign
        state.first = state.first or sign
        if sign != state.first:
            state.count += 1
