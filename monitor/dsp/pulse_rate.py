"""Pulse rate and its quality from the beats of a PPG.

Regularity is a sign of a pulse at rest only: steps are regular too. So the quality is a number with a
meaning, the share of the last intervals that fit their neighbours, and movement caps it: docs/signals.md.
"""

from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from statistics import median

from monitor.dsp.pulse import Beat
from monitor.samples import Quality
from protocols.units import NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseRate:
    """Rate over the last beats. `regularity` 0 to 1: share of intervals within a fifth of the median."""

    t_ns: int
    rate_per_min: float | None
    regularity: float
    beats: int
    quality: Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseRateParams:
    """Window and limits."""

    window_s: float = 8.0
    least_beats: int = 4
    # 20-300/min: what a pulse interval may be.
    shortest_s: float = 0.2
    longest_s: float = 3.0
    tolerance: float = 0.2
    # From 2336 windows at rest and walking: below this the median interval was wrong in most of them.
    good_regularity: float = 0.9
    fair_regularity: float = 0.6


@dataclass(slots=True, kw_only=True)
class PulseRateState:
    """Beats of the window: (t_ns, interval)."""

    beats: deque[tuple[int, float]] = field(default_factory=deque)


class PulseRateMeter:
    """`add` beats, ask for the rate `at` an instant."""

    def __init__(self, params: PulseRateParams | None = None) -> None:
        self.params = params or PulseRateParams()
        self._state = PulseRateState()

    @property
    def state(self) -> PulseRateState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: PulseRateState) -> None:
        self._state = deepcopy(value)

    def add(self, beat: Beat) -> None:
        """A beat was found."""
        interval_s = beat.interval_s
        if interval_s is not None and self.params.shortest_s <= interval_s <= self.params.longest_s:
            self._state.beats.append((beat.t_ns, interval_s))

    def at(self, t_ns: int, *, moving: bool = False) -> PulseRate:
        """The rate over the window that ends at `t_ns`; while the wearer moves it is QUESTIONABLE at best."""
        beats, params = self._state.beats, self.params
        while beats and beats[0][0] < t_ns - params.window_s * NS_PER_S:
            beats.popleft()
        intervals = [interval for _, interval in beats]
        if len(intervals) < params.least_beats:
            return PulseRate(
                t_ns=t_ns, rate_per_min=None, regularity=0.0, beats=len(intervals), quality=Quality.MISSING
            )
        middle = median(intervals)
        fitting = sum(1 for x in intervals if abs(x - middle) <= params.tolerance * middle)
        # A window that is mostly empty (probe off, weak pulse) is not regular, however its beats are spaced.
        covered = min(1.0, sum(intervals) / (params.window_s - middle))
        regularity = fitting / len(intervals) * covered
        if regularity >= params.good_regularity:
            quality = Quality.QUESTIONABLE if moving else Quality.GOOD
        elif regularity >= params.fair_regularity and not moving:
            quality = Quality.QUESTIONABLE
        else:
            quality = Quality.POOR
        return PulseRate(
            t_ns=t_ns,
            rate_per_min=60.0 / middle,
            regularity=regularity,
            beats=len(intervals),
            quality=quality,
        )
