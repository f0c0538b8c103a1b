import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.motion.alignment import (
    RATE_SAMPLES,
    GridResampler,
    GridRow,
    ImuGridParams,
    PairAligner,
    RowState,
    SegmentRow,
)
from monitor.motion.quaternion import IDENTITY
from monitor.samples import ImuBlock

MS = 1_000_000


def block(t_ms: list[float], value: float | list[float] | None = None) -> ImuBlock:
    t_ns = np.array([round(t * MS) for t in t_ms], dtype=np.int64)
    values = np.array(t_ms if value is None else np.broadcast_to(value, len(t_ms)), dtype=np.float64)
    return ImuBlock(
        device="imu",
        t_ns=t_ns,
        acc_m_s2=np.column_stack([values, values + 1.0, values + 2.0]),
        gyr_rad_s=np.column_stack([-values, values * 2.0, values * 3.0]),
        received_ns=int(t_ns[-1]) if t_ns.size else 0,
    )


def resample(*blocks: ImuBlock, **params: float) -> list[GridRow]:
    resampler = GridResampler(ImuGridParams(**params))
    return [row for one in blocks for row in resampler.update(one)]


def test_rows_lie_on_the_grid_and_between_their_samples() -> None:
    rows = resample(block([1003.0, 1013.0, 1023.0, 1033.0]))
    assert [r.k for r in rows] == [101, 102, 103]
    assert [r.acc_m_s2[0] for r in rows] == pytest.approx([1010.0, 1020.0, 1030.0])
    assert [r.gyr_rad_s[2] for r in rows] == pytest.approx([3030.0, 3060.0, 3090.0])
    assert [r.state for r in rows] == [RowState.RESTART, RowState.VALID, RowState.VALID]


def test_a_sample_on_the_grid_is_taken_as_it_is() -> None:
    rows = resample(block([1000.0, 1010.0]))
    assert [(r.k, r.acc_m_s2[0]) for r in rows] == [(100, 1000.0), (101, 1010.0)]


def test_slower_sensors_are_interpolated() -> None:
    rows = resample(block([1000.0, 1020.0, 1040.0]))
    assert [r.k for r in rows] == [100, 101, 102, 103, 104]
    assert all(r.state is RowState.VALID for r in rows[1:])


@pytest.mark.parametrize("between_ms", [50.0, 100.0])
def test_a_sensor_that_is_slow_is_no_row_of_gaps(between_ms: float) -> None:
    """A SensorTag sends 10 samples a second, ST's boards 20: their joint had no angle, and nobody said so."""
    times = [1000.0 + number * between_ms for number in range(40)]
    rows = resample(block(times))
    after_ms = times[RATE_SAMPLES + 1]
    assert {row.state for row in rows if 10.0 * row.k > after_ms} == {RowState.VALID}
    # A sample that is lost is a gap as before.
    lost = resample(block([*times[:20], *times[21:]]))
    assert {row.state for row in lost if times[19] < 10.0 * row.k < times[21]} == {RowState.BRIDGED}


def test_losses_do_not_make_a_fast_sensor_slow() -> None:
    times = [1000.0 + 10.0 * number for number in range(400) if number % 8 in (0, 1)]
    rows = resample(block(times))
    assert {row.state for row in rows if row.k % 8 == 6} == {RowState.BRIDGED}


def test_gaps() -> None:
    short = resample(block([1000.0, 1040.0]))
    assert [r.state for r in short[1:]] == [RowState.VALID] * 4
    bridged = resample(block([1000.0, 1200.0, 1210.0]))
    assert [r.state for r in bridged[1:20]] == [RowState.BRIDGED] * 19
    assert [r.state for r in bridged[20:]] == [RowState.VALID] * 2
    assert bridged[10].acc_m_s2[0] == pytest.approx(1100.0)
    broken = resample(block([1000.0, 1010.0, 2003.0, 2013.0]))
    assert [r.k for r in broken] == [100, 101, 201]
    assert broken[-1].state is RowState.RESTART


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_a_gap(bad: float) -> None:
    spoilt = block([1000.0, 1010.0, 1020.0, 1030.0])
    spoilt.gyr_rad_s[1, 2] = bad
    spoilt.acc_m_s2[2, 0] = bad
    resampler = GridResampler(ImuGridParams())
    rows = resampler.update(spoilt)
    assert resampler.refused == 2
    assert all(math.isfinite(x) for r in rows for x in (*r.gyr_rad_s, *r.acc_m_s2))
    assert [r.acc_m_s2[0] for r in rows] == pytest.approx([1000.0, 1010.0, 1020.0, 1030.0])


