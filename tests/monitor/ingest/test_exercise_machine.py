"""Machines: turns to rates, values no machine has, machines that stand still."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.frames import Frame
from monitor.ingest.exercise_machine import TurnCounter
from monitor.ingest.ingest import Ingest
from monitor.samples import Code, DecodeFailure, Quality, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import (
    concept2_pm5,
    cycling_power,
    cycling_speed_cadence,
    fitness_machine,
    fitshow,
    walkingpad,
)
from protocols.units import NS_PER_S

FTMS, PM5, CSC = "fitness_machine", "concept2_pm5", "cycling_speed_cadence"


class Bench:
    """One machine, fed frame by frame."""

    def __init__(self, family: str, **options: float) -> None:
        config = SensorConfig(device="it", family=family, role=SensorRole.EXERCISE_MACHINE, options=options)
        self._ingest = Ingest([config])

    def feed(self, uuid: str, text: str, at_s: float = 0.0) -> dict[Code, float | None]:
        payload = bytes.fromhex(text)
        frame = Frame(device="it", characteristic=uuid, received_ns=round(at_s * NS_PER_S), payload=payload)
        found = self._ingest.feed(frame)
        assert not any(isinstance(one, DecodeFailure) for one in found)
        return {one.code: one.value for one in found if isinstance(one, Sample)}


@pytest.mark.parametrize(
    ("uuid", "text", "expected"),
    [
        # Published frames: tests/vectors/fitness_machine.json says of which machine each is.
        (
            fitness_machine.TREADMILL,
            "9e1fc60394023e0100 5a00ff7f3200ffff2500f4",
            {Code.SPEED_KM_H: 9.66, Code.DISTANCE_M: 318, Code.INCLINE_PERCENT: 9.0},
        ),
        (
            fitness_machine.INDOOR_BIKE,
            "4402da020201220100",
            {Code.SPEED_KM_H: 7.3, Code.CADENCE_PER_MIN: 129.0, Code.POWER_W: 290},
        ),
        (
            fitness_machine.CROSS_TRAINER,
            "de2f00a6041a00130200 80008000ac0600000000 0a00160000000c00ffffff59ac00",
            {
                Code.SPEED_KM_H: 11.9,
                Code.DISTANCE_M: 531,
                Code.INCLINE_PERCENT: 0.0,
                Code.CADENCE_PER_MIN: 128,
                Code.POWER_W: 22,
                Code.RESISTANCE_LEVEL: 1.0,
            },
        ),
        (
            fitness_machine.STAIR_CLIMBER,
            "3e0101003c00230004001600" + "0500ffffff2900",
            {Code.CADENCE_PER_MIN: 60},
        ),
        (fitness_machine.STEP_CLIMBER, "0200010028003c00", {Code.CADENCE_PER_MIN: 60}),
        (
            fitness_machine.ROWER,
            "2c094f2100320000 56010c00ffff5901ff3e00",
            {
                Code.SPEED_KM_H: pytest.approx(5.263, abs=0.001),
                Code.DISTANCE_M: 50,
                Code.CADENCE_PER_MIN: 39.5,
                Code.POWER_W: 12,
            },
        ),
    ],
)
def test_each_kind_of_machine_tells_what_it_counts(uuid: str, text: str, expected: dict[Code, float]) -> None:
    """And never a heart rate: two of these frames have one."""
    assert Bench(FTMS).feed(uuid, text) == expected


def test_a_rower_that_nobody_pulls_has_a_speed_of_0() -> None:
    text = "2c0900000000000000000000ffff0000ff0000"
    assert Bench(FTMS).feed(fitness_machine.ROWER, text)[Code.SPEED_KM_H] == 0.0


def test_what_no_machine_can_do_is_no_value() -> None:
    found = Bench(FTMS).feed(fitness_machine.TREADMILL, "0000ffff")
    assert found == {Code.SPEED_KM_H: None}


def test_a_treadmills_status_is_no_value_and_an_unknown_one_is_told() -> None:
    assert Bench(FTMS).feed(fitness_machine.STATUS, "03") == {}
    frame = Frame(device="it", characteristic=fitness_machine.STATUS, received_ns=0, payload=b"\x77")
    config = SensorConfig(device="it", family=FTMS, role=SensorRole.EXERCISE_MACHINE)
    (failure,) = Ingest([config]).feed(frame)
    assert isinstance(failure, DecodeFailure)


def test_a_pm5_goes_on_telling_the_last_speed_and_nobody_rows() -> None:
    """Frames of the recording: rowing, then the workout is over and 4.085 m/s stay on the air."""
    bench = Bench(PM5)
    rowing, over = "1b030031010003010101040000006400008062", "c40900e8030003010c00010000006400008060"
    speed = "c40900f50f17ff0130da300000000000"
    assert bench.feed(concept2_pm5.ADDITIONAL_STATUS, speed)[Code.SPEED_KM_H] == 0.0
    bench.feed(concept2_pm5.GENERAL_STATUS, rowing)
    found = bench.feed(concept2_pm5.ADDITIONAL_STATUS, speed)
    assert found == {Code.SPEED_KM_H: pytest.approx(14.706), Code.CADENCE_PER_MIN: 23}
    assert bench.feed(concept2_pm5.GENERAL_STATUS, over) == {Code.DISTANCE_M: 100.0}
    assert bench.feed(concept2_pm5.ADDITIONAL_STATUS, speed) == {
        Code.SPEED_KM_H: 0.0,
        Code.CADENCE_PER_MIN: 0,
    }
    stroke = bench.feed(concept2_pm5.ADDITIONAL_STROKE, "8f0500c500d1030600180000000000")
    assert stroke == {Code.POWER_W: 197}


@pytest.mark.parametrize(
    ("text", "speed_km_h", "distance_m", "incline_percent"),
    [
        ("0251033200070004000200030000006203", 5.0, 4, 0.0),
        ("0251031e0547005e0042000400000016" + "03", 3.0, 94, 5.0),
        ("0251041500650077005400040000000203", 2.1, 119, 0.0),
    ],
)
def test_a_belt_says_in_its_own_words_what_its_ftms_records_say(
    text: str, speed_km_h: float, distance_m: int, incline_percent: float
) -> None:
    """The values are those of the same belt's FTMS records of the same second, in the vectors' source."""
    assert Bench("fitshow").feed(fitshow.NOTIFY, text) == {
        Code.SPEED_KM_H: speed_km_h,
        Code.DISTANCE_M: distance_m,
        Code.INCLINE_PERCENT: incline_percent,
    }


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("0251005103", 0.0),
        ("025102035003", 0.0),
        ("025106025503", 0.0),
        # Failed, learning, ended: nobody says how fast it is.
        ("025105005403", None),
        ("0251075603", None),
        ("0251015003", None),
    ],
)
def test_a_fitshow_belt_stands_only_when_it_says_so(text: str, speed: float | None) -> None:
    assert Bench("fitshow").feed(fitshow.NOTIFY, text).get(Code.SPEED_KM_H) == speed


def test_a_belt_that_counts_in_miles_is_converted_and_its_distance_left_out() -> None:
    found = Bench("fitshow", miles=True).feed(fitshow.NOTIFY, "0251033200070004000200030000006203")
    assert found == {Code.SPEED_KM_H: 8.0, Code.INCLINE_PERCENT: 0.0}


def test_the_second_record_of_a_fitshow_module_says_no_speed() -> None:
    assert Bench(FTMS).feed(fitness_machine.TREADMILL, "0120020000") == {}


def test_a_walkingpad_in_standby_stands() -> None:
    text = "f8a20500020000000000000000" + "0000000000a9fd"
    assert Bench("walkingpad").feed(walkingpad.NOTIFY, text)[Code.SPEED_KM_H] == 0.0


def test_a_cadence_sensors_published_frames_give_the_published_rates() -> None:
    """incyclist's tests ask for 114 and 66 per minute, and for 3.0 m/s with a wheel of 2.1 m."""
    bench = Bench(CSC)
    assert bench.feed(cycling_speed_cadence.MEASUREMENT, "02f70050c1", 0.0) == {}
    found = bench.feed(cycling_speed_cadence.MEASUREMENT, "02f8006bc3", 1.0)
    assert found == {Code.CADENCE_PER_MIN: pytest.approx(114, abs=0.5)}
    bench = Bench(CSC, wheel_circumference_m=2.1)
    bench.feed(cycling_speed_cadence.MEASUREMENT, "03d9000000770c01000098", 0.0)
    assert bench.feed(cycling_speed_cadence.MEASUREMENT, "01db0000001812", 1.4) == {
        Code.SPEED_KM_H: pytest.approx(3.0 * 3.6, abs=0.1)
    }
    found = bench.feed(cycling_speed_cadence.MEASUREMENT, "03dc000000911403004e9f", 2.0)
    assert found[Code.CADENCE_PER_MIN] == pytest.approx(66, abs=0.5)


