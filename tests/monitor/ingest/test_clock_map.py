from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ingest.clock_map import ClockMap, ClockMapParams, hull_slope

RATE_HZ = 100.0


def receive_times(
    sampled_s: np.ndarray, *, interval_s: float = 0.0301, failing: float = 0.1, seed: int = 0
) -> np.ndarray:
    """When connection events deliver samples: every event fails now and then."""
    rng = np.random.default_rng(seed)
    events = np.arange(0.0, sampled_s[-1] + 5.0, interval_s)
    events = events[rng.random(events.size) >= failing]
    return events[np.searchsorted(events, sampled_s + 0.002)] + rng.exponential(0.0005, sampled_s.size)


def counted(
    *,
    drift: float,
    bound_ppm: float = 10_000.0,
    seconds: float = 60.0,
    lost: frozenset[int] = frozenset(),
    failing: float = 0.1,
) -> tuple[np.ndarray, np.ndarray, ClockMap, dict[int, int]]:
    """A sensor without counter: true times, errors of the stamps, the map, samples lost by notification."""
    n = round(seconds * RATE_HZ)
    true_s = 3.0 + np.arange(n) / RATE_HZ * (1.0 + drift)
    received = np.maximum.accumulate(receive_times(true_s, failing=failing))
    clock = ClockMap(ClockMapParams(nominal_rate_hz=RATE_HZ, drift_bound_ppm=bound_ppm))
    errors: list[float] = []
    kept: list[float] = []
    gaps: dict[int, int] = {}
    for i in range(n):
        if i in lost:
            continue
        stamps = clock.stamp(received_ns=round(received[i] * 1e9), count=1)
        errors.append(stamps.t_ns[0] / 1e9 - true_s[i])
        kept.append(true_s[i])
        if stamps.gap_before:
            gaps[i] = stamps.lost
    return np.array(kept), np.array(errors), clock, gaps


@pytest.mark.parametrize("drift", [0.0, 0.007, -0.007, 0.003])
def test_follows_a_clock_that_is_far_off_within_milliseconds(drift: float) -> None:
    _, errors, clock, gaps = counted(drift=drift)
    settled = errors[2000:]
    assert np.ptp(settled) < 0.012
    assert gaps == {}
    assert clock.drift_ppm == pytest.approx(drift * 1e6, abs=400.0)


def test_a_bounded_clock_is_not_bent_by_jitter() -> None:
    _, errors, clock, _ = counted(drift=0.0, bound_ppm=200.0, seconds=30.0)
    assert abs(clock.drift_ppm) <= 200.0
    assert np.ptp(errors[1000:]) < 0.012


def test_lost_notifications_advance_the_count() -> None:
    lost = frozenset(range(2000, 2020))
    true_s, errors, _, gaps = counted(drift=0.0, lost=lost, seconds=40.0, failing=0.0)
    # The first judgement may be one off; what is left shows when the link is at its quickest.
    assert 2020 <= min(gaps) <= 2080
    assert gaps[min(gaps)] in (19, 20)
    assert sum(gaps.values()) in (19, 20)
    before = np.median(errors[1000:1900])
    after = np.median(errors[true_s > true_s[0] + 22.0])
    assert after == pytest.approx(before, abs=0.011)


