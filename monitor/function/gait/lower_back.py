"""Steps from one sensor at the lower back.

Each landing pushes the trunk up: the vertical acceleration rises fastest at initial contact. Alone that rise
is not to be told from others, so the steps are followed as a beat: every instant gets the score of its rise,
and the best sequence of instants is the one whose intervals stay near the period that the last seconds show
(dynamic programming as for beats of music, Ellis 2007). What is given out lies two seconds behind the newest
score: then a later sample can no longer change it. Left and right are not told apart, and neither asymmetry
nor variability is offered: from the back they agree poorly with a walkway (PMC4381862).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.function.upright import UprightFilter
from monitor.samples import ImuBlock
from protocols.units import STANDARD_GRAVITY_M_S2


@dataclass(frozen=True, slots=True, kw_only=True)
class StepParams:
    """Numbers of the search; times in s."""

    rise_sd_s: float = 0.05  # smoothing before the slope: a landing lasts 0.1 s
    sway_sd_s: float = 0.07
    slow_sd_s: float = 0.35  # slower than any step: rising, sitting down
    shortest_s: float = 0.3
    longest_s: float = 1.1
    usual_s: float = 0.55
    usual_spread: float = 0.35  # of the logarithm of the period, where the samples leave it open
    tightness: float = 8.0  # how dearly a change of the interval must be paid
    active_m_s2: float = 0.35  # vertical sway of a walking trunk, root mean square
    least_rise: float = 0.35  # of the usual rise
    least_rise_m_s3: float = 2.0
    window_s: float = 4.0
    hop_s: float = 0.5
    apart_s: float = 1.3  # beyond: another bout
    least_steps: int = 4  # of a bout


class LowerBackSteps:
    """`push` blocks; returns instants of initial contacts, ns. The same for any cut into blocks."""

    def __init__(self, rate_hz: float, params: StepParams | None = None) -> None:
        self._rate_hz = rate_hz
        self._p = params or StepParams()
        self._pending: list[int] = []
        self._walking = False
        self._t_ns: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._vertical: NDArray[np.float64] = np.empty(0)
        self._begin_anew()

    def push(self, block: ImuBlock) -> list[int]:
        """Take the next samples; a gap before them ends the bout."""
        found = self.finish() if block.gap_before and len(self._t_ns) else []
        ups = self._upright.push(block)
        vertical = np.einsum("ij,ij->i", ups, block.acc_m_s2) - STANDARD_GRAVITY_M_S2
        self._t_ns = np.concatenate((self._t_ns, block.t_ns))
        self._vertical = np.concatenate((self._vertical, vertical))
        hop = self._samples(self._p.hop_s)
        while self._hopped + hop <= self._base + len(self._t_ns):
            self._hopped += hop
            found += self._settle(self._hopped)
            self._forget()
        return found

    def finish(self) -> list[int]:
        """End the samples; returns what was not yet settled."""
        newest = self._base + len(self._t_ns)
        self._extend(newest, newest)
        found = self._commit(newest, newest)
        self._begin_anew()
        return found

    def _begin_anew(self) -> None:
        self._upright = UprightFilter()
        self._t_ns, self._vertical = self._t_ns[:0], self._vertical[:0]
        self._base = 0  # the number of the first sample kept
        self._hopped = 0
        self._scored = 0  # samples below this number have a score
        self._score: list[float] = []  # since `_base`
        self._before: list[int] = []  # the step before a step at this sample, -1 for none
        self._strong: list[bool] = []
        self._committed = -1

    def _samples(self, seconds: float) -> int:
        return round(seconds * self._rate_hz)

    def _settle(self, newest: int) -> list[int]:
        """Score up to a margin behind `newest`, and give out what lies further back."""
        margin = self._samples(1.5)
        self._extend(newest - margin, newest)
        return self._commit(self._scored, self._scored - self._samples(2.0))

    def _extend(self, until: int, newest: int) -> None:
        if until <= self._scored:
            return
        p = self._p
        first = max(self._base, self._scored - self._samples(p.window_s))
        part = self._vertical[first - self._base : newest - self._base]
        if len(part) < self._samples(1.0):
            return
        rise = np.maximum(np.gradient(_smoothed(part, p.rise_sd_s * self._rate_hz)), 0.0) * self._rate_hz
        sway = _smoothed(part, p.sway_sd_s * self._rate_hz) - _smoothed(part, p.slow_sd_s * self._rate_hz)
        usual = np.sqrt(_smoothed(rise**2, self._rate_hz))
        relative = rise / np.maximum(usual, p.least_rise_m_s3)
        activity = np.sqrt(_smoothed(sway**2, 0.5 * self._rate_hz))
        period = self._period(sway) * self._rate_hz
        lags = np.arange(max(1, round(0.5 * period)), round(1.8 * period) + 1)
        price = p.tightness * np.log(lags / period) ** 2
        for sample in range(self._scored, until):
            at = sample - first
            self._append(sample, float(relative[at]), lags, price)
            self._strong.append(bool(activity[at] > p.active_m_s2 and relative[at] > p.least_rise))
        self._scored = until

    def _append(self, sample: int, rise: float, lags: NDArray[np.int64], price: NDArray[np.float64]) -> None:
        reach = min(int(np.searchsorted(lags, sample - self._base, side="right")), len(lags))
        best, before = 0.0, -1
        if reach:
            score = np.array(self._score[-int(lags[reach - 1]) :])
            earlier = score[len(score) - lags[:reach]] - price[:reach]
            index = int(np.argmax(earlier))
            if earlier[index] > 0.0:
                best, before = float(earlier[index]), sample - int(lags[index])
        self._score.append(rise + best)
        self._before.append(before)

    def _period(self, sway: NDArray[np.float64]) -> float:
        """The step period that repeats best, s: autocorrelation, weighted towards usual periods."""
        p = self._p
        centred = sway - np.mean(sway)
        size = len(centred)
        power = np.abs(np.fft.rfft(centred, 2 * size)) ** 2
        repeat = np.fft.irfft(power)[:size] / (size - np.arange(size))
        lags = np.arange(self._samples(p.shortest_s), min(self._samples(p.longest_s), size - 1))
        if not len(lags) or repeat[0] <= 0.0:
            return p.usual_s
        apart = np.log(lags / self._rate_hz / p.usual_s) / p.usual_spread
        best = int(lags[int(np.argmax(repeat[lags] * np.exp(-0.5 * apart**2)))])
        return best / self._rate_hz

    def _commit(self, front: int, until: int) -> list[int]:
        """The best sequence that ends in the last second before `front`; its new steps before `until`."""
        if not self._score or until <= self._committed:
            return []
        last = max(0, len(self._score) - self._samples(1.0))
        sample = self._base + last + int(np.argmax(self._score[last:]))
        steps = []
        while sample > self._committed and sample >= self._base:
            if sample < until and self._strong[sample - self._base]:
                steps.append(sample)
            sample = self._before[sample - self._base]
        nearest = self._committed + self._samples(0.5 * self._p.shortest_s)
        fresh = [step for step in reversed(steps) if self._committed < 0 or step >= nearest]
        if fresh:
            self._committed = fresh[-1]
        return [t_ns for step in fresh for t_ns in self._joined(int(self._t_ns[step - self._base]))]

    def _joined(self, t_ns: int) -> list[int]:
        """The steps that this one makes certain: itself in a bout, with those that waited for it."""
        if self._pending and t_ns - self._pending[-1] > self._p.apart_s * 1e9:
            self._pending, self._walking = [], False
        self._pending.append(t_ns)
        if self._walking:
            self._pending = [t_ns]
            return [t_ns]
        if len(self._pending) < self._p.least_steps:
            return []
        self._walking = True
        steps, self._pending = self._pending, [t_ns]
        return steps

    def _forget(self) -> None:
        surplus = self._scored - self._samples(2.0 * self._p.window_s) - self._base
        if surplus > self._samples(2.0):
            self._t_ns, self._vertical = self._t_ns[surplus:], self._vertical[surplus:]
            del self._score[:surplus], self._before[:surplus], self._strong[:surplus]
            self._base += surplus


def _smoothed(values: NDArray[np.float64], sd_samples: float) -> NDArray[np.float64]:
    """Gaussian mean with the ends held."""
    half = math.ceil(3.0 * sd_samples)
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / sd_samples) ** 2)
    return np.convolve(np.pad(values, half, mode="edge"), kernel / np.sum(kernel), mode="valid")