def test_without_the_wheel_there_is_no_speed() -> None:
    bench = Bench(CSC)
    bench.feed(cycling_speed_cadence.MEASUREMENT, "01d9000000770c", 0.0)
    assert bench.feed(cycling_speed_cadence.MEASUREMENT, "01db0000001812", 1.4) == {}


def test_between_two_turns_there_is_no_new_rate_and_after_three_seconds_it_stands() -> None:
    bench = Bench("cycling_power")
    bench.feed(cycling_power.MEASUREMENT, "2c0000009f000c00e542", 0.0)
    for at_s in (1.0, 2.0, 2.9):
        assert bench.feed(cycling_power.MEASUREMENT, "2c0000009f000c00e542", at_s) == {Code.POWER_W: 0}
    found = bench.feed(cycling_power.MEASUREMENT, "2c0000009f000c00e542", 3.0)
    assert found == {Code.POWER_W: 0, Code.CADENCE_PER_MIN: 0.0}


def test_a_new_link_and_a_long_silence_begin_anew() -> None:
    counter = TurnCounter(ticks_per_s=1024, count_bits=16)
    assert counter.per_min(10, 0, 0) is None
    counter.reset()
    assert counter.per_min(11, 1024, NS_PER_S) is None
    assert counter.per_min(12, 2048, 2 * NS_PER_S) == 60.0
    assert counter.per_min(13, 3072, 70 * NS_PER_S) is None, "the time went over its end, who knows how often"