def batched(
    sizes: tuple[int, ...], *, lost: frozenset[int] = frozenset(), seconds: float = 60.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, dict[int, int]]:
    """Notifications of these sizes in turn: instants and errors of their newest samples, what was lost."""
    rng = np.random.default_rng(seed)
    clock = ClockMap(ClockMapParams(nominal_rate_hz=RATE_HZ, drift_bound_ppm=10_000.0))
    newest, number = 0, 0
    instants: list[float] = []
    errors: list[float] = []
    gaps: dict[int, int] = {}
    while newest < seconds * RATE_HZ:
        size = sizes[number % len(sizes)]
        newest += size
        sampled_s = newest / RATE_HZ
        received_s = sampled_s + rng.uniform(0.0, 0.030) + rng.exponential(0.002)
        if number not in lost:
            stamps = clock.stamp(received_ns=round(received_s * 1e9), count=size)
            instants.append(sampled_s)
            errors.append(stamps.t_ns[-1] / 1e9 - sampled_s)
            if stamps.lost:
                gaps[number] = stamps.lost
        number += 1
    return np.array(instants), np.array(errors), gaps


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sizes", [(5,), (12,), (3, 4, 5)])
def test_a_connection_interval_is_no_loss_where_notifications_are_few(
    sizes: tuple[int, ...], seed: int
) -> None:
    instants, errors, gaps = batched(sizes, seed=seed)
    assert gaps == {}
    # The two sensors of a joint have to agree within 5 ms.
    assert np.ptp(errors[instants > 15.0]) < 0.005


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("size", "missing"), [(5, 1), (5, 3), (12, 1), (12, 4)])
def test_lost_notifications_are_counted_as_whole_ones(size: int, missing: int, seed: int) -> None:
    first = round(20.0 * RATE_HZ / size)
    lost = frozenset(range(first, first + missing))
    instants, errors, gaps = batched((size,), lost=lost, seed=seed)
    assert sum(gaps.values()) == size * missing
    assert min(gaps) - first - missing <= 5
    assert np.ptp(errors[(instants > 15.0) & ((instants < 19.9) | (instants > 25.0))]) < 0.005


def test_a_late_link_is_no_loss() -> None:
    clock = ClockMap(ClockMapParams(nominal_rate_hz=RATE_HZ))
    errors = []
    for i in range(3000):
        sampled = i / RATE_HZ
        received = 15.3 if 15.0 <= sampled < 15.3 else sampled + 0.01
        stamps = clock.stamp(received_ns=round(received * 1e9), count=1)
        assert not stamps.gap_before
        errors.append(stamps.t_ns[0] / 1e9 - sampled)
    assert max(errors[1000:]) - min(errors[1000:]) < 0.002


def test_what_was_counted_lost_and_came_after_all_is_taken_back() -> None:
    """Seven samples late by more than the window, in small bursts that look like loss at first."""
    clock = ClockMap(ClockMapParams(nominal_rate_hz=RATE_HZ))
    for i in range(1000):
        clock.stamp(received_ns=round((i / RATE_HZ + 0.005) * 1e9), count=1)
    lost = 0
    for i in range(1000, 1040):
        lost += clock.stamp(received_ns=round((i / RATE_HZ + 0.085) * 1e9), count=1).lost
    assert lost == 8
    for i in range(1040, 1200):
        stamps = clock.stamp(received_ns=round((i / RATE_HZ + 0.005) * 1e9), count=1)
    assert stamps.t_ns[0] / 1e9 == pytest.approx(11.99, abs=0.012)


def test_a_long_silence_sets_the_count_anew() -> None:
    clock = ClockMap(ClockMapParams(nominal_rate_hz=RATE_HZ))
    for i in range(1000):
        clock.stamp(received_ns=round((i / RATE_HZ + 0.01) * 1e9), count=1)
    stamps = clock.stamp(received_ns=round(25.01e9), count=1)
    assert stamps.gap_before
    assert stamps.t_ns[0] / 1e9 == pytest.approx(25.0, abs=0.011)


def test_a_queue_that_drains_after_a_silence_is_never_stamped_ahead_of_its_receipt() -> None:
    clock = ClockMap(ClockMapParams(nominal_rate_hz=RATE_HZ))
    last_error = 0.0
    for i in range(4000):
        sampled = i / RATE_HZ
        received = 11.51 if 10.0 < sampled < 11.5 else sampled + 0.01
        stamps = clock.stamp(received_ns=round(received * 1e9), count=1)
        assert stamps.t_ns[0] <= received * 1e9 + 2000.0 * 150
        last_error = stamps.t_ns[0] / 1e9 - sampled
    assert last_error == pytest.approx(0.01, abs=0.002)


