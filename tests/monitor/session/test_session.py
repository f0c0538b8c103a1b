"""The session as a whole: time, determinism, staleness, alerts from frames."""

import pytest
from hypothesis import Phase as HypothesisPhase
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.frames import Frame, LinkEvent, LinkState
from monitor.alerts.transition import Transition
from monitor.exercise.phases import Phase
from monitor.inputs import ClockAnchor, DeliveryStatus, StationStatus, Tick
from monitor.outputs import DeviceStatus, PhaseChanged, VitalUpdate, to_json
from monitor.samples import Code, Quality
from monitor.session import Input
from protocols.ble import pulse_oximeter
from tests.support.session_bench import (
    CUFF,
    NS_PER_S,
    OXIMETER,
    START_NS,
    STRAP,
    SessionBench,
    at,
    clock,
    command,
    in_order,
    level,
    pressure,
    rate,
    spo2,
    ticks,
    vitals,
)


def day(end_s: float = 130) -> list[Input]:
    """A desaturation, a high reading, a low battery, a broker that goes away."""
    return in_order(
        vitals(0, 40),
        vitals(40, 90, percent=86),
        vitals(90, end_s),
        [
            level(12, "strap", 19),
            command(30, "begin"),
            pressure(50, 228, 108),
            DeliveryStatus(received_ns=at(60), connected=False),
            DeliveryStatus(received_ns=at(75), connected=True),
            command(100, "rating", scale="rpe", value=18),
            command(end_s - 1, "end"),
        ],
    )


def test_the_planted_events_are_answered_and_nothing_else() -> None:
    bench = SessionBench()
    bench.feed(*in_order(day(), ticks(129)))
    fired = [one.rule_id for one in bench.of(Transition) if one.from_state == "pending"]
    assert fired == ["T4", "G9", "G1", "G13"]
    assert bench.session.phase is Phase.ENDED


def test_the_same_inputs_give_the_same_outputs_to_the_bit() -> None:
    first, second = SessionBench(), SessionBench()
    items = in_order(day(), ticks(129))
    first.feed(*items)
    second.feed(*items)
    assert [to_json(one) for one in first.outputs] == [to_json(one) for one in second.outputs]
    assert first.session.summary() == second.session.summary()
    assert first.session.snapshot() == second.session.snapshot()


@settings(max_examples=6, deadline=None, phases=[HypothesisPhase.explicit, HypothesisPhase.generate])
@given(st.lists(st.floats(0, 129), max_size=80))
def test_ticks_decide_only_how_early_the_world_hears(looks_s: list[float]) -> None:
    quiet, busy = SessionBench(), SessionBench()
    last = Tick(received_ns=at(129))
    quiet.feed(*day(), last)
    busy.feed(*in_order(day(), (Tick(received_ns=at(t)) for t in looks_s)), last)
    assert [to_json(one) for one in quiet.outputs] == [to_json(one) for one in busy.outputs]


def test_a_tick_at_the_announced_instant_brings_what_was_due() -> None:
    bench = SessionBench([OXIMETER])
    for second in range(30):
        bench.feed(spo2(second, 86 if second >= 5 else 97))
    before = len(bench.of(Transition))
    assert before == 1  # G1 by area
    due = bench.session.next_due_ns
    assert due is not None
    assert due > bench.session.now_ns
    bench.feed(Tick(received_ns=due))
    assert bench.session.now_ns == due


def test_a_session_begins_with_its_first_input() -> None:
    bench = SessionBench([STRAP])
    assert bench.session.snapshot().at_ns == 0
    bench.feed(Tick(received_ns=START_NS))
    assert bench.session.now_ns == START_NS
    bench.feed(Tick(received_ns=at(29.9)))
    assert bench.alerts == []
    bench.feed(Tick(received_ns=at(30.1)))
    assert bench.alerts == ["30.0 T1-1 firing low"]


def test_time_does_not_go_back() -> None:
    bench = SessionBench([OXIMETER])
    bench.feed(spo2(10, 97), Tick(received_ns=at(20)), spo2(15, 97))
    assert bench.session.now_ns == at(20)


