import numpy as np
import pytest

from simulators.patient.profiles import Profile
from simulators.patient.vitals import Patient, Vital, VitalExcursion
from simulators.peripherals.signal_source import FaultPlan, FaultWindow
from simulators.sensors.oximeter import OximeterSensor, OximeterTraits

FALL = VitalExcursion(
    vital=Vital.SPO2_PERCENT, start_s=200.0, end_s=400.0, target=84.0, onset_tau_s=2.0, recovery_tau_s=2.0
)


def patient(*excursions: VitalExcursion, duration_s: float = 600.0, seed: int = 5) -> Patient:
    return Patient(
        profile=Profile(name="still"),
        workload=np.zeros_like,
        excursions=excursions,
        duration_s=duration_s,
        seed=seed,
    )


def sensor(body: Patient, *windows: FaultWindow, **traits: object) -> OximeterSensor:
    return OximeterSensor(
        body,
        name="finger",
        traits=OximeterTraits(**traits),
        faults=FaultPlan(windows),  # type: ignore[arg-type]
    )


def window(kind: str, start_s: float = 100.0, end_s: float = 130.0, **numbers: float) -> FaultWindow:
    return FaultWindow(kind=kind, start_s=start_s, end_s=end_s, numbers=numbers)


def test_readings_follow_the_body_within_the_noise() -> None:
    body = patient()
    finger = sensor(body)
    errors = [
        (finger.reading(t).spo2_percent or 0) - body.value(Vital.SPO2_PERCENT, t) for t in range(60, 590)
    ]
    # AR(1) noise has a standard deviation of 0.28 / sqrt(1 - 0.81) = 0.64; rounding adds 0.29.
    assert np.mean(errors) == pytest.approx(0.0, abs=0.3)
    assert np.std(errors) == pytest.approx(0.70, abs=0.15)


def test_a_reading_depends_on_its_second_only() -> None:
    finger = sensor(patient())
    forwards = [finger.reading(float(t)) for t in range(100)]
    assert [finger.reading(float(t)) for t in reversed(range(100))] == forwards[::-1]


@pytest.mark.parametrize("averaging_s", [4.0, 16.0])
def test_a_fall_is_seen_late_by_circulation_and_averaging(averaging_s: float) -> None:
    body = patient(FALL)
    finger = sensor(body, averaging_s=averaging_s)
    seen = next(t for t in range(200, 300) if (finger.reading(float(t)).spo2_percent or 0) <= 90)
    # Half-way after about 1.2 s; the circulation takes 10 s, the mean half its window.
    assert seen == pytest.approx(201.2 + body.profile.circulation_lag_s + averaging_s / 2.0, abs=3.0)


def test_taken_off_it_has_no_values_and_needs_time_to_settle() -> None:
    finger = sensor(patient(), window("sensor_off"))
    off, settling, back = (finger.reading(t) for t in (110.0, 132.0, 136.0))
    assert (off.spo2_percent, off.pulse_rate_per_min, off.sensor_off) == (None, None, True)
    assert off.perfusion_index_percent == 0.0
    assert (settling.spo2_percent, settling.searching) == (None, True)
    assert back.spo2_percent is not None


def test_a_cold_hand_is_flagged_and_a_very_cold_one_unreadable() -> None:
    cold = sensor(patient(), window("low_perfusion", share=0.085)).reading(110.0)
    assert cold.low_perfusion
    assert cold.spo2_percent is not None
    very = sensor(patient(), window("low_perfusion", share=0.02)).reading(110.0)
    assert very.spo2_percent is None


def test_a_moving_hand_gives_wrong_values_and_says_so() -> None:
    finger = sensor(patient(), window("motion_artefact"))
    moving = [finger.reading(float(t)) for t in range(102, 128)]
    assert all(one.motion for one in moving)
    assert np.mean([one.spo2_percent for one in moving]) < 94.0
    assert not finger.reading(131.0).motion


def test_it_can_count_wrong_without_knowing_it() -> None:
    right, wrong = sensor(patient()), sensor(patient(), window("rate_error", offset_per_min=18.0))
    assert wrong.reading(110.0).pulse_rate_per_min == (right.reading(110.0).pulse_rate_per_min or 0) + 18
    assert not wrong.reading(110.0).motion


def test_frozen_it_repeats_itself() -> None:
    finger = sensor(patient(FALL), window("freeze", 150.0, 300.0))
    assert {finger.reading(float(t)) for t in range(150, 300)} == {finger.reading(150.0)}
    assert finger.reading(300.0) != finger.reading(150.0)


def test_a_cuff_on_the_arm_takes_the_pulse_away() -> None:
    finger = OximeterSensor(patient(), name="finger", occlusions=((100.0, 120.0),))
    assert finger.reading(99.0).spo2_percent is not None
    assert finger.reading(110.0).spo2_percent is None
    assert finger.reading(110.0).low_perfusion
    assert finger.reading(121.0).spo2_percent is not None


def test_artefacts_and_drop_outs_come_as_often_as_the_model_says() -> None:
    hours = 6
    body = patient(duration_s=3600.0 * hours)
    clean, noisy = sensor(body), sensor(body, artefacts=True)
    readings = [noisy.reading(float(t)) for t in range(3600 * hours)]
    missing = np.array([one.spo2_percent is None for one in readings])
    # A gap of 200 s and 11 s of drop-out on average.
    assert missing.mean() == pytest.approx(11.0 / 211.0, rel=0.35)
    off = np.array(
        [
            0 if one.spo2_percent is None else one.spo2_percent - (clean.reading(float(t)).spo2_percent or 0)
            for t, one in enumerate(readings)
        ]
    )
    wrong = np.abs(off) >= 2
    # A gap of 150 s and about 10 s of artefact; 85 % downwards; 60 % flagged.
    assert wrong.mean() == pytest.approx(10.0 / 160.0, rel=0.4)
    starts = np.flatnonzero(np.diff(wrong.astype(int)) == 1) + 1
    assert np.mean(off[starts] < 0) > 0.7
    flagged = np.array([one.motion for one in readings])
    assert flagged[wrong].mean() == pytest.approx(0.6, abs=0.2)


def test_readings_begin_at_the_next_whole_second() -> None:
    given = sensor(patient()).readings(10.2)
    assert [next(given).t_s for _ in range(3)] == [11.0, 12.0, 13.0]
