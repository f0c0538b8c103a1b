"""Readings of now, out of memory, repeated, and of unknown age."""

from datetime import timedelta

import pytest

from monitor.ingest.device_clock import AGE_UNKNOWN, EPOCH, DeviceClock, StationClock
from monitor.samples import STORED, ClockAnchor

NS_PER_S = 1_000_000_000
NOW = EPOCH + timedelta(days=20_779, hours=10)
AT_NS = 500 * NS_PER_S


def station(offset_s: int = 0) -> StationClock:
    clock = StationClock()
    utc_s = (NOW - timedelta(seconds=offset_s) - EPOCH).total_seconds()
    clock.anchor(ClockAnchor(received_ns=AT_NS, utc_ns=round(utc_s * NS_PER_S), utc_offset_s=offset_s))
    return clock


@pytest.mark.parametrize("offset_s", [0, 3600, -18_000])
def test_local_time_is_what_devices_know(offset_s: int) -> None:
    assert station(offset_s).local(AT_NS + 30 * NS_PER_S) == NOW + timedelta(seconds=30)
    assert StationClock().local(AT_NS) is None


@pytest.mark.parametrize("age_s", [-120, 0, 45, 180])
def test_a_reading_of_now(age_s: float) -> None:
    found = DeviceClock(station()).judge(NOW - timedelta(seconds=age_s), AT_NS, key=1)
    assert found.flags == frozenset()
    assert found.t_ns == AT_NS - max(age_s, 0) * NS_PER_S


def test_a_reading_without_time_is_taken_as_it_comes() -> None:
    assert DeviceClock(station()).judge(None, AT_NS, key=1).flags == frozenset()


def test_before_the_station_knows_the_time_nothing_is_old() -> None:
    clock = DeviceClock(StationClock())
    assert clock.judge(EPOCH, AT_NS, key=1).flags == frozenset()
    assert clock.judge(EPOCH, AT_NS, key=1).flags == {STORED}


def test_an_old_time_from_a_clock_that_was_never_right_says_nothing() -> None:
    found = DeviceClock(station()).judge(NOW - timedelta(hours=2), AT_NS, key=1)
    assert found.flags == {AGE_UNKNOWN}
    assert found.t_ns == AT_NS


def test_a_clock_that_was_right_is_believed() -> None:
    clock = DeviceClock(station())
    clock.judge(NOW, AT_NS, key=1)
    old = clock.judge(NOW - timedelta(hours=2), AT_NS + NS_PER_S, key=2)
    assert old.flags == {STORED}
    assert old.t_ns == AT_NS - 7200 * NS_PER_S
    assert clock.judge(NOW + timedelta(hours=2), AT_NS, key=3).flags == {AGE_UNKNOWN}


def test_what_comes_again_is_a_repetition() -> None:
    clock = DeviceClock(station())
    assert clock.judge(NOW, AT_NS, key=(128, 78)).flags == frozenset()
    assert clock.judge(NOW, AT_NS + 60 * NS_PER_S, key=(128, 78)).flags == {STORED}
    assert clock.judge(NOW, AT_NS + 60 * NS_PER_S, key=(150, 90)).flags == frozenset()