def test_a_restart_continues_where_the_recording_ends() -> None:
    """A crash in the middle of G1's delay: the recorded inputs again, then live ones."""
    items = day()
    whole, again = SessionBench(), SessionBench()
    whole.feed(*items)
    crash = next(i for i, item in enumerate(items) if item.received_ns > at(52))
    again.feed(*items[:crash])
    again.feed(*items[crash:])
    assert again.outputs == whole.outputs


# -- vitals -------------------------------------------------------------------------------------------------


def test_a_vital_is_shown_with_quality_and_age() -> None:
    bench = SessionBench([OXIMETER])
    bench.feed(spo2(1, 97, 70))
    spo2_update, pulse_update = bench.of(VitalUpdate)
    assert (spo2_update.code, spo2_update.value, spo2_update.unit) == (Code.SPO2_PERCENT, 97, "%")
    assert (spo2_update.quality, spo2_update.age_s, spo2_update.source) == (Quality.GOOD, 0, "oximeter")
    assert pulse_update.value == 70


def test_a_vital_that_grows_old_is_taken_back_once() -> None:
    bench = SessionBench([OXIMETER])
    bench.feed(spo2(1, 97), *(tick for tick in ticks(20) if tick.received_ns > at(1)))
    gone = [one for one in bench.of(VitalUpdate) if one.value is None]
    assert [(one.code, one.at_ns, one.age_s, one.flags) for one in gone] == [
        (Code.PULSE_RATE_PER_MIN, at(6), 5.0, ("stale",)),
        (Code.SPO2_PERCENT, at(6), 5.0, ("stale",)),
    ]
    view = {one.code: one for one in bench.session.snapshot().vitals}
    assert view[Code.SPO2_PERCENT].value is None
    assert view[Code.SPO2_PERCENT].age_s == pytest.approx(19, abs=0.01)


def test_a_pressure_stays_and_shows_its_age() -> None:
    bench = SessionBench([CUFF])
    bench.feed(pressure(1, 130, 80), Tick(received_ns=at(200)))
    view = {one.code: one for one in bench.session.snapshot().vitals}
    assert (view[Code.SYSTOLIC_MMHG].value, view[Code.SYSTOLIC_MMHG].age_s) == (130, 199)


def test_a_refused_reading_is_never_the_one_before() -> None:
    bench = SessionBench([OXIMETER])
    bench.feed(spo2(1, 97), spo2(2, 60, sensor_status=pulse_oximeter.DeviceAndSensorStatus.POOR_SIGNAL))
    poor = bench.of(VitalUpdate)[2]
    assert (poor.value, poor.quality, poor.flags) == (60, Quality.POOR, ("poor_signal",))


def test_artefacts_are_filtered_before_they_are_judged() -> None:
    bench = SessionBench([OXIMETER])
    for second in range(60):
        bench.feed(spo2(second, 70 if 30 <= second < 33 else 97))
    assert bench.alerts == []
    assert min(one.value or 0 for one in bench.of(VitalUpdate) if one.code is Code.SPO2_PERCENT) > 90


def test_an_oximeter_that_contradicts_the_strap_is_doubtful() -> None:
    bench = SessionBench([OXIMETER, STRAP])
    for second in range(60):
        bench.feed(spo2(second, 97, 120 if 20 <= second < 40 else 72), rate(second + 0.1, 72))
    doubted = [one for one in bench.of(VitalUpdate) if "rates_disagree" in one.flags]
    assert {one.code for one in doubted} == {Code.SPO2_PERCENT, Code.PULSE_RATE_PER_MIN}
    assert all(one.quality is Quality.QUESTIONABLE and one.value is not None for one in doubted)
    assert 28 <= (doubted[0].t_ns - START_NS) / NS_PER_S <= 34
    assert (doubted[-1].t_ns - START_NS) / NS_PER_S <= 45


# -- devices and the station --------------------------------------------------------------------------------


