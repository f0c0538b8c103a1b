"""The heading between two sensors, from one axis that both share.

The hinge axis is j1 in the proximal sensor and j2 in the distal one; turned into each sensor's own earth
frame they must have the same horizontal direction. The complex mean of a conj(b), a and b being their
horizontal parts, has the heading difference as its argument and weighs itself: an axis near vertical has
no horizontal part and adds no evidence.
"""

import math
from copy import deepcopy
from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class HeadingState:
    """Mean of the evidence (`real`, `imaginary`), number of rows in it, and the heading held."""

    real: float = 0.0
    imaginary: float = 0.0
    rows: int = 0
    delta_rad: float = 0.0
    known: bool = False


class HeadingPhasor:
    """Heading of the distal sensor's earth frame in the proximal one's.

    A plain mean until `tau_s` is full, then exponential with `tau_s`. While the evidence is weaker than
    `min_strength` (0 for a vertical axis, 1 for a horizontal one) the last heading is held.
    """

    def __init__(self, *, rate_hz: float, tau_s: float = 15.0, min_strength: float = 0.2) -> None:
        self._full_rows = max(1, round(tau_s * rate_hz))
        self._min_strength_squared = min_strength**2
        self._state = HeadingState()

    @property
    def state(self) -> HeadingState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: HeadingState) -> None:
        self._state = deepcopy(value)

    @property
    def strength(self) -> float:
        """Length of the mean evidence, 0 to 1."""
        return math.hypot(self._state.real, self._state.imaginary)

    @property
    def known(self) -> bool:
        """Whether there has been evidence since the last `reset`."""
        return self._state.known

    def reset(self) -> None:
        """Forget the evidence: one of the earth frames is a new one."""
        self._state = HeadingState(delta_rad=self._state.delta_rad)

    def update(self, ax: float, ay: float, bx: float, by: float) -> float:
        """Add one row: the axis' horizontal parts in both earth frames. Returns the heading in rad."""
        state = self._state
        if state.rows < self._full_rows:
            state.rows += 1
        gain = 1.0 / state.rows
        real, imaginary = state.real, state.imaginary
        state.real = real = real + gain * (ax * bx + ay * by - real)
        state.imaginary = imaginary = imaginary + gain * (ay * bx - ax * by - imaginary)
        if real * real + imaginary * imaginary >= self._min_strength_squared:
            state.delta_rad = math.atan2(imaginary, real)
            state.known = True
        return state.delta_rad

    def hold(self) -> float:
        """A row without evidence (both sensors at rest, or a gap)."""
        return self._state.delta_rad