def test_a_counter_makes_loss_visible_at_once_and_wraps() -> None:
    clock = ClockMap(ClockMapParams(nominal_rate_hz=60.0, tick_hz=1e6))
    start = 2**32 - 10_000_000
    errors, gaps = [], []
    for i in range(1800):
        if 600 <= i < 630:
            continue
        sampled = i / 60.0
        stamps = clock.stamp(
            received_ns=round((sampled + 0.02) * 1e9),
            count=1,
            ticks=(start + round(sampled * 1e6)) % 2**32,
        )
        errors.append(stamps.t_ns[0] / 1e9 - sampled)
        if stamps.gap_before:
            gaps.append(i)
    assert gaps == [630]
    assert np.ptp(errors[100:]) < 0.001


def test_a_counter_that_starts_anew_restarts_the_map() -> None:
    clock = ClockMap(ClockMapParams(nominal_rate_hz=60.0, tick_hz=1e6))
    clock.stamp(received_ns=10**9, count=1, ticks=5_000_000)
    stamps = clock.stamp(received_ns=2 * 10**9, count=1, ticks=10_000)
    assert stamps.gap_before
    assert stamps.t_ns[0] == pytest.approx(2 * 10**9, abs=2e7)


def test_samples_of_one_notification_are_a_period_apart() -> None:
    clock = ClockMap(ClockMapParams(nominal_rate_hz=50.0))
    stamps = clock.stamp(received_ns=10**10, count=4)
    assert np.diff(stamps.t_ns).tolist() == [20_000_000] * 3
    assert stamps.t_ns[-1] == 10**10
    assert clock.stamp(received_ns=10**10, count=0).t_ns.size == 0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("nominal_rate_hz", 0.0),
        ("nominal_rate_hz", float("nan")),
        ("tick_hz", -1.0),
        ("drift_bound_ppm", 2e5),
    ],
)
def test_refuses_what_is_no_clock(key: str, value: float) -> None:
    with pytest.raises(ValueError, match=key):
        ClockMapParams(**{"nominal_rate_hz": 100.0, key: value})


deliveries = st.lists(
    st.tuples(st.integers(-50_000_000, 3_000_000_000), st.integers(1, 6)), min_size=1, max_size=60
)


@given(deliveries)
def test_time_never_runs_backwards(steps: list[tuple[int, int]]) -> None:
    clock = ClockMap(ClockMapParams(nominal_rate_hz=RATE_HZ))
    now, last = 10**12, 0
    for step, count in steps:
        now += step
        times = clock.stamp(received_ns=now, count=count).t_ns
        assert times[0] > last
        assert (np.diff(times) > 0).all()
        last = int(times[-1])


@given(deliveries, st.integers(0, 59))
def test_state_restores(steps: list[tuple[int, int]], cut: int) -> None:
    one = ClockMap(ClockMapParams(nominal_rate_hz=RATE_HZ))
    other = ClockMap(ClockMapParams(nominal_rate_hz=RATE_HZ))
    now = 10**12
    for i, (step, count) in enumerate(steps):
        if i == cut:
            other.state = one.state
        now += step
        expected = one.stamp(received_ns=now, count=count)
        if i >= cut:
            found = other.stamp(received_ns=now, count=count)
            assert found.t_ns.tolist() == expected.t_ns.tolist()
            assert (found.gap_before, found.lost) == (expected.gap_before, expected.lost)


@given(
    st.floats(-0.01, 0.01),
    st.lists(st.floats(0.0, 0.05), min_size=20, max_size=60),
)
def test_the_hull_lies_below_every_point(drift: float, latency: list[float]) -> None:
    points = deque((float(i), i * (1.0 + drift) + d) for i, d in enumerate(latency))
    slope = hull_slope(points)
    offset = min(r - slope * s for s, r in points)
    assert all(r - (slope * s + offset) >= -1e-9 for s, r in points)
    assert abs(slope - 1.0 - drift) < 0.06


def test_one_instant_gives_no_slope() -> None:
    assert hull_slope(deque([(1.0, 2.0), (1.0, 1.5), (1.0, 1.7)])) == 1.0
