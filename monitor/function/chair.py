"""Rising from a chair and sitting down, seen by a sensor on the thigh.

The thigh lies while the person sits and hangs when they stand. Its angle against the seated pose before the
first rise is followed; a rise begins where that angle leaves the seat, a sitting ends where the descent
does. How far a stand goes is judged against the person's own stands: what stays below `full_share` of them
is incomplete. Arms pushing off cannot be seen here and must be asked.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.function.upright import UprightFilter
from monitor.samples import ImuBlock
from protocols.units import NS_PER_S

_MOST = 0.9  # of the time: the distance of two samples is missing from it


@dataclass(frozen=True, slots=True, kw_only=True)
class ChairParams:
    """Numbers of the search; angles are of the thigh against the seated pose."""

    leave_deg: float = 10.0  # off the seat
    rise_deg: float = 30.0  # below this no attempt: shifting on the seat
    turn_back_deg: float = 15.0  # a stand is over, or a sitting, when the angle has turned back this far
    full_share: float = 0.7  # of the person's own standing angle
    seated_deg: float = 25.0  # back on the seat: thighs of two sittings differ by a few degrees
    calm_share: float = 0.15  # of the fastest descent: the thigh has arrived
    seated_share: float = 0.3  # or this much of the stand: a low stand ends nearer to it
    seated_pose_s: float = 0.3  # averaged before the first rise
    rate_window_s: float = 0.05  # a step of a coarse sensor is no rate


@dataclass(frozen=True, slots=True, kw_only=True)
class ChairRise:
    """One rise and the sitting after it.

    `standing_ns` is when the thigh had come to hang; `sitting_ns` is None while the person is not seated.
    """

    leaving_ns: int
    standing_ns: int
    sitting_ns: int | None
    peak_deg: float

    def complete(self, standing_deg: float, params: ChairParams) -> bool:
        """Whether it reached the person's own standing."""
        return self.peak_deg >= params.full_share * standing_deg


@dataclass(frozen=True, slots=True)
class _Row:
    t_ns: int
    angle_deg: float
    rate_deg_s: float


@dataclass(frozen=True, slots=True)
class _Seated:
    """On the seat; `leaving_ns` is when the thigh last left it, if it has."""

    leaving_ns: int | None = None


@dataclass(frozen=True, slots=True)
class _Rising:
    """Up, or on the way; `top` is the highest row so far, `upright_ns` when the thigh had come to hang."""

    leaving_ns: int
    top: _Row
    fastest_deg_s: float = 0.0
    upright_ns: int | None = None


@dataclass(frozen=True, slots=True)
class _Lowering:
    """On the way down."""

    leaving_ns: int
    top: _Row
    lowest: _Row
    upright_ns: int
    fastest_deg_s: float = 0.0


_Phase = _Seated | _Rising | _Lowering


