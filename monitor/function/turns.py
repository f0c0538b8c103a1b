"""Turns of the body: when they begin and end, and by how much, from the rate of yaw about the vertical.

A turn is where the smoothed rate exceeds `peak_deg_s`, from where it rose above to where it falls below
`edge_share` of its own peak, if the angle between is at least `least_deg` (El-Gohary et al., Sensors 2014,
with edges by share of the peak instead of a fixed rate, so that slow and fast turns are cut alike).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.function.upright import UprightFilter
from monitor.samples import ImuBlock
from protocols.units import NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnParams:
    """Numbers of the search."""

    every_s: float = 0.05  # yaw is kept at 20 Hz
    window_s: float = 0.5  # a step of walking turns the pelvis to and fro within a second
    peak_deg_s: float = 25.0
    edge_share: float = 0.2
    least_deg: float = 45.0
    longest_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn; left is positive."""

    begin_ns: int
    end_ns: int
    angle_deg: float


class YawTrace:
    """The yaw of one sensor, kept at a low rate for as long as a trial lasts."""

    def __init__(self, params: TurnParams | None = None, *, longest_s: float = 1800.0) -> None:
        self._p = params or TurnParams()
        self._upright = UprightFilter()
        self._most = round(longest_s / self._p.every_s)
        self._yaw_deg = 0.0
        self._t_ns: list[int] = []
        self._kept_deg: list[float] = []
        self._last_ns: int | None = None

    def push(self, block: ImuBlock) -> None:
        """Take the next samples."""
        ups = self._upright.push(block)
        rates = np.degrees(np.einsum("ij,ij->i", ups, block.gyr_rad_s)).tolist()
        for t_ns, rate in zip(block.t_ns.tolist(), rates, strict=True):
            if self._last_ns is not None and 0 < t_ns - self._last_ns < NS_PER_S:
                self._yaw_deg += rate * (t_ns - self._last_ns) / NS_PER_S
            self._last_ns = t_ns
            if not self._t_ns or t_ns - self._t_ns[-1] >= self._p.every_s * NS_PER_S:
                self._t_ns.append(t_ns)
                self._kept_deg.append(self._yaw_deg)
        if len(self._t_ns) > self._most:
            del self._t_ns[: -self._most], self._kept_deg[: -self._most]

    def turns(self, begin_ns: int, end_ns: int) -> list[Turn]:
        """The turns between two instants, in order."""
        t_ns = np.array(self._t_ns, dtype=np.int64)
        inside = (t_ns >= begin_ns) & (t_ns <= end_ns)
        if int(np.count_nonzero(inside)) < 4:
            return []
        return found_turns(t_ns[inside], np.array(self._kept_deg)[inside], self._p)


def found_turns(t_ns: NDArray[np.int64], yaw_deg: NDArray[np.float64], params: TurnParams) -> list[Turn]:
    """Turns in a trace of yaw, `t_ns` (n,) ascending and `yaw_deg` (n,) unwrapped."""
    p = params
    width = max(1, round(p.window_s / p.every_s))
    kernel = np.hanning(width + 2)[1:-1]
    padded = np.pad(yaw_deg, (width // 2, width - 1 - width // 2), mode="edge")
    smooth = np.convolve(padded, kernel / np.sum(kernel), mode="valid")
    rate = np.gradient(smooth, t_ns.astype(np.float64) / NS_PER_S)
    turns: list[Turn] = []
    free = np.ones(len(rate), dtype=bool)
    for peak in np.argsort(-np.abs(rate)):
        if abs(rate[peak]) < p.peak_deg_s:
            break
        if not free[peak]:
            continue
        edge = p.edge_share * abs(rate[peak])
        sign = np.sign(rate[peak])
        begin = end = int(peak)
        while begin > 0 and sign * rate[begin - 1] > edge and free[begin - 1]:
            begin -= 1
        while end < len(rate) - 1 and sign * rate[end + 1] > edge and free[end + 1]:
            end += 1
        free[begin : end + 1] = False
        angle = float(smooth[end] - smooth[begin])
        if abs(angle) >= p.least_deg and t_ns[end] - t_ns[begin] <= p.longest_s * NS_PER_S:
            turns.append(Turn(begin_ns=int(t_ns[begin]), end_ns=int(t_ns[end]), angle_deg=angle))
    return sorted(turns, key=lambda turn: turn.begin_ns)
