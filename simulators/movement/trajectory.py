"""Smooth paths through knots: how people move from one pose to the next. Pure numpy.

A movement between two poses follows the minimum-jerk profile 10 s^3 - 15 s^4 + 6 s^5 (Flash & Hogan 1985,
doi:10.1523/JNEUROSCI.05-07-01688.1985): velocity and acceleration are zero at both ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def minimum_jerk(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part of the way that is done when `share` (0..1, any shape) of the time has gone."""
    return share**3 * (10.0 - 15.0 * share + 6.0 * share**2)


@dataclass(frozen=True, slots=True)
class Knot:
    """At `t_s` the quantity has reached `value` and stands still there."""

    t_s: float
    value: float


class KnotPath:
    """A scalar over time: constant before the first and after the last knot, minimum jerk between."""

    def __init__(self, knots: Sequence[Knot]) -> None:
        if not knots:
            raise ValueError("a path needs at least one knot")
        self._t_s = np.array([knot.t_s for knot in knots])
        self._value = np.array([knot.value for knot in knots])
        if np.any(np.diff(self._t_s) <= 0):
            raise ValueError("the knots of a path must be in order of time, none at the same instant")

    def __call__(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Value at each instant, shape of `t_s`."""
        if len(self._t_s) == 1:
            return np.full_like(t_s, self._value[0])
        index = np.clip(np.searchsorted(self._t_s, t_s, side="right") - 1, 0, len(self._t_s) - 2)
        start = self._t_s[index]
        share = np.clip((t_s - start) / (self._t_s[index + 1] - start), 0.0, 1.0)
        before = self._value[index]
        value = before + (self._value[index + 1] - before) * minimum_jerk(share)
        return np.asarray(value, dtype=np.float64)
