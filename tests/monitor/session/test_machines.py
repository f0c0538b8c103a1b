"""A machine beside the patient: shown while it is fresh, summed up, and never a reason for alarm."""

from collections.abc import Iterator

from devices.frames import Frame
from monitor.alerts.transition import Priority, Transition
from monitor.outputs import VitalUpdate
from monitor.samples import Code, Quality
from monitor.sensors import SensorConfig, SensorRole
from monitor.session import Input
from protocols.ble import fitness_machine
from tests.support.session_bench import OXIMETER, STRAP, SessionBench, at, command, in_order, ticks, vitals

TREADMILL = SensorConfig(device="belt", family="fitness_machine", role=SensorRole.EXERCISE_MACHINE)


def belt(begin_s: float, end_s: float, speed_km_h: float = 4.5) -> Iterator[Input]:
    """A record a second; the distance is what the belt has run."""
    for second in range(int(begin_s), int(end_s)):
        record = fitness_machine.TreadmillData(
            speed_km_h=speed_km_h, distance_m=int(speed_km_h / 3.6 * second), heart_rate_per_min=171
        )
        yield Frame(
            device="belt",
            characteristic=fitness_machine.TREADMILL,
            received_ns=at(second),
            payload=fitness_machine.encode_treadmill(record),
        )


def bench() -> SessionBench:
    return SessionBench(devices=(OXIMETER, STRAP, TREADMILL))


def test_its_speed_is_shown_with_its_unit_and_taken_back_when_it_is_old() -> None:
    session = bench()
    session.feed(*in_order(vitals(0, 20), list(belt(0, 8)), ticks(20)))
    speeds = [one for one in session.of(VitalUpdate) if one.code is Code.SPEED_KM_H]
    assert {(one.value, one.unit, one.source) for one in speeds[:-1]} == {(4.5, "km/h", "belt")}
    gone = speeds[-1]
    assert (gone.value, gone.quality, gone.flags) == (None, Quality.MISSING, ("stale",))
    assert gone.at_ns == at(7 + 5)


def test_the_summary_has_what_was_walked_during_exercise() -> None:
    session = bench()
    session.feed(
        *in_order(vitals(0, 100), [command(20, "begin"), command(95, "end")], list(belt(0, 100)), ticks(99))
    )
    during = session.session.summary().vitals["during"]
    assert during[Code.SPEED_KM_H].mean == 4.5
    assert during[Code.DISTANCE_M].maximum == int(4.5 / 3.6 * 94)


def test_what_it_relays_as_heart_rate_reaches_nobody() -> None:
    """171 would be beyond every limit."""
    session = bench()
    session.feed(*in_order(vitals(0, 60), [command(5, "begin")], list(belt(0, 60)), ticks(59)))
    assert 171 not in {one.value for one in session.of(VitalUpdate)}
    assert [one for one in session.of(Transition) if one.priority is Priority.HIGH] == []


def test_a_machine_that_falls_silent_during_exercise_is_told_at_low_priority() -> None:
    session = bench()
    session.feed(*in_order(vitals(0, 90), [command(25, "begin")], list(belt(0, 40)), ticks(89)))
    silent = [one for one in session.of(Transition) if one.rule_id == "T1" and one.from_state == "pending"]
    assert [(one.priority, one.sources) for one in silent] == [(Priority.LOW, ("belt",))]
    assert at(39 + 10) <= silent[0].at_ns <= at(39 + 11)


def test_a_belt_that_stands_is_not_frozen() -> None:
    session = bench()
    session.feed(*in_order(vitals(0, 150), list(belt(0, 150, speed_km_h=0.0)), ticks(149)))
    assert "T3" not in {one.rule_id for one in session.of(Transition)}