def test_a_counter_that_restarts_is_no_rate() -> None:
    counter = TurnCounter(ticks_per_s=1024, count_bits=32)
    counter.per_min(10_000, 0, 0)
    assert counter.per_min(0, 1024, NS_PER_S) is None
    assert counter.per_min(1, 2048, 2 * NS_PER_S) == 60.0
    assert counter.per_min(2, 2048, 3 * NS_PER_S) is None, "two turns at one instant"


@given(
    start=st.integers(0, 65_535),
    ticks=st.integers(0, 65_535),
    steps=st.lists(st.tuples(st.integers(1, 4), st.integers(300, 4000)), min_size=1, max_size=30),
)
def test_the_rate_is_that_of_the_turns_wherever_the_counters_go_over_their_ends(
    start: int, ticks: int, steps: list[tuple[int, int]]
) -> None:
    counter = TurnCounter(ticks_per_s=1024, count_bits=16)
    count, time, at_ns = start, ticks, 0
    counter.per_min(count, time, at_ns)
    for turns, elapsed in steps:
        count, time = (count + turns) % 65_536, (time + elapsed) % 65_536
        at_ns += elapsed * NS_PER_S // 1024
        assert counter.per_min(count, time, at_ns) == pytest.approx(60.0 * turns * 1024 / elapsed)


def test_a_sample_of_a_machine_is_good() -> None:
    config = SensorConfig(device="it", family=FTMS, role=SensorRole.EXERCISE_MACHINE)
    payload = bytes.fromhex("0000c201")
    frame = Frame(device="it", characteristic=fitness_machine.TREADMILL, received_ns=5, payload=payload)
    (sample,) = Ingest([config]).feed(frame)
    assert isinstance(sample, Sample)
    assert (sample.quality, sample.t_ns) == (Quality.GOOD, 5)