class ChairRises:
    """`push` blocks of a thigh sensor; gives each rise when the person has sat down after it.

    `open` is the rise that goes on. `standing_deg` is the person's own: the median peak of what rose beyond
    `rise_deg`. The same for any cut of the samples into blocks.
    """

    def __init__(self, params: ChairParams | None = None) -> None:
        self.params = params or ChairParams()
        self._upright = UprightFilter()
        self._seated_up: NDArray[np.float64] | None = None
        self._recent: deque[tuple[int, NDArray[np.float64]]] = deque()
        self._last: _Row | None = None
        self._pose_is_due = False
        self._peaks: list[float] = []
        self._phase: _Phase = _Seated()

    @property
    def standing_deg(self) -> float:
        """The person's own standing angle; 90 before the first rise is known."""
        return float(np.median(self._peaks)) if self._peaks else 90.0

    @property
    def open(self) -> ChairRise | None:
        """The rise that has begun and has no sitting yet."""
        match self._phase:
            case _Seated():
                return None
            case _Rising(leaving_ns, top, _, upright_ns):
                return _rise(leaving_ns, top, upright_ns or top.t_ns, sitting_ns=None)
            case _Lowering(leaving_ns, top, _, upright_ns):
                return _rise(leaving_ns, top, upright_ns, sitting_ns=None)

    def take_pose(self) -> None:
        """What the thigh does now is sitting: the pose that angles are counted from.

        Where no sample has come yet, the first `seated_pose_s` of them are it.
        """
        self._pose_is_due = not self._recent
        if self._recent:
            mean = np.mean([up for _, up in self._recent], axis=0)
            self._seated_up = mean / np.linalg.norm(mean)

    def push(self, block: ImuBlock) -> list[ChairRise]:
        """Take the next samples; returns the rises that a sitting has ended."""
        found: list[ChairRise] = []
        for t_ns, up in zip(block.t_ns.tolist(), self._upright.push(block), strict=True):
            self._recent.append((t_ns, up))
            while t_ns - self._recent[0][0] > self.params.seated_pose_s * NS_PER_S:
                self._recent.popleft()
            if (
                self._pose_is_due
                and t_ns - self._recent[0][0] >= _MOST * self.params.seated_pose_s * NS_PER_S
            ):
                self.take_pose()
            if self._seated_up is not None:
                row = self._row(t_ns, float(self._seated_up @ up))
                self._phase, finished = self._next(self._phase, row)
                found += finished
                self._last = row
        return found

    def _row(self, t_ns: int, cosine: float) -> _Row:
        angle = float(np.degrees(np.arccos(min(1.0, max(-1.0, cosine)))))
        last = self._last
        if last is None or t_ns <= last.t_ns:
            return _Row(t_ns, angle, 0.0)
        step_s = (t_ns - last.t_ns) / NS_PER_S
        share = min(1.0, step_s / self.params.rate_window_s)
        return _Row(
            t_ns, angle, last.rate_deg_s + share * ((angle - last.angle_deg) / step_s - last.rate_deg_s)
        )

    def _next(self, phase: _Phase, row: _Row) -> tuple[_Phase, list[ChairRise]]:
        p = self.params
        match phase:
            case _Seated(leaving_ns):
                if row.angle_deg < p.leave_deg:
                    return _Seated(), []
                leaving_ns = row.t_ns if leaving_ns is None else leaving_ns
                return (_Rising(leaving_ns, row) if row.angle_deg >= p.rise_deg else _Seated(leaving_ns)), []
            case _Rising():
                return self._risen(phase, row), []
            case _Lowering():
                return self._lowered(phase, row)

    def _risen(self, phase: _Rising, row: _Row) -> _Phase:
        p = self.params
        fastest = max(phase.fastest_deg_s, row.rate_deg_s)
        upright_ns = phase.upright_ns
        if upright_ns is None and row.rate_deg_s < p.calm_share * fastest:
            upright_ns = row.t_ns
        top = row if row.angle_deg > phase.top.angle_deg else phase.top
        if row.angle_deg < top.angle_deg - p.turn_back_deg:
            return _Lowering(phase.leaving_ns, top, row, upright_ns or top.t_ns)
        return _Rising(phase.leaving_ns, top, fastest, upright_ns)

    def _lowered(self, phase: _Lowering, row: _Row) -> tuple[_Phase, list[ChairRise]]:
        p, leaving_ns, top = self.params, phase.leaving_ns, phase.top
        fastest = max(phase.fastest_deg_s, -row.rate_deg_s)
        lowest = min(phase.lowest, row, key=lambda r: r.angle_deg)
        arrived = -row.rate_deg_s < p.calm_share * fastest
        if arrived and row.angle_deg <= max(p.seated_deg, p.seated_share * top.angle_deg):
            self._peaks.append(top.angle_deg)
            return _Seated(), [_rise(leaving_ns, top, phase.upright_ns, sitting_ns=row.t_ns)]
        if row.angle_deg > lowest.angle_deg + p.turn_back_deg:
            # Up again without having sat down: the same rise goes on.
            top = max(top, row, key=lambda r: r.angle_deg)
            return _Rising(leaving_ns, top, upright_ns=phase.upright_ns), []
        return _Lowering(leaving_ns, top, lowest, phase.upright_ns, fastest), []


def _rise(leaving_ns: int, top: _Row, upright_ns: int, *, sitting_ns: int | None) -> ChairRise:
    return ChairRise(
        leaving_ns=leaving_ns, standing_ns=upright_ns, sitting_ns=sitting_ns, peak_deg=top.angle_deg
    )
