"""Receive time -> sample time, for one device.

A notification arrives later than its newest sample was taken, by a latency that is never negative and
whose minimum hardly changes. So the points (device time s, receive time r) lie above a straight line
r = a s + b, and the line that touches them from below is the device's clock as the station sees it:
the edge of the lower convex hull under the mean of s minimises the summed latency (Zhang, Liu and Xia,
"Clock synchronization algorithms for network measurements", INFOCOM 2002, doi 10.1109/INFCOM.2002.1019257).

Device time is a hardware counter where the device sends one. Where it does not (WitMotion) it is the
number of samples times the nominal period, and then a lost notification has to advance the count, or
everything after it would be stamped too early. Late and lost look alike until the link has caught up:
what the least late notification of a short window is behind by is loss. It comes in whole notifications:
where each carries a dozen samples, less than that is a slow link and no loss.

Sample times never run backwards; the map is slewed, and steps only at a restart.
"""

import math
from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from monitor.ingest.sample_period import KEPT_WITHIN, STEADY_STEPS, STEPS_KEPT, period_of
from protocols.units import NS_PER_S

# Products send notifications of one size, but for the first after a change of settings.
COUNTS_KEPT = 8
# A step ahead by more than this is a clock that was set; less is a slow link.
CLOCK_SET_S = 1.0
# Fewer notifications than this tell no rate, and two windows agree within this.
RATE_NOTIFICATIONS = 12
RATE_AGREES = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockMapParams:
    """What is known about a device's clock.

    `nominal_rate_hz` is the sample rate it is set to. With `tick_hz` the device stamps its
    notifications with a counter of `tick_bits` bits; without, samples are counted.
    """

    nominal_rate_hz: float
    # Crystals keep 20-50 ppm; 200 leaves room for temperature. Parts without one have been seen 0.7 % off:
    # give those 10 000.
    drift_bound_ppm: float = 200.0
    tick_hz: float | None = None
    tick_bits: int = 32
    # Long enough to meet the least latency several times, short enough to follow a warming crystal.
    window_s: float = 60.0
    # One point, the least late, stands for all of a bin: a hull of 120 points instead of 6000.
    bin_s: float = 0.5
    refit_s: float = 1.0
    # Under a second of points a slope is all jitter; until then the nominal rate holds.
    first_fit_s: float = 2.0
    # A joint angle must not jump because a clock estimate did.
    slew_s_per_s: float = 1e-3
    # While the map is young it is wrong by more than it moves anybody: let it settle within seconds.
    settle_s: float = 5.0
    settle_slew_s_per_s: float = 0.1
    # How much later than the line the least late of a window has to be before it means lost samples. Four
    # periods show within a few connection intervals (7.5-50 ms each); one and a half take longer, or the
    # jitter of the link (exponential, mean 10-20 ms) would pass for loss.
    lost_fast_periods: float = 4.0
    lost_fast_window_s: float = 0.15
    lost_slow_periods: float = 1.5
    lost_slow_window_s: float = 0.4
    # Where notifications are few and large: less than this share of one is latency, not loss.
    lost_share: float = 0.7
    # A window has to hold this many notifications, or its least late one says little.
    lost_notifications: int = 4
    # A stream without a counter that is this far off its set rate in two windows has another rate.
    rate_window_s: float = 4.0
    rate_off: float = 0.1
    # After this long a silence nothing can be said about what was lost: the count is set anew.
    restart_s: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what could not be a clock."""
        if not self.nominal_rate_hz > 0:
            raise ValueError(f"nominal_rate_hz {self.nominal_rate_hz!r}: expected a positive number")
        if self.tick_hz is not None and not self.tick_hz > 0:
            raise ValueError(f"tick_hz {self.tick_hz!r}: expected a positive number or None")
        if not 0 <= self.drift_bound_ppm < 100_000:
            raise ValueError(f"drift_bound_ppm {self.drift_bound_ppm!r}: expected 0 to 100000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """Sample times of one notification: `t_ns` int64 (n,), strictly increasing also across notifications.

    `gap_before` says that samples are missing in front of the first one, `lost` how many were
    recognised as lost with this notification (they may lie a few notifications back).
    """

    t_ns: NDArray[np.int64]
    gap_before: bool
    lost: int


@dataclass(slots=True, kw_only=True)
class ClockMapState:
    """Everything that changes. Seconds count from `origin_ns`, the receive time of the first notification."""

    origin_ns: int | None = None
    device_s: float = 0.0  # device time of the newest sample
    ticks: int | None = None
    rate: float = 1.0  # a: station seconds per device second
    offset_s: float = 0.0  # b
    error_s: float = 0.0  # what is still being slewed away: output = a s + b + error
    fitted: bool = False
    line_since_s: float = 0.0  # when the line was set without knowing the drift
    next_fit_s: float = 0.0
    points: deque[tuple[float, float]] = field(default_factory=deque)  # (s, r), the least late of each bin
    bin_end_s: float = 0.0
    recent: deque[tuple[float, float]] = field(default_factory=deque)  # (receive time, latency)
    received_s: float = 0.0
    last_t_ns: int | None = None
    counted_on_s: float = -math.inf  # when samples were last judged lost
    counts: deque[int] = field(default_factory=lambda: deque(maxlen=COUNTS_KEPT))
    # What the samples themselves say of their period; None while nothing contradicts the nominal one.
    period_s: float | None = None
    steps_s: deque[float] = field(default_factory=lambda: deque(maxlen=STEPS_KEPT))
    watched_since_s: float | None = None  # a stream without a counter: when counting began
    watched: int = 0
    watched_notifications: int = 0
    watched_period_s: float | None = None  # what the window before found


class ClockMap:
    """Maps one device's notifications to sample times. Pure; feed it in order of receipt."""

    def __init__(self, params: ClockMapParams) -> None:
        self.params = params
        self._nominal_s = 1.0 / params.nominal_rate_hz
        self._grain_s = 0.0 if params.tick_hz is None else 1.0 / params.tick_hz
        self._bound = params.drift_bound_ppm * 1e-6
        self._state = ClockMapState()

    @property
    def state(self) -> ClockMapState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: ClockMapState) -> None:
        self._state = deepcopy(value)

    @property
    def _period_s(self) -> float:
        return self._state.period_s or self._nominal_s

    @property
    def rate_hz(self) -> float:
        """Samples a second, as set or as the samples themselves have shown."""
        return 1.0 / self._period_s

    @property
    def drift_ppm(self) -> float:
        """How much slower than nominal the device's clock runs, as far as is known."""
        return (self._state.rate - 1.0) * 1e6

    def stamp(self, *, received_ns: int, count: int, ticks: int | None = None) -> Stamps:
        """Sample times of the `count` samples of one notification.

        Args:
            received_ns: when it arrived, host monotonic; an earlier value than before counts as equal.
            count: how many samples it carries, the newest last; 0 gives no stamps.
            ticks: the device's counter at the newest sample, where it has one.
        """
        if count <= 0:
            return Stamps(t_ns=np.empty(0, dtype=np.int64), gap_before=False, lost=0)
        state = self._state
        if state.origin_ns is None:
            state.origin_ns = received_ns
        now_s = max((received_ns - state.origin_ns) / NS_PER_S, state.received_s)
        first = state.last_t_ns is None
        silence_s = now_s - state.received_s
        step_s = self._advance(count, ticks)
        span_s = count * self._period_s
        restart = not first and (
            silence_s > self.params.restart_s + span_s
            # The device's clock was set, or begins anew: back, ahead, or back by less than a notification.
            or step_s < (0.5 * span_s - self._grain_s if len(state.steps_s) >= STEADY_STEPS else 0.0)
            or step_s > silence_s + 2.0 * span_s + CLOCK_SET_S
        )
        if not first and ticks is not None:
            self._learn_period(step_s, count)
        elif ticks is None:
            restart = self._watch_rate(now_s, count, anew=first or restart) or restart
        lost = 0
        state.counts.append(count)
        if first or restart:
            self._restart(now_s)
        elif ticks is None:
            lost = self._count_lost(now_s)
        self._remember(now_s)
        self._refit(now_s)
        self._slew(now_s - state.received_s, now_s)
        state.received_s = now_s
        missing = ticks is not None and step_s > (count + 0.5) * self._period_s + self._grain_s
        return Stamps(t_ns=self._times(count), gap_before=restart or lost > 0 or missing, lost=lost)

    def _advance(self, count: int, ticks: int | None) -> float:
        """Move device time on; returns by how much."""
        state, params = self._state, self.params
        if ticks is None or params.tick_hz is None:
            step_s = count * self._period_s
        elif state.ticks is None:
            step_s = count * self._period_s
            state.ticks = ticks
        else:
            span = 1 << params.tick_bits
            step = (ticks - state.ticks) % span
            # Counters go forward; a step of more than half the span is a device that was reset.
            step_s = (step if step < span // 2 else step - span) / params.tick_hz
            state.ticks = ticks
        state.device_s += step_s
        return step_s

    def _learn_period(self, step_s: float, count: int) -> None:
        """What the device's counter says of the period, also where another one was set."""
        state = self._state
        if step_s <= 0:
            return
        step_s /= count
        state.steps_s.append(step_s)
        if abs(step_s - self._period_s) > KEPT_WITHIN * self._period_s:
            found_s = period_of(state.steps_s, nominal_s=self._nominal_s, grain_s=self._grain_s / count)
            state.period_s = None if found_s == self._nominal_s else found_s

    def _watch_rate(self, now_s: float, count: int, *, anew: bool) -> bool:
        """A stream without a counter at another rate than it was set to: True when that is found.

        Loss makes a stream slow for a while; two windows that agree are a rate.
        """
        state, params = self._state, self.params
        if anew or state.watched_since_s is None:
            state.watched_since_s, state.watched, state.watched_notifications = now_s, 0, 0
            return False
        state.watched += count
        state.watched_notifications += 1
        elapsed_s = now_s - state.watched_since_s
        if elapsed_s < params.rate_window_s or state.watched_notifications < RATE_NOTIFICATIONS:
            return False
        found_s, before_s = elapsed_s / state.watched, state.watched_period_s
        state.watched_since_s, state.watched, state.watched_notifications = now_s, 0, 0
        state.watched_period_s = found_s
        off = abs(found_s / self._period_s - 1.0)
        if before_s is None or off < params.rate_off or abs(found_s / before_s - 1.0) > RATE_AGREES:
            return False
        mean_s = (found_s + before_s) / 2.0
        back = abs(mean_s / self._nominal_s - 1.0) < params.rate_off
        state.period_s = None if back else mean_s
        # The latencies and the drift were measured with another period.
        state.recent.clear()
        state.rate = 1.0
        return True

    def _restart(self, now_s: float) -> None:
        """Set the line through this notification, keeping the drift that is known."""
        state = self._state
        usual_s = min((latency for _, latency in state.recent), default=0.0)
        state.offset_s = now_s - usual_s - state.rate * state.device_s
        state.error_s = 0.0
        state.points.clear()
        state.recent.clear()
        state.line_since_s = now_s
        state.next_fit_s = now_s + self.params.first_fit_s

    def _latency_s(self, now_s: float) -> float:
        state = self._state
        return now_s - (state.rate * state.device_s + state.offset_s)

    def _count_lost(self, now_s: float) -> int:
        """Advance the count by what was lost; take back what was counted lost and came after all.

        Returns the samples now judged lost. A late link catches up within the window, so its least latency
        comes down again; after a loss it stays up.
        """
        state, params = self._state, self.params
        latency_s = self._latency_s(now_s)
        if -0.75 * self._period_s <= latency_s <= params.lost_slow_periods * self._period_s:
            return 0  # as nearly always, whatever a notification carries
        least, unit = min(state.counts), math.gcd(*state.counts)
        unit_s = unit * self._period_s
        if latency_s < -0.75 * unit_s and now_s - state.counted_on_s < params.window_s:
            self._shift_count(unit * round(latency_s / unit_s), since_s=state.counted_on_s)
            return 0
        fewest = params.lost_share * least if least > 1 else 0.0
        if latency_s <= max(params.lost_slow_periods, fewest) * self._period_s:
            return 0  # the least of the window is no later than this one
        shortest_s = params.lost_notifications * least * self._period_s if least > 1 else 0.0
        for least_periods, least_window_s in (
            (params.lost_fast_periods, params.lost_fast_window_s),
            (params.lost_slow_periods, params.lost_slow_window_s),
        ):
            periods, window_s = max(least_periods, fewest), max(least_window_s, shortest_s)
            # Drift that is not known yet looks like loss.
            unknown_s = 0.0 if state.fitted else self._bound * (now_s - state.line_since_s)
            limit_s = periods * self._period_s + unknown_s
            excess_s = self._least_above(limit_s, now_s=now_s, window_s=window_s)
            if excess_s is not None and latency_s > limit_s:
                # The least of a short window is still a little above the least there is: round down.
                lost = unit * int(min(latency_s, excess_s) / unit_s + 0.3)
                self._shift_count(lost, since_s=now_s - window_s)
                state.counted_on_s = now_s
                return lost
        return 0

    def _least_above(self, limit_s: float, *, now_s: float, window_s: float) -> float | None:
        """The least latency of the last `window_s`; None if it is not above `limit_s`, or says too little."""
        least_s, oldest_s, count = math.inf, now_s, 0
        for received_s, latency_s in reversed(self._state.recent):
            if received_s <= now_s - window_s:
                break
            if latency_s <= limit_s:
                return None
            least_s = min(least_s, latency_s)
            oldest_s = received_s
            count += 1
        # One burst at the end of a silence cannot tell late from lost.
        return least_s if count >= 3 and oldest_s <= now_s - 0.7 * window_s else None

    def _shift_count(self, samples: int, *, since_s: float) -> None:
        """Move the count, and forget the points that were measured on the wrong one."""
        state = self._state
        state.device_s += samples * self._period_s
        state.recent.clear()
        while len(state.points) > 1 and state.points[-1][1] >= since_s:
            state.points.pop()

    def _remember(self, now_s: float) -> None:
        state, params = self._state, self.params
        latency_s = self._latency_s(now_s)
        state.recent.append((now_s, latency_s))
        point = (state.device_s, now_s)
        if not state.points or now_s >= state.bin_end_s:
            state.points.append(point)
            state.bin_end_s = now_s + params.bin_s
        else:
            s, r = state.points[-1]
            if latency_s <= r - (state.rate * s + state.offset_s):
                state.points[-1] = point
        while state.points[0][1] < now_s - params.window_s:
            state.points.popleft()
        while state.recent[0][0] < now_s - params.refit_s:
            state.recent.popleft()

    def _refit(self, now_s: float) -> None:
        """Lay the line anew: below every point, the slope within the drift bound."""
        state, params = self._state, self.params
        if not state.fitted and state.points:
            self._move_line(state.rate)
        if now_s < state.next_fit_s or len(state.points) < 3:
            return
        state.next_fit_s = now_s + params.refit_s
        state.fitted = True
        rate = hull_slope(state.points)
        self._move_line(min(max(rate, 1.0 - self._bound), 1.0 + self._bound))

    def _move_line(self, rate: float) -> None:
        """Take `rate` and the highest offset with no latency below zero; the difference is slewed away."""
        state = self._state
        before_s = state.rate * state.device_s + state.offset_s + state.error_s
        state.rate = rate
        state.offset_s = min(r - rate * s for s, r in state.points)
        state.error_s = before_s - (rate * state.device_s + state.offset_s)

    def _slew(self, elapsed_s: float, now_s: float) -> None:
        state, params = self._state, self.params
        speed = params.settle_slew_s_per_s if now_s < params.settle_s else params.slew_s_per_s
        step_s = speed * elapsed_s
        state.error_s -= min(max(state.error_s, -step_s), step_s)
        # No sample was taken after it was received (a queue that drains after a restart would say so).
        state.error_s = min(state.error_s, self._latency_s(now_s))

    def _times(self, count: int) -> NDArray[np.int64]:
        """Back-date the notification's samples by one period each, and keep time going forward."""
        state = self._state
        assert state.origin_ns is not None  # noqa: S101 - set by stamp() before anything else
        newest_s = state.rate * state.device_s + state.offset_s + state.error_s
        newest_ns = state.origin_ns + round(newest_s * NS_PER_S)
        period_ns = round(self._period_s * state.rate * NS_PER_S)
        first_ns = newest_ns - period_ns * (count - 1)
        if state.last_t_ns is not None and first_ns <= state.last_t_ns:
            # Too little room: spread the samples evenly in what there is, at least a microsecond apart.
            room_ns = max(newest_ns - state.last_t_ns, 1000 * count)
            times = state.last_t_ns + (room_ns * np.arange(1, count + 1, dtype=np.int64)) // count
            state.last_t_ns = int(times[-1])
            return times
        state.last_t_ns = newest_ns
        return np.arange(first_ns, newest_ns + 1, period_ns, dtype=np.int64)


def hull_slope(points: deque[tuple[float, float]]) -> float:
    """Slope of the lower convex hull's edge that lies under the mean of the abscissas.

    Points must come in order of their abscissa; one abscissa alone gives 1.0.
    """
    hull: list[tuple[float, float]] = []
    sum_x = 0.0
    for x, y in points:
        sum_x += x
        if hull and x <= hull[-1][0]:
            if y >= hull[-1][1]:
                continue
            hull.pop()
        while len(hull) > 1:
            (x0, y0), (x1, y1) = hull[-2], hull[-1]
            if (y1 - y0) * (x - x1) < (y - y1) * (x1 - x0):
                break
            hull.pop()
        hull.append((x, y))
    if len(hull) < 2:
        return 1.0
    mean_x = sum_x / len(points)
    for (x0, y0), (x1, y1) in pairwise(hull):
        if x1 >= mean_x:
            return (y1 - y0) / (x1 - x0)
    return 1.0
