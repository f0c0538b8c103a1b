"""RR intervals of a heart-rate strap: which are heart beats, and the rate they make.

A strap sends the intervals since its last notification, in beats of the heart, without time stamps. A
missed beat shows as an interval twice as long, an extra one as two short ones; a notification that was
lost shows as intervals that do not fill the time.
"""

from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from statistics import median

from monitor.samples import Quality
from protocols.units import NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class RrSummary:
    """Over the last window: mean rate of the good intervals, RMSSD, share of bad ones, share of time covered.

    `rate_per_min` and `rmssd_s` are None without enough intervals.
    """

    t_ns: int
    rate_per_min: float | None
    rmssd_s: float | None
    ectopic_share: float
    covered: float
    quality: Quality


@dataclass(slots=True, kw_only=True)
class RrState:
    """Intervals of the window: (receive time, interval, whether it fits)."""

    intervals: deque[tuple[int, float, bool]] = field(default_factory=deque)


class RrMeter:
    """`add` each notification's intervals, ask for the summary `at` an instant."""

    def __init__(self, *, window_s: float = 15.0, tolerance: float = 0.2) -> None:
        self._window_ns = round(window_s * NS_PER_S)
        self._window_s = window_s
        self._tolerance = tolerance
        self._state = RrState()

    @property
    def state(self) -> RrState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: RrState) -> None:
        self._state = deepcopy(value)

    def add(self, t_ns: int, intervals_s: tuple[float, ...]) -> None:
        """Intervals of one notification, oldest first; what no heart does (20-300/min) is left out."""
        state = self._state
        for interval_s in intervals_s:
            if not 0.2 <= interval_s <= 3.0:
                continue
            fitting = [x for _, x, fits in list(state.intervals)[-8:] if fits]
            fits = len(fitting) < 3 or abs(interval_s - median(fitting)) <= self._tolerance * median(fitting)
            state.intervals.append((t_ns, interval_s, fits))
        last = [fits for _, _, fits in list(state.intervals)[-6:]]
        if len(last) == 6 and not any(last):
            # Six in a row are not six ectopic beats: the rate has changed, and the reference with it.
            for i in range(len(state.intervals) - 6, len(state.intervals)):
                t, x, _ = state.intervals[i]
                state.intervals[i] = (t, x, True)

    def at(self, t_ns: int) -> RrSummary:
        """Summary of the window that ends at `t_ns`."""
        intervals = self._state.intervals
        while intervals and intervals[0][0] <= t_ns - self._window_ns:
            intervals.popleft()
        good = [x for _, x, fits in intervals if fits]
        covered = min(1.0, sum(x for _, x, _ in intervals) / self._window_s)
        if len(good) < 3:
            return RrSummary(
                t_ns=t_ns,
                rate_per_min=None,
                rmssd_s=None,
                ectopic_share=0.0,
                covered=covered,
                quality=Quality.MISSING,
            )
        steps = [
            (b[1] - a[1]) ** 2
            for a, b in zip(list(intervals), list(intervals)[1:], strict=False)
            if a[2] and b[2]
        ]
        ectopic = 1.0 - len(good) / len(intervals)
        # A tenth of ectopic beats or of lost time still leaves the mean right to a few beats a minute.
        quality = Quality.GOOD if ectopic <= 0.1 and covered >= 0.8 else Quality.QUESTIONABLE
        return RrSummary(
            t_ns=t_ns,
            rate_per_min=60.0 * len(good) / sum(good),
            rmssd_s=(sum(steps) / len(steps)) ** 0.5 if steps else None,
            ectopic_share=ectopic,
            covered=covered,
            quality=quality,
        )
