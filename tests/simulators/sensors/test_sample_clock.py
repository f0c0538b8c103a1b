import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.sensors.sample_clock import DriftChange, SampleClock


def clock(*changes: DriftChange, start_s: float = 0.0, drift_ppm: float = 0.0) -> SampleClock:
    return SampleClock(rate_hz=100.0, start_s=start_s, drift_ppm=drift_ppm, changes=changes)


def test_a_fast_clock_samples_more_often_than_it_says() -> None:
    instants = clock(start_s=2.0, drift_ppm=1000.0).time_of(np.array([0.0, 1000.0]))
    assert instants[0] == 2.0
    assert instants[1] == pytest.approx(2.0 + 10.0 / 1.001)


def test_it_drifts_otherwise_from_a_change_on() -> None:
    one = clock(DriftChange(at_s=10.0, drift_ppm=10_000.0), DriftChange(at_s=20.0, drift_ppm=0.0))
    steps = np.diff(one.time_of(np.arange(3000.0)))
    assert steps[:999] == pytest.approx(np.full(999, 0.01))
    assert steps[1001:2009] == pytest.approx(np.full(1008, 0.01 / 1.01))
    assert steps[2011:] == pytest.approx(np.full(988, 0.01))


def test_a_change_before_the_run_holds_from_its_start() -> None:
    late = clock(DriftChange(at_s=10.0, drift_ppm=10_000.0), start_s=50.0)
    assert np.diff(late.time_of(np.arange(10.0))) == pytest.approx(np.full(9, 0.01 / 1.01))


@given(
    st.floats(0.0, 100.0),
    st.lists(st.tuples(st.floats(0.1, 50.0), st.floats(-9000.0, 9000.0)), max_size=4),
    st.floats(-10.0, 300.0),
)
def test_the_first_sample_after_an_instant_is_the_first(
    start_s: float, gaps: list[tuple[float, float]], t_s: float
) -> None:
    at_s, changes = 0.0, []
    for gap_s, drift_ppm in gaps:
        at_s += gap_s
        changes.append(DriftChange(at_s=at_s, drift_ppm=drift_ppm))
    one = clock(*changes, start_s=start_s)
    first = one.first_after(t_s)
    assert one.time_of(np.array([float(first)]))[0] >= t_s - 1e-9
    if first > 0:
        assert one.time_of(np.array([first - 1.0]))[0] < t_s


def test_time_goes_forward_whatever_the_clock_does() -> None:
    one = clock(DriftChange(at_s=1.0, drift_ppm=-9000.0), DriftChange(at_s=1.5, drift_ppm=9000.0))
    assert np.all(np.diff(one.time_of(np.arange(1000.0))) > 0)
