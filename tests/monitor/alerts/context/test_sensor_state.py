"""One sensor's memory: continuity, poor stretches, frozen bytes, damage."""

import pytest

from monitor.alerts.change_topics import ChangeTopic
from monitor.alerts.context.sensor_state import STARTUP_GRACE_NS, SensorState
from monitor.alerts.gates import CUFF_INFLATING
from monitor.samples import Code, Quality
from tests.support.alert_bench import CUFF, OXIMETER, STRAP, THIGH, sample

NS_PER_S = 1_000_000_000


def test_before_the_first_sample_it_is_not_missing_for_a_while() -> None:
    state = SensorState(OXIMETER, start_ns=100)
    assert (state.seen, state.valid_ns) == (False, 100 + STARTUP_GRACE_NS)
    assert state.absorb(sample(Code.SPO2_PERCENT, 97, 3)) == {ChangeTopic.LIVENESS}
    assert (state.seen, state.valid_ns) == (True, 3 * NS_PER_S)


def test_only_a_gap_is_news() -> None:
    state = SensorState(THIGH, start_ns=0)
    assert state.mark_valid(NS_PER_S) == {ChangeTopic.LIVENESS}
    assert state.mark_valid(2 * NS_PER_S) == set()
    assert state.mark_valid(3 * NS_PER_S + 1) == {ChangeTopic.LIVENESS}


@pytest.mark.parametrize(
    ("quality", "counts"),
    [(Quality.GOOD, True), (Quality.QUESTIONABLE, True), (Quality.POOR, False), (Quality.MISSING, False)],
)
def test_what_counts_as_valid(quality: Quality, *, counts: bool) -> None:
    state = SensorState(OXIMETER, start_ns=0)
    value = None if quality is Quality.MISSING else 97.0
    state.absorb(sample(Code.SPO2_PERCENT, value, 3, quality=quality))
    assert state.seen is counts


def test_a_cuff_on_the_same_arm_excuses_a_sensor_that_had_been_there() -> None:
    state = SensorState(OXIMETER, start_ns=0)
    hidden = sample(Code.SPO2_PERCENT, 97, 30, quality=Quality.POOR, flags=[CUFF_INFLATING])
    state.absorb(hidden)
    assert not state.seen
    state.absorb(sample(Code.SPO2_PERCENT, 97, 25))
    state.absorb(hidden)
    assert state.valid_ns == 30 * NS_PER_S
    assert not state.poor_now


def test_other_codes_do_not_make_it_live() -> None:
    state = SensorState(OXIMETER, start_ns=0)
    assert state.absorb(sample(Code.PULSE_RATE_PER_MIN, 70, 3)) == set()
    assert not state.seen


def test_poor_seconds_of_the_last_thirty() -> None:
    state = SensorState(OXIMETER, start_ns=0)
    for t_s in range(40):
        quality = Quality.POOR if t_s >= 25 else Quality.GOOD
        state.absorb(
            sample(Code.SPO2_PERCENT, 97, t_s, quality=quality, flags=["motion"] if t_s >= 25 else [])
        )
    assert state.poor_for_ns() == 14 * NS_PER_S
    assert state.poor_since_ns() == 25 * NS_PER_S
    assert state.poor_flags == ("motion",)
    for t_s in range(40, 75):
        state.absorb(sample(Code.SPO2_PERCENT, 97, t_s))
    assert state.poor_for_ns() == 0
    assert state.poor_since_ns() == 74 * NS_PER_S


def test_a_poor_sample_does_not_stand_for_a_gap() -> None:
    state = SensorState(OXIMETER, start_ns=0)
    state.absorb(sample(Code.SPO2_PERCENT, 97, 10, quality=Quality.POOR))
    state.absorb(sample(Code.SPO2_PERCENT, 97, 30, quality=Quality.POOR))
    assert state.poor_for_ns() == 5 * NS_PER_S


def test_a_sample_twice_at_one_instant_adds_nothing() -> None:
    state = SensorState(OXIMETER, start_ns=0)
    for _ in range(2):
        state.absorb(sample(Code.SPO2_PERCENT, 97, 10, quality=Quality.POOR))
    assert state.poor_for_ns() == 0


def test_frozen_bytes_are_news_when_they_thaw() -> None:
    state = SensorState(STRAP, start_ns=0)
    assert not state.streams
    assert state.absorb_payload(b"a", 0) == {ChangeTopic.SIGNAL}
    assert state.streams
    assert state.absorb_payload(b"b", NS_PER_S) == set()
    assert state.absorb_payload(b"b", 70 * NS_PER_S) == set()
    assert state.payload_since_ns == NS_PER_S
    assert state.absorb_payload(b"c", 71 * NS_PER_S) == {ChangeTopic.SIGNAL}


def test_damage_is_counted_over_ten_seconds() -> None:
    state = SensorState(CUFF, start_ns=0)
    assert state.failures_within(0) == (0, 0)
    for t_s in (1, 2, 9):
        assert state.absorb_failure(t_s * NS_PER_S, "too short") == {ChangeTopic.SIGNAL}
    assert state.failures_within(9 * NS_PER_S) == (3, 9 * NS_PER_S)
    state.absorb_failure(15 * NS_PER_S, "too long")
    assert state.failures_within(15 * NS_PER_S) == (2, 15 * NS_PER_S)
    assert state.failure_reason == "too long"


def test_battery() -> None:
    state = SensorState(STRAP, start_ns=0)
    assert state.absorb(sample(Code.BATTERY_PERCENT, None, 1, device="strap")) == {ChangeTopic.BATTERY}
    assert state.battery_percent is None
    state.absorb(sample(Code.BATTERY_PERCENT, 18, 2, device="strap"))
    assert (state.battery_percent, state.battery_ns) == (18, 2 * NS_PER_S)
