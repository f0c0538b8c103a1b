"""Cuff readings are taken whole or not at all."""

from monitor.alerts.context.blood_pressure import PressureReading, Pressures
from monitor.exercise.phases import Phase
from monitor.samples import STORED, Code, Quality, Sample
from tests.support.alert_bench import pressure, sample


def feed(pressures: Pressures, samples: list[Sample], phase: Phase = Phase.BEFORE) -> list[bool]:
    return [pressures.absorb(one, phase=phase, workload=None) for one in samples]


def test_two_samples_of_one_frame_make_a_reading() -> None:
    pressures = Pressures(start_ns=0)
    assert pressures.latest is None
    assert feed(pressures, pressure(128, 78, 10)) == [False, True]
    reading = pressures.latest
    assert isinstance(reading, PressureReading)
    assert reading.text == "128/78"
    assert reading.good


def test_halves_of_different_readings_do_not_make_one() -> None:
    pressures = Pressures(start_ns=0)
    assert feed(pressures, [pressure(128, 78, 10)[0], pressure(130, 80, 20)[1]]) == [False, False]
    assert feed(pressures, [pressure(130, 80, 20)[1]]) == [False]


def test_a_failed_reading_is_none() -> None:
    pressures = Pressures(start_ns=0)
    systolic, diastolic = pressure(128, 78, 10)
    assert feed(pressures, [systolic, sample(Code.DIASTOLIC_MMHG, None, 10), diastolic]) == [False] * 3


def test_a_stored_reading_is_a_record_and_no_observation() -> None:
    pressures = Pressures(start_ns=0)
    stored = [
        sample(Code.SYSTOLIC_MMHG, 228, 10, flags=[STORED]),
        sample(Code.DIASTOLIC_MMHG, 108, 10, flags=[STORED]),
    ]
    assert feed(pressures, stored) == [False, False]
    assert pressures.latest is None


def test_the_reading_before_exercise_is_the_last_good_one() -> None:
    pressures = Pressures(start_ns=0)
    assert pressures.before_exercise() is None
    feed(pressures, pressure(150, 90, 10, good=False))
    doubtful = pressures.before_exercise()
    assert doubtful is not None
    assert doubtful.systolic_mmhg == 150
    feed(pressures, pressure(128, 78, 20))
    feed(pressures, pressure(160, 90, 30, good=False), Phase.CALIBRATION)
    feed(pressures, pressure(170, 90, 40), Phase.EXERCISE)
    before = pressures.before_exercise()
    assert before is not None
    assert before.systolic_mmhg == 128


def test_one_doubtful_half_makes_the_whole_doubtful() -> None:
    pressures = Pressures(start_ns=0)
    diastolic = sample(Code.DIASTOLIC_MMHG, 78, 10, quality=Quality.QUESTIONABLE)
    feed(pressures, [pressure(128, 78, 10)[0], diastolic])
    assert pressures.latest is not None
    assert not pressures.latest.good
