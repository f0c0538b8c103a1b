"""What observations do to what is known."""

from dataclasses import replace

from monitor.alerts.change_topics import ChangeTopic
from monitor.alerts.observations import Context, SensorSeen
from monitor.exercise.phases import Phase
from monitor.inputs import DeliveryStatus
from monitor.samples import Code
from monitor.sensors import SensorConfig, SensorRole
from tests.support.alert_bench import SENSORS, Bench, pressure, sample, samples

NS_PER_S = 1_000_000_000


def test_a_sample_touches_what_depends_on_it() -> None:
    situation = Bench(only=[]).situation
    assert situation.absorb(sample(Code.SPO2_PERCENT, 97, 1)) == {ChangeTopic.SPO2, ChangeTopic.LIVENESS}
    assert situation.absorb(sample(Code.SPO2_PERCENT, 97, 2)) == {ChangeTopic.SPO2}
    assert situation.absorb(sample(Code.HEART_RATE_PER_MIN, 80, 2)) == {
        ChangeTopic.HEART_RATE,
        ChangeTopic.LIVENESS,
    }
    assert situation.absorb(sample(Code.RR_INTERVAL_S, 0.8, 2, device="strap")) == set()
    systolic, diastolic = pressure(130, 80, 3)
    assert ChangeTopic.BLOOD_PRESSURE not in situation.absorb(systolic)
    assert situation.absorb(diastolic) == {ChangeTopic.BLOOD_PRESSURE}
    assert situation.absorb(sample(Code.JOINT_ANGLE_DEG, 40, 3)) == set()
    situation.limits = replace(situation.limits, flexion_cap_deg=90.0)
    assert situation.absorb(sample(Code.JOINT_ANGLE_DEG, 40, 4)) == {ChangeTopic.JOINT}


def test_the_baseline_is_taken_at_rest_and_fixed_when_exercise_begins() -> None:
    bench = Bench(only=[])
    bench.feed(samples(Code.SPO2_PERCENT, "97x20"))
    bench.feed(samples(Code.HEART_RATE_PER_MIN, "72x20"))
    bench.context(Phase.CALIBRATION, 20)
    bench.feed(samples(Code.SPO2_PERCENT, "97x5", start_s=20))
    assert bench.situation.spo2_baseline.value is None
    bench.context(Phase.EXERCISE, 30)
    assert bench.situation.spo2_baseline.value == 97
    assert bench.situation.heart_rate_baseline.value == 72
    bench.feed(samples(Code.SPO2_PERCENT, "88x20", start_s=31))
    bench.context(Phase.EXERCISE, 60)
    assert bench.situation.spo2_baseline.value == 97


def test_until_the_first_set_a_reading_belongs_to_the_rest_before() -> None:
    bench = Bench(only=[])
    bench.context(Phase.EXERCISE, 10)
    bench.feed(pressure(130, 80, 20))
    bench.context(Phase.EXERCISE, 30, set_active=True)
    bench.feed(pressure(150, 85, 40))
    bench.context(Phase.REST, 50)
    bench.feed(pressure(140, 85, 60))
    assert [one.phase for one in bench.situation.pressures.readings] == [
        Phase.BEFORE,
        Phase.EXERCISE,
        Phase.REST,
    ]


def test_without_motion_sensors_exercise_begins_when_somebody_says_so() -> None:
    bench = Bench(only=[])
    bench.feed(pressure(130, 80, 5))
    bench.feed([Context(received_ns=10 * NS_PER_S, phase=Phase.EXERCISE, sees_sets=False)])
    bench.feed(pressure(150, 85, 20))
    # Nobody knows when a set is over either: nothing counts from the start of one.
    assert bench.situation.set_since_ns is None
    assert [one.phase for one in bench.situation.pressures.readings] == [Phase.BEFORE, Phase.EXERCISE]


def test_motion_sensors_that_are_silent_do_not_say_that_the_patient_rests() -> None:
    imus = (
        SensorConfig(device="thigh", family="witmotion", role=SensorRole.IMU_PROXIMAL),
        SensorConfig(device="shank", family="witmotion", role=SensorRole.IMU_DISTAL),
    )
    bench = Bench(only=[], sensors=(*SENSORS, *imus))
    bench.context(Phase.EXERCISE, 30)
    for t_s, device in ((40.0, "thigh"), (40.0, "shank"), (59.5, "thigh")):
        bench.feed([SensorSeen(device=device, received_ns=round(t_s * NS_PER_S))])
    bench.feed(pressure(150, 85, 40.5))
    bench.feed(pressure(150, 85, 60))
    assert [one.phase for one in bench.situation.pressures.readings] == [Phase.BEFORE, Phase.EXERCISE]


def test_a_set_is_remembered_by_its_start() -> None:
    situation = Bench(only=[]).situation
    for t_s, active in ((10, True), (20, True), (30, False)):
        situation.absorb(Context(received_ns=t_s * NS_PER_S, phase=Phase.EXERCISE, set_active=active))
        assert situation.set_since_ns == (10 * NS_PER_S if active else None)


def test_movement_is_remembered() -> None:
    situation = Bench(only=[]).situation
    situation.absorb(SensorSeen(device="thigh", received_ns=5, moving=True))
    situation.absorb(SensorSeen(device="thigh", received_ns=9))
    assert situation.moving_ns == 5


def test_since_when_the_broker_is_gone() -> None:
    situation = Bench(only=[]).situation
    for t_s, connected in ((1, False), (2, False), (3, True)):
        situation.absorb(DeliveryStatus(received_ns=t_s * NS_PER_S, connected=connected))
        assert situation.disconnected_since_ns == (None if connected else NS_PER_S)


def test_samples_of_strangers_are_judged_but_have_no_sensor() -> None:
    situation = Bench(only=[]).situation
    assert situation.absorb(sample(Code.SPO2_PERCENT, 97, 1, device="stranger")) == {ChangeTopic.SPO2}