def test_a_frozen_sensor_is_a_gap_after_a_second() -> None:
    times = [1000.0 + 10.0 * i for i in range(300)]
    resampler = GridResampler(ImuGridParams())
    rows = resampler.update(block(times, 5.0))
    assert rows[-1].k == 200
    assert resampler.refused == 199
    again = resampler.update(block([4010.0, 4020.0], [6.0, 7.0]))
    assert again[0].state is RowState.RESTART


def test_clipped_samples_are_left_out() -> None:
    limits = {"gyr_range_rad_s": 34.9, "acc_range_m_s2": 156.9}
    resampler = GridResampler(ImuGridParams(**limits))
    one = block([1000.0, 1010.0, 1020.0, 1030.0, 1040.0], 1.0)
    one.gyr_rad_s[1, 0] = -34.9
    one.gyr_rad_s[2, 1] = 40.0
    one.acc_m_s2[3, 2] = 156.9
    one.acc_m_s2[4, 2] = -200.0
    assert len(resampler.update(one)) == 1
    assert (resampler.clipped, resampler.refused) == (4, 4)


def test_samples_out_of_order_are_left_out() -> None:
    rows = resample(block([1000.0, 1010.0]), block([1005.0, 1010.0]), block([1020.0]))
    assert [r.k for r in rows] == [100, 101, 102]


jumps = st.lists(st.integers(1, 900), min_size=2, max_size=60)


@given(jumps, st.lists(st.integers(1, 59), max_size=8))
def test_any_chunking_gives_the_identical_rows(steps: list[int], cuts: list[int]) -> None:
    times = np.cumsum(steps).astype(float) + 1000.0
    whole = resample(block(times.tolist()))
    parts = [p for p in np.split(times, sorted({c for c in cuts if c < times.size})) if p.size]
    resampler = GridResampler(ImuGridParams())
    rows: list[GridRow] = []
    for part in parts:
        rows += resampler.update(block(part.tolist()))
        other = GridResampler(ImuGridParams())
        other.state = resampler.state
        resampler = other
    assert rows == whole


@given(jumps)
def test_rows_never_repeat_and_never_run_back(steps: list[int]) -> None:
    rows = resample(block((np.cumsum(steps) + 1000.0).tolist()))
    assert all(a.k < b.k for a, b in pairwise(rows))


def row(k: int) -> SegmentRow:
    return SegmentRow(k, IDENTITY, (0.0, 0.0, 0.0), (0.0, 0.0, 9.81), RowState.VALID, at_rest=False)


def aligned(*pushes: tuple[int, range]) -> list[tuple[int, bool, bool]]:
    aligner = PairAligner(rate_hz=100.0, playout_s=0.1)
    return [
        (pair.k, pair.proximal is not None, pair.distal is not None)
        for side, ks in pushes
        for pair in aligner.update(side, [row(k) for k in ks])
    ]


def test_pairs_wait_for_both_sides() -> None:
    assert aligned((0, range(5))) == []
    assert aligned((0, range(5)), (1, range(3))) == [(0, True, True), (1, True, True), (2, True, True)]


def test_after_the_playout_time_one_side_goes_out_alone() -> None:
    out = aligned((0, range(5)), (1, range(5)), (0, range(5, 30)))
    assert out[:5] == [(k, True, True) for k in range(5)]
    assert out[5:] == [(k, True, False) for k in range(5, 19)]


def test_a_side_that_has_come_past_is_not_waited_for() -> None:
    assert aligned((0, range(3)), (1, range(1, 3))) == [(0, True, False), (1, True, True), (2, True, True)]


def test_rows_that_come_after_their_time_are_dropped() -> None:
    out = aligned((0, range(30)), (1, range(30)))
    assert out[:19] == [(k, True, False) for k in range(19)]
    assert out[19:] == [(k, True, True) for k in range(19, 30)]


def test_aligner_state_restores() -> None:
    one, other = (PairAligner(rate_hz=100.0, playout_s=0.1) for _ in range(2))
    one.update(0, [row(k) for k in range(5)])
    other.state = one.state
    assert other.update(1, [row(k) for k in range(5)]) == one.update(1, [row(k) for k in range(5)])
