import numpy as np
import pytest
from numpy.typing import NDArray

from simulators.errors import UnknownNameError
from simulators.patient.profiles import PROFILES, Profile, find_profile
from simulators.patient.vitals import GRID_S, Patient, Vital, VitalExcursion

Array = NDArray[np.float64]
STEADY = Profile(name="steady", spo2_fall_percent=8.0)


def work_between(start_s: float, end_s: float, effort: float) -> object:
    def workload(t_s: Array) -> Array:
        return np.where((t_s >= start_s) & (t_s < end_s), effort, 0.0)

    return workload


def patient(
    profile: Profile = STEADY,
    *,
    start_s: float = 60.0,
    end_s: float = 660.0,
    effort: float = 0.5,
    excursions: tuple[VitalExcursion, ...] = (),
    duration_s: float = 1500.0,
) -> Patient:
    return Patient(
        profile=profile,
        workload=work_between(start_s, end_s, effort),  # type: ignore[arg-type]
        excursions=excursions,
        duration_s=duration_s,
        seed=11,
    )


def crossing_s(one: Patient, vital: Vital, share: float, start_s: float, end_s: float) -> float:
    """How long `vital` takes for `share` of the way from its value at `start_s` to that at `end_s`."""
    t_s = np.arange(start_s, end_s, GRID_S)
    series = one.series(vital, t_s)
    way = (series - series[0]) / (series[-1] - series[0])
    return float(t_s[np.argmax(way >= share)] - start_s)


def test_heart_rate_reaches_the_karvonen_rate_of_the_effort() -> None:
    one = patient()
    reserve = STEADY.maximum_heart_rate_per_min - STEADY.resting_heart_rate_per_min
    assert one.value(Vital.HEART_RATE_PER_MIN, 50.0) == STEADY.resting_heart_rate_per_min
    expected = STEADY.resting_heart_rate_per_min + 0.5 * reserve
    assert one.value(Vital.HEART_RATE_PER_MIN, 655.0) == pytest.approx(expected, abs=1.0)


def test_heart_rate_rises_and_falls_with_published_time_constants() -> None:
    one = patient()
    # On treadmills 55.7 and 59.5 s (moderate, vigorous, 24 men); our two branches together come near that.
    rise = crossing_s(one, Vital.HEART_RATE_PER_MIN, 1 - np.exp(-1), 60.0, 650.0)
    assert 35.0 <= rise <= 70.0
    # Recovery is faster at first than later, and by more than 12 /min in the first minute.
    falls = [one.value(Vital.HEART_RATE_PER_MIN, t) for t in (664.0, 724.0, 784.0)]
    assert falls[0] - falls[1] > 12.0
    assert falls[0] - falls[1] > 2.0 * (falls[1] - falls[2])


def test_the_slow_recovery_branch_is_the_slow_branch_alone_after_minutes() -> None:
    one = patient(duration_s=2400.0)
    rest = STEADY.resting_heart_rate_per_min
    late = [one.value(Vital.HEART_RATE_PER_MIN, t) - rest for t in (1260.0, 1560.0)]
    assert late[1] / late[0] == pytest.approx(np.exp(-1.0), rel=0.02)


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_effort_moves_every_vital_sign_the_right_way_and_within_what_bodies_do(name: str) -> None:
    profile = find_profile(name)
    one = patient(profile)
    rest, work = one.signs(50.0), one.signs(650.0)
    assert work.workload == 0.5
    assert rest.workload == 0.0
    assert rest.heart_rate_per_min < work.heart_rate_per_min < profile.maximum_heart_rate_per_min
    assert rest.systolic_mmhg + 5.0 < work.systolic_mmhg < 230.0
    assert rest.breaths_per_min + 5.0 < work.breaths_per_min < 50.0
    assert abs(work.diastolic_mmhg - rest.diastolic_mmhg) <= 10.0
    fall = rest.spo2_percent - work.spo2_percent
    assert fall == pytest.approx(0.5 * profile.spo2_fall_percent, abs=0.8)
    for signs in (rest, work):
        assert signs.diastolic_mmhg < signs.mean_arterial_pressure_mmhg < signs.systolic_mmhg
    assert 45.0 <= rest.heart_rate_per_min <= 95.0
    assert 0.2 <= rest.perfusion_index_percent <= 10.0


