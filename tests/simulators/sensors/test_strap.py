import numpy as np
import pytest

from simulators.patient.beats import Beats
from simulators.patient.profiles import Profile
from simulators.patient.vitals import Patient, Vital
from simulators.peripherals.signal_source import FaultPlan, FaultWindow
from simulators.sensors.strap import StrapSensor


@pytest.fixture
def body() -> Patient:
    return Patient(profile=Profile(name="still"), workload=np.zeros_like, duration_s=300.0, seed=5)


def strap(body: Patient, *windows: FaultWindow) -> StrapSensor:
    return StrapSensor(Beats(body), faults=FaultPlan(windows))


def test_rate_and_intervals_are_the_hearts(body: Patient) -> None:
    worn = strap(body)
    readings = [worn.reading(float(t)) for t in range(10, 290)]
    rates = [one.heart_rate_per_min for one in readings]
    t_s = np.arange(10.0, 290.0)
    assert np.mean(rates) == pytest.approx(body.series(Vital.HEART_RATE_PER_MIN, t_s).mean(), abs=1.0)
    intervals = [rr for one in readings for rr in one.rr_s]
    assert intervals == Beats(body).between(9.0, 289.0).tolist()
    assert all(one.contact for one in readings)


def test_before_the_first_beats_there_is_no_rate(body: Patient) -> None:
    assert strap(body).reading(0.0).heart_rate_per_min == 0


def test_off_the_skin_it_says_so(body: Patient) -> None:
    off = strap(body, FaultWindow(kind="sensor_off", start_s=50.0, end_s=60.0)).reading(55.0)
    assert (off.heart_rate_per_min, off.rr_s, off.contact) == (0, (), False)


def test_it_can_count_wrong_and_freeze(body: Patient) -> None:
    wrong = FaultWindow(kind="rate_error", start_s=50.0, end_s=60.0, numbers={"offset_per_min": -30.0})
    right = strap(body).reading(55.0).heart_rate_per_min
    assert strap(body, wrong).reading(55.0).heart_rate_per_min == right - 30
    frozen = strap(body, FaultWindow(kind="freeze", start_s=50.0, end_s=90.0))
    assert {frozen.reading(float(t)) for t in range(50, 90)} == {frozen.reading(50.0)}
