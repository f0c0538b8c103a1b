"""How far apart the two sensors' clocks are, from the movement itself.

Of a hinge, the angular rate perpendicular to the axis is the same in both sensors. Its length needs no
orientation; its changes within 50 ms are compared over lags of up to 0.2 s (slow turns would fit at any
lag). There is evidence only while both segments turn briskly about something else than the hinge: a seated
patient's knee gives none, and then nothing is said.
"""

import math
from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np


@dataclass(slots=True, kw_only=True)
class SkewState:
    """Perpendicular rates of both sensors over the window, rows since the last estimate, the estimate."""

    proximal: deque[float] = field(default_factory=deque)
    distal: deque[float] = field(default_factory=deque)
    since: int = 0
    skew_s: float | None = None


class SkewEstimator:
    """Add a row at a time; `skew_s` is positive when the distal stream shows a movement later.

    An estimate every `every_s` from the last `window_s`, kept until the next one that is sure enough
    (correlation above `least_correlation`, both sensors turning).
    """

    def __init__(
        self,
        *,
        rate_hz: float,
        window_s: float = 10.0,
        every_s: float = 5.0,
        most_s: float = 0.2,
        # Segments of a limb move alike without moving together: only near identity is evidence of time.
        least_correlation: float = 0.9,
        # Changes of the rate within 50 ms, rms: well above the gyroscope's noise (0.002).
        least_change_rad_s: float = 0.05,
    ) -> None:
        self._rate_hz = rate_hz
        self._rows = round(window_s * rate_hz)
        self._every = round(every_s * rate_hz)
        self._most = round(most_s * rate_hz)
        self._least_correlation = least_correlation
        self._least_change = least_change_rad_s
        self._step = max(1, round(0.05 * rate_hz))
        self._state = SkewState()

    @property
    def state(self) -> SkewState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: SkewState) -> None:
        self._state = deepcopy(value)

    @property
    def skew_s(self) -> float | None:
        """The last sure estimate; None before there was evidence."""
        return self._state.skew_s

    def forget(self) -> None:
        """A gap, or a new calibration: rows of before do not belong to those of after."""
        self._state.proximal.clear()
        self._state.distal.clear()
        self._state.since = 0

    def update(self, proximal_rad_s: float, distal_rad_s: float) -> None:
        """Add one row: lengths of the angular rates perpendicular to the axis."""
        state = self._state
        proximal, distal = state.proximal, state.distal
        proximal.append(proximal_rad_s)
        distal.append(distal_rad_s)
        state.since += 1
        if len(proximal) > self._rows:
            proximal.popleft()
            distal.popleft()
        if state.since >= self._every and len(state.proximal) == self._rows:
            state.since = 0
            self._estimate()

    def _estimate(self) -> None:
        step = self._step
        x, y = (np.array(rates) for rates in (self._state.proximal, self._state.distal))
        x, y = x[step:] - x[:-step], y[step:] - y[:-step]
        if min(float(np.sqrt(np.mean(x**2))), float(np.sqrt(np.mean(y**2)))) < self._least_change:
            return
        most = self._most
        middle = x[most:-most]
        lags = range(-most, most + 1)
        scores = [_correlation(middle, y[most + lag : y.size - most + lag]) for lag in lags]
        best = int(np.argmax(scores))
        if scores[best] < self._least_correlation or best in (0, 2 * most):
            return
        before, peak, after = scores[best - 1 : best + 2]
        curvature = before - 2.0 * peak + after
        shift = 0.5 * (before - after) / curvature if curvature < 0.0 else 0.0
        self._state.skew_s = (best - most + shift) / self._rate_hz


def _correlation(
    x: np.ndarray[tuple[int], np.dtype[np.float64]], y: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> float:
    x, y = x - x.mean(), y - y.mean()
    scale = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / scale if scale > 0.0 else 0.0