def test_beta_blockade_lowers_the_maximum() -> None:
    blocked = find_profile("beta_blocked")
    assert blocked.maximum_heart_rate_per_min == pytest.approx(164.0 - 0.7 * 60.0)
    assert find_profile("general").maximum_heart_rate_per_min == pytest.approx(208.0 - 0.7 * 62.0)


def test_copd_desaturates_late_and_recovers() -> None:
    copd = find_profile("copd")
    one = patient(copd, effort=0.8)
    t_s = np.arange(0.0, 1500.0)
    series = one.series(Vital.SPO2_PERCENT, t_s)
    # No change before the delay of 20 s, the fall's time constant 45 s, recovery within two minutes.
    assert series[78] == pytest.approx(series[58], abs=0.5)
    assert series[640] == pytest.approx(copd.resting_spo2_percent - 0.8 * copd.spo2_fall_percent, abs=0.7)
    assert series[840] == pytest.approx(copd.resting_spo2_percent, abs=0.7)


def test_pressure_is_up_within_minutes_and_back_within_seven() -> None:
    one = patient()
    rise = crossing_s(one, Vital.SYSTOLIC_MMHG, 1 - np.exp(-1), 60.0, 650.0)
    assert rise == pytest.approx(STEADY.pressure_on_tau_s, abs=2.0)
    recovered = one.value(Vital.SYSTOLIC_MMHG, 660.0 + 420.0)
    assert recovered == pytest.approx(STEADY.resting_systolic_mmhg, abs=1.0)


def test_an_excursion_pulls_to_its_target_and_lets_go() -> None:
    fall = VitalExcursion(
        vital=Vital.SPO2_PERCENT,
        start_s=100.0,
        end_s=220.0,
        target=85.0,
        onset_tau_s=20.0,
        recovery_tau_s=30.0,
    )
    calm = patient(effort=0.0)
    one = patient(effort=0.0, excursions=(fall,))
    assert one.value(Vital.SPO2_PERCENT, 99.0) == calm.value(Vital.SPO2_PERCENT, 99.0)
    base = calm.value(Vital.SPO2_PERCENT, 120.0)
    expected = base + (1 - np.exp(-1)) * (85.0 - base)
    assert one.value(Vital.SPO2_PERCENT, 120.0) == pytest.approx(expected, abs=1e-6)
    assert one.value(Vital.SPO2_PERCENT, 219.0) == pytest.approx(85.0, abs=0.1)
    base = calm.value(Vital.SPO2_PERCENT, 250.0)
    assert base - one.value(Vital.SPO2_PERCENT, 250.0) == pytest.approx(np.exp(-1) * (base - 85.0), rel=0.01)
    assert one.value(Vital.SPO2_PERCENT, 600.0) == pytest.approx(
        calm.value(Vital.SPO2_PERCENT, 600.0), abs=0.01
    )
    # No other vital sign is touched.
    t_s = np.arange(0.0, 600.0)
    assert np.array_equal(one.series(Vital.SYSTOLIC_MMHG, t_s), calm.series(Vital.SYSTOLIC_MMHG, t_s))


def test_saturation_never_passes_100() -> None:
    up = VitalExcursion(
        vital=Vital.SPO2_PERCENT, start_s=10.0, end_s=60.0, target=104.0, onset_tau_s=1.0, recovery_tau_s=1.0
    )
    one = patient(excursions=(up,))
    assert one.series(Vital.SPO2_PERCENT, np.arange(0.0, 100.0)).max() == 100.0


def test_one_instant_and_many_agree() -> None:
    one = patient()
    t_s = np.array([0.0, 59.9, 61.13, 700.7, 1499.0])
    for vital in Vital:
        assert [one.value(vital, float(t)) for t in t_s] == pytest.approx(one.series(vital, t_s).tolist())
    assert one.value(Vital.SYSTOLIC_MMHG, 1e6) == pytest.approx(
        one.value(Vital.SYSTOLIC_MMHG, 1559.0), abs=0.1
    )
    assert one.value(Vital.SYSTOLIC_MMHG, -5.0) == one.value(Vital.SYSTOLIC_MMHG, 0.0)


def test_a_sensor_that_averages_sees_the_mean_of_its_window() -> None:
    one = patient()
    t_s = np.linspace(92.0, 100.0, 4001)
    assert one.mean(Vital.HEART_RATE_PER_MIN, 100.0, 8.0) == pytest.approx(
        float(one.series(Vital.HEART_RATE_PER_MIN, t_s).mean()), abs=0.02
    )


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="copd"):
        find_profile("marathon")
