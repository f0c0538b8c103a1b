"""When a foot stands: the quiet instants between its movements, found as the samples come.

The smoothed angular rate of a walking foot falls by more than half between push-off and the next stance and
rises again; by how much depends on the person, the shoe and the speed. So nothing is compared with a fixed
threshold: a minimum counts once the rate has risen to `ratio` times it, a maximum once it has fallen to a
`ratio`-th of it (a turning-point filter on a scale of ratios). `floor_rad_s` keeps the noise of a sensor at
rest from being such a rise, `least_peak_rad_s` what a standing person does with the feet.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietParams:
    """Numbers of the search; each is a choice that does not depend on a recording."""

    window_s: float = 0.15  # longer than the zero crossing at toe-off (50 ms), shorter than any stance
    fine_window_s: float = 0.04  # where within the stance it is quietest
    floor_rad_s: float = 0.3
    ratio: float = 2.5
    least_peak_rad_s: float = 0.9
    standing_s: float = 0.6  # a stance longer than this is standing: its two ends are instants of their own
    settle_s: float = 0.1  # after the first and before the last quiet sample of standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """The sensor moved from the quiet sample `begin` to the quiet sample `end` (numbers of samples)."""

    begin: int
    end: int


class QuietInstants:
    """Finds movements between quiet instants in a stream of angular rates.

    The result does not depend on how the samples are cut into blocks. Memory: the samples since the last
    quiet instant, at most `longest_s`; a movement that lasts longer is no step and is dropped.
    """

    def __init__(self, rate_hz: float, params: QuietParams | None = None, *, longest_s: float = 5.0) -> None:
        p = params or QuietParams()
        self._p = p
        self._half = max(1, round(0.5 * p.window_s * rate_hz))
        self._fine_half = max(1, round(0.5 * p.fine_window_s * rate_hz))
        self._standing = round(p.standing_s * rate_hz)
        self._settle = round(p.settle_s * rate_hz)
        self._longest = round(longest_s * rate_hz)
        self._squares: NDArray[np.float64] = np.empty(0)
        self._base = 0  # the number of the first sample that is kept
        self._next = 0  # the next sample whose smoothed rate is due
        self._falling = True
        self._low = np.inf
        self._low_at = 0
        self._high = 0.0
        self._fell_at = 0
        self._left_at: int | None = None  # the quiet sample from which the present movement began
        self._arrived = False

    @property
    def needed_from(self) -> int:
        """The oldest sample that a coming movement can begin with."""
        return self._base

    def push(self, gyr_rad_s: NDArray[np.float64]) -> Iterator[Movement]:
        """Take the angular rates (n, 3) and yield the movements that they complete."""
        self._squares = np.concatenate((self._squares, np.einsum("ij,ij->i", gyr_rad_s, gyr_rad_s)))
        last = self._base + len(self._squares) - self._half
        if self._next < last:
            rates = self._smoothed(self._next, last, self._half)
            begin, self._next = self._next, last
            for number, rate in enumerate(np.maximum(rates, self._p.floor_rad_s).tolist(), begin):
                yield from self._one(number, rate)
        self._forget()

    def finish(self) -> Iterator[Movement]:
        """Yield what the end of the samples completes: the last movement, if the sensor had come to rest."""
        if self._falling and not self._arrived and self._left_at is not None and np.isfinite(self._low):
            begin, _ = self._quiet_region(self._next - 1)
            yield from self._arrive(min(begin + self._settle, self._low_at))

    def _one(self, number: int, rate: float) -> Iterator[Movement]:
        if self._falling:
            if rate < self._low:
                self._low, self._low_at = rate, number
            if rate > self._p.ratio * self._low and rate > self._p.least_peak_rad_s:
                yield from self._leave(number)
                self._falling, self._high = False, rate
            elif not self._arrived and number - self._fell_at >= self._standing + self._half:
                begin, end = self._quiet_region(number)
                if end - begin >= self._standing:
                    yield from self._arrive(begin + self._settle)
        else:
            self._high = max(self._high, rate)
            if self._p.ratio * rate < self._high:
                self._falling, self._arrived = True, False
                self._low, self._low_at, self._fell_at = rate, number, number

    def _leave(self, number: int) -> Iterator[Movement]:
        begin, end = self._quiet_region(number)
        if end - begin >= self._standing:
            yield from self._arrive(begin + self._settle)
            self._left_at = end - self._settle
        else:
            quietest = begin + int(np.argmin(self._smoothed(begin, end + 1, self._fine_half)))
            yield from self._arrive(quietest)
            self._left_at = quietest

    def _arrive(self, at: int) -> Iterator[Movement]:
        if not self._arrived and self._left_at is not None and at > self._left_at:
            yield Movement(begin=self._left_at, end=at)
        self._arrived = True

    def _quiet_region(self, number: int) -> tuple[int, int]:
        """The samples around the lowest rate, up to `number`, that are as quiet as it."""
        first = max(self._fell_at, self._base)
        rates = self._smoothed(first, number + 1, self._half)
        loud = np.flatnonzero(rates > max(1.3 * self._low, self._p.floor_rad_s + 0.05))
        low = self._low_at - first
        before, after = loud[loud < low], loud[loud > low]
        begin = first + (int(before[-1]) + 1 if len(before) else 0)
        end = first + (int(after[0]) - 1 if len(after) else number - first)
        return begin, end

    def _smoothed(self, begin: int, end: int, half: int) -> NDArray[np.float64]:
        """Root mean square of the rate over 2 `half` + 1 samples around each of `begin`..`end` - 1."""
        first = begin - self._base - half
        pad = max(0, -first)
        part = self._squares[max(0, first) : end - self._base + half]
        part = np.concatenate((np.repeat(part[:1], pad), part))
        missing = end - begin + 2 * half - len(part)
        part = np.concatenate((part, np.repeat(part[-1:], missing)))
        sums = np.concatenate(([0.0], np.cumsum(part)))
        width = 2 * half + 1
        return np.asarray(np.sqrt(np.maximum(sums[width:] - sums[:-width], 0.0) / width))

    def _forget(self) -> None:
        """Drop what no coming movement needs, and a movement that has become too long to be a step."""
        newest = self._base + len(self._squares)
        keep_from = newest - self._longest
        if self._left_at is not None and not self._arrived:
            if self._left_at < keep_from:
                self._left_at = None
            else:
                keep_from = self._left_at - self._half
        keep_from = min(keep_from, newest - 2 * self._half - 1)
        if keep_from - self._base > self._longest:
            self._squares = self._squares[keep_from - self._base :]
            self._base = keep_from
            self._fell_at = max(self._fell_at, keep_from)
            self._low_at = max(self._low_at, keep_from)
