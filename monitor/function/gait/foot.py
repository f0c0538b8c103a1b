"""Strides of one foot from a 6-axis sensor on the shoe."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.function.gait.quiet import Movement, QuietInstants
from monitor.function.gait.stride import Stride, angle_between_deg, stride_between
from monitor.samples import ImuBlock
from protocols.units import NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class StrideParams:
    """What a movement from stance to stance must be to count as a stride."""

    shortest_s: float = 0.35
    longest_s: float = 4.0  # a step of a person who freezes; mean of a healthy one 1.1 s
    shortest_m: float = 0.15  # below: a step on the spot,
    least_turn_deg: float = 20.0  # unless the person turns by it
    steepest_deg: float = 35.0  # both stances are on the sole: kerbs and a loose shoe are, a held leg is not
    highest_m: float = 0.45  # two steps of a stair
    least_pitch_rad_s: float = 0.8
    aside_deg: float = 100.0  # a step back after a step forward (a lunge) is not walking
    apart_s: float = 2.0  # strides further apart than this belong to different bouts
    least_strides: int = 2  # of one foot in a bout


class FootStrides:
    """Strides of one foot, streaming; the same whatever the blocks.

    A stride is given out when the next stance is sure and its bout has `least_strides`: a single movement of
    a foot while sitting, handling or exercising is no gait. Blocks with a gap before them end the movement
    that they interrupt; it is not counted.
    """

    def __init__(self, rate_hz: float, params: StrideParams | None = None) -> None:
        self._rate_hz = rate_hz
        self._p = params or StrideParams()
        self._stance = max(1, round(0.03 * rate_hz))
        self._pending: list[Stride] = []
        self._walking = False
        self._t_ns: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._acc: NDArray[np.float64] = np.empty((0, 3))
        self._gyr: NDArray[np.float64] = np.empty((0, 3))
        self._begin_anew()

    def push(self, block: ImuBlock) -> list[Stride]:
        """Take the next samples; returns the strides that they complete."""
        strides: list[Stride] = []
        if block.gap_before and len(self._t_ns):
            strides += self.finish()
        self._t_ns = np.concatenate((self._t_ns, block.t_ns))
        self._acc = np.concatenate((self._acc, block.acc_m_s2))
        self._gyr = np.concatenate((self._gyr, block.gyr_rad_s))
        for movement in self._quiet.push(block.gyr_rad_s):
            strides += self._judge(movement)
        surplus = self._quiet.needed_from - self._base - self._stance
        if surplus > 0:
            self._t_ns, self._acc, self._gyr = self._t_ns[surplus:], self._acc[surplus:], self._gyr[surplus:]
            self._base += surplus
        return strides

    def finish(self) -> list[Stride]:
        """End the samples; returns the last stride if the foot has come to rest."""
        strides = [stride for movement in self._quiet.finish() for stride in self._judge(movement)]
        self._begin_anew()
        return strides

    def _begin_anew(self) -> None:
        self._quiet = QuietInstants(self._rate_hz)
        self._unfinished: Movement | None = None
        self._base = 0
        self._t_ns, self._acc, self._gyr = self._t_ns[:0], self._acc[:0], self._gyr[:0]

    def _judge(self, movement: Movement) -> list[Stride]:
        movement = self._from_sole_to_sole(movement)
        begin = movement.begin - self._base - self._stance
        end = movement.end - self._base + self._stance + 1
        duration_s = (movement.end - movement.begin) / self._rate_hz
        if begin < 0 or end > len(self._t_ns) or not self._p.shortest_s <= duration_s <= self._p.longest_s:
            return []
        part = slice(begin, end)
        if angle_between_deg(self._up_at(movement.begin), self._up_at(movement.end)) > self._p.steepest_deg:
            self._unfinished = movement
            return []
        found = stride_between(self._t_ns[part], self._acc[part], self._gyr[part], stance=self._stance)
        return self._joined(found) if self._is_step(found) else []

    def _from_sole_to_sole(self, movement: Movement) -> Movement:
        """Join a movement that ended on the toes with the one that goes on from there."""
        earlier, self._unfinished = self._unfinished, None
        if earlier is not None and earlier.end == movement.begin:
            return Movement(begin=earlier.begin, end=movement.end)
        return movement

    def _up_at(self, sample: int) -> NDArray[np.float64]:
        around = slice(max(0, sample - self._base - self._stance), sample - self._base + self._stance + 1)
        return np.asarray(np.mean(self._acc[around], axis=0))

    def _is_step(self, found: Stride) -> bool:
        p = self._p
        return (
            (found.length_m >= p.shortest_m or abs(found.turn_deg) >= p.least_turn_deg)
            and abs(found.rise_m) <= p.highest_m
            and found.peak_pitch_rad_s >= p.least_pitch_rad_s
        )

    def _joined(self, found: Stride) -> list[Stride]:
        """The strides that `found` makes certain: itself in a bout, with those that waited for it."""
        if self._pending and not self._follows(self._pending[-1], found):
            self._pending, self._walking = [], False
        self._pending.append(found)
        if self._walking:
            self._pending = [found]
            return [found]
        if len(self._pending) < self._p.least_strides:
            return []
        self._walking = True
        strides, self._pending = self._pending, [found]
        return strides

    def _follows(self, earlier: Stride, later: Stride) -> bool:
        together = later.begin_ns - earlier.end_ns <= self._p.apart_s * NS_PER_S
        cosine = float(np.dot(earlier.direction, later.direction))
        return together and cosine >= np.cos(np.radians(self._p.aside_deg))