def test_a_sensors_health_is_told_when_it_changes() -> None:
    bench = SessionBench([STRAP])
    bench.feed(
        LinkEvent(device="strap", state=LinkState.LIVE, received_ns=at(1), rssi_dbm=-60),
        level(2, "strap", 50),
        level(3, "strap", 50),
        LinkEvent(
            device="strap", state=LinkState.LOST, received_ns=at(4), reason="out of range", reconnects=1
        ),
        LinkEvent(device="stranger", state=LinkState.LIVE, received_ns=at(5)),
    )
    told = bench.of(DeviceStatus)
    assert [(one.link, one.battery_percent, one.rssi_dbm, one.reason) for one in told] == [
        (LinkState.LIVE, None, -60, ""),
        (LinkState.LIVE, 50, -60, ""),
        (LinkState.LOST, 50, -60, "out of range"),
    ]
    assert bench.session.snapshot().devices[0].reconnects == 1


def test_damage_is_counted_told_rarely_and_becomes_an_alert() -> None:
    bench = SessionBench([STRAP])
    for tenths in range(60):
        bench.feed(
            Frame(
                device="strap",
                characteristic=rate(0, 70).characteristic,
                received_ns=at(tenths / 10),
                payload=b"",
            )
        )
    assert len(bench.of(DeviceStatus)) == 1
    assert bench.session.snapshot().devices[0].decode_failures == 60
    assert bench.alerts == ["0.4 T8-1 firing low"]


def test_a_clock_that_is_set_is_noticed() -> None:
    bench = SessionBench([])
    bench.feed(
        ClockAnchor(received_ns=at(0), utc_ns=1_000 * NS_PER_S),
        ClockAnchor(received_ns=at(10), utc_ns=1_011 * NS_PER_S),
    )
    assert bench.alerts == []
    bench.feed(ClockAnchor(received_ns=at(20), utc_ns=1_024 * NS_PER_S))
    assert bench.alerts == ["20.0 T6-1 firing medium"]


def test_the_station_and_its_delivery_are_watched() -> None:
    bench = SessionBench([])
    bench.feed(
        StationStatus(received_ns=at(1), disk_full=True),
        DeliveryStatus(received_ns=at(2), connected=True, oldest_unconfirmed_high_s=11),
    )
    assert bench.alerts == ["1.0 T6-1 firing medium", "2.0 T5-1 firing high"]


def test_frames_of_strangers_say_nothing() -> None:
    bench = SessionBench([STRAP])
    assert bench.feed(spo2(1, 50)) == []


# -- views --------------------------------------------------------------------------------------------------


def test_snapshot() -> None:
    bench = SessionBench()
    bench.feed(clock(), *vitals(0, 30), command(30, "begin"), pressure(31, 228, 108))
    shown = bench.session.snapshot()
    assert (shown.session_id, shown.phase, shown.phase_since_ns) == ("s-1", Phase.EXERCISE, at(30))
    assert (shown.exercise, shown.set_number, shown.set_target, shown.repetition_target) == (
        "knee extension",
        0,
        3,
        10,
    )
    assert shown.calibration == "no motion sensors"
    assert [one.rule_id for one in shown.alerts] == ["G9"]
    assert shown.angle is None


def test_summary() -> None:
    bench = SessionBench()
    bench.feed(*in_order(day(), ticks(129)))
    found = bench.session.summary()
    assert found.phase is Phase.ENDED
    before, during = found.vitals["before"], found.vitals["during"]
    assert before[Code.SPO2_PERCENT].minimum == 97
    assert before[Code.SPO2_PERCENT].samples == 30
    assert during[Code.SPO2_PERCENT].minimum == 86
    assert during[Code.SYSTOLIC_MMHG].maximum == 228
    low = next(one for one in found.alerts if one.rule_id == "G1")
    assert low.fired_after_s == pytest.approx((low.fired_ns - low.first_offending_ns) / 1e9)
    assert low.resolved_ns is not None
    assert low.acknowledged_ns is None
    assert found.open_alerts == 0
    assert found.sets == ()


def test_phases_are_told() -> None:
    bench = SessionBench([])
    bench.feed(command(1, "begin"), command(2, "end"))
    assert [(one.from_phase, one.to_phase, one.reason) for one in bench.of(PhaseChanged)] == [
        (Phase.BEFORE, Phase.EXERCISE, "begin"),
        (Phase.EXERCISE, Phase.ENDED, "end"),
    ]
