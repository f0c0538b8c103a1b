from dataclasses import replace

import numpy as np
import pytest

from simulators.movement.activities import ExerciseSet
from simulators.movement.exercises import find_exercise
from simulators.movement.motion import MotionPath
from simulators.patient.beats import Beats
from simulators.patient.profiles import Profile
from simulators.patient.vitals import Patient, Vital, VitalExcursion
from simulators.peripherals.signal_source import FaultPlan, FaultWindow
from simulators.sensors.cuff import CuffReading, CuffSensor


def cuff(
    systolic: float = 130.0,
    diastolic: float = 80.0,
    *,
    path: MotionPath | None = None,
    faults: FaultPlan | None = None,
    name: str = "cuff",
    ectopic_share: float = 0.0,
) -> CuffSensor:
    profile = Profile(
        name="still",
        resting_systolic_mmhg=systolic,
        resting_diastolic_mmhg=diastolic,
        ectopic_share=ectopic_share,
    )
    body = Patient(profile=profile, workload=np.zeros_like, duration_s=4000.0, seed=5)
    return CuffSensor(body, Beats(body), path, name=name, faults=faults)


@pytest.mark.parametrize(("systolic", "diastolic"), [(95, 55), (130, 80), (180, 100), (240, 120)])
def test_a_cycle_takes_as_long_as_a_product_does(systolic: float, diastolic: float) -> None:
    reading = cuff(systolic, diastolic).measure(10.0)
    assert 22.0 <= reading.end_s - reading.start_s <= 48.0
    inflation = reading.top_mmhg / (reading.inflated_s - reading.start_s)
    assert 8.0 <= inflation <= 15.0
    assert 30.0 <= reading.top_mmhg - systolic <= 40.0
    deflation = (reading.top_mmhg - reading.bottom_mmhg) / (reading.end_s - reading.inflated_s)
    assert 3.0 <= deflation <= 8.0
    assert 6.0 <= reading.inflated_s - reading.start_s <= 20.0


def test_the_readings_error_is_that_of_a_good_cuff() -> None:
    one = cuff()
    found = [one.measure(float(t)) for t in range(10, 3900, 13)]
    for values, true in (
        ([r.systolic_mmhg for r in found], 130.0),
        ([r.diastolic_mmhg for r in found], 80.0),
    ):
        assert np.mean(values) == pytest.approx(true, abs=0.8)  # type: ignore[arg-type]
        assert np.std(values) == pytest.approx(3.0, abs=0.5)  # type: ignore[arg-type]
    # ISO 81060-2: 5 and 8 mmHg.


def test_a_reading_depends_on_its_start_and_the_cuff_only() -> None:
    assert cuff().measure(100.0) == cuff().measure(100.0)
    assert cuff().measure(100.0) != cuff().measure(101.0)
    assert cuff(name="other").measure(100.0).systolic_mmhg != cuff().measure(100.0).systolic_mmhg


def test_the_pressure_in_the_cuff_goes_up_and_down_and_is_gone() -> None:
    reading = cuff().measure(10.0)
    t_s = np.linspace(reading.start_s, reading.end_s - 0.01, 200)
    pressure = np.array([reading.pressure_mmhg(float(t)) for t in t_s])
    peak = int(np.argmax(pressure))
    assert pressure[0] == 0.0
    assert pressure[peak] == pytest.approx(reading.top_mmhg, rel=0.02)
    assert np.all(np.diff(pressure[:peak]) > 0)
    assert np.all(np.diff(pressure[peak + 1 :]) < 0)
    assert reading.pressure_mmhg(9.0) == reading.pressure_mmhg(reading.end_s) == 0.0


def test_the_finger_is_without_a_pulse_while_the_cuff_is_above_systolic() -> None:
    reading = cuff().measure(10.0)
    begins, ends = reading.occlusion
    assert reading.pressure_mmhg(begins) == pytest.approx(130.0, abs=0.5)
    assert reading.pressure_mmhg(ends) == pytest.approx(130.0, abs=0.5)
    assert reading.start_s < begins < reading.inflated_s < ends < reading.end_s


def test_mean_pressure_and_pulse_are_consistent() -> None:
    reading = cuff().measure(10.0)
    assert reading.systolic_mmhg is not None
    assert reading.diastolic_mmhg is not None
    mean = reading.diastolic_mmhg + (reading.systolic_mmhg - reading.diastolic_mmhg) / 3.0
    assert reading.mean_arterial_pressure_mmhg == round(mean)
    assert reading.pulse_rate_per_min == pytest.approx(74, abs=3)


def test_movement_spoils_and_errors_have_no_numbers() -> None:
    work = ExerciseSet(start_s=10.0, exercise=find_exercise("knee_extension"), repetitions=15)
    moving = cuff(path=MotionPath(seed=1, activities=[work])).measure(10.0)
    assert moving.body_movement
    assert not cuff(path=MotionPath(seed=1, activities=[work])).measure(200.0).body_movement
    failed = cuff(faults=FaultPlan([FaultWindow(kind="measurement_error", start_s=5.0, end_s=20.0)]))
    reading = failed.measure(10.0)
    assert (reading.systolic_mmhg, reading.diastolic_mmhg, reading.pulse_rate_per_min) == (None, None, None)
    assert failed.measure(30.0).systolic_mmhg is not None


def test_extra_beats_make_the_pulse_irregular() -> None:
    assert any(cuff(ectopic_share=0.1).measure(float(t)).irregular_pulse for t in range(10, 500, 60))
    assert not any(cuff().measure(float(t)).irregular_pulse for t in range(10, 500, 60))


def test_after_the_body_has_ended_there_are_no_beats_to_count() -> None:
    late: CuffReading = cuff().measure(1e6)
    assert late.pulse_rate_per_min is None
    assert not late.irregular_pulse


def test_an_excursion_is_measured_while_it_holds() -> None:
    surge = VitalExcursion(
        vital=Vital.SYSTOLIC_MMHG, start_s=0.0, end_s=900.0, target=220.0, onset_tau_s=1.0, recovery_tau_s=5.0
    )
    profile = replace(Profile(name="still"), resting_systolic_mmhg=130.0)
    body = Patient(
        profile=profile,
        workload=np.zeros_like,
        excursions=(surge,),
        duration_s=2000.0,
        seed=5,
    )
    sensor = CuffSensor(body, Beats(body), name="cuff")
    assert sensor.measure(100.0).systolic_mmhg == pytest.approx(220, abs=10)
    assert sensor.measure(1500.0).systolic_mmhg == pytest.approx(130, abs=10)
