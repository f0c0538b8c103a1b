"""Every family that ingest reads, fed by its virtual device: right values, right units, right time."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from devices.drivers.catalog import DRIVERS
from devices.frames import Frame
from monitor.ingest.ingest import READERS, Ingest
from monitor.ingest.reader import Measured
from monitor.ingest.station_clock import EPOCH
from monitor.inputs import ClockAnchor
from monitor.samples import AGE_UNKNOWN, Code, DecodeFailure, ImuBlock, PpgBlock, Quality, Sample
from monitor.sensors import EPISODIC_ROLES, SensorConfig, SensorRole
from protocols.families import FamilyKind, registration
from simulators.patient.body import Body
from simulators.peripherals.catalog import build
from simulators.scenario.loader import Scenario
from simulators.scenario.offline import ReceivedValue, received
from simulators.sensors import machine

NS_PER_S = 1_000_000_000


def of_kind(kind: FamilyKind) -> list[str]:
    return [family for family in READERS if registration(family).kind is kind]


ROLES = {family: SensorRole(registration(family).kind) for family in READERS}
# A ring settles for ten seconds, and counts no single beats.
RINGS = {"colmi_ring"}
UNDATED = {"viatom_bp2", "yonker"}
# What each machine tells of the pace that its virtual device reaches.
TOLD = {
    "fitness_machine": {Code.SPEED_KM_H, Code.DISTANCE_M, Code.INCLINE_PERCENT},
    "concept2_pm5": {Code.SPEED_KM_H, Code.DISTANCE_M, Code.CADENCE_PER_MIN, Code.POWER_W},
    "fitshow": {Code.SPEED_KM_H, Code.DISTANCE_M, Code.INCLINE_PERCENT},
    "walkingpad": {Code.SPEED_KM_H, Code.DISTANCE_M},
    "cycling_power": {Code.POWER_W, Code.CADENCE_PER_MIN},
    "cycling_speed_cadence": {Code.CADENCE_PER_MIN},
    "running_speed_cadence": {Code.SPEED_KM_H, Code.CADENCE_PER_MIN, Code.DISTANCE_M},
}
# (value after the machine got going, within): a unit mistaken is a factor of 3.6 or 60.
PACE = {
    Code.SPEED_KM_H: (machine.PACE_KM_H, 0.5),
    Code.CADENCE_PER_MIN: (machine.CADENCE_PER_MIN, 6.0),
    Code.POWER_W: (machine.POWER_W, 8.0),
    Code.INCLINE_PERCENT: (machine.INCLINE_PERCENT, 0.1),
    Code.DISTANCE_M: (31.0, 2.0),
}


def scenario_of(family: str) -> Scenario:
    """A patient at rest with one device (two for a joint); a cuff is started at once."""
    role = ROLES[family]
    devices = [{"name": "it", "family": family, "role": role.value}]
    if role is SensorRole.IMU_PROXIMAL:
        devices.append({"name": "other", "family": family, "role": SensorRole.IMU_DISTAL.value})
    cuff = role in EPISODIC_ROLES
    return Scenario.model_validate(
        {
            "name": "one-device",
            "title": "one device",
            "seed": 3,
            "duration_s": 60
            if cuff
            else 30
            if role is SensorRole.EXERCISE_MACHINE or family in RINGS
            else 12,
            "devices": devices,
            "timeline": [{"at_s": 1, "do": "measure", "device": "it"}] if cuff else [],
        }
    )


def frames(scenario: Scenario) -> Iterator[Frame]:
    for one in received(scenario):
        if isinstance(one, ReceivedValue) and one.device == "it":
            yield Frame(
                device="it",
                characteristic=one.characteristic,
                received_ns=one.received_ns,
                payload=one.payload,
            )


def read(family: str) -> list[Measured]:
    scenario = scenario_of(family)
    ingest = Ingest([SensorConfig(device="it", family=family, role=ROLES[family])])
    began_s = (scenario.begins_at - EPOCH).total_seconds()
    ingest.anchor(ClockAnchor(received_ns=0, utc_ns=round(began_s * NS_PER_S)))
    ingest.connected("it")
    found = [measured for frame in frames(scenario) for measured in ingest.feed(frame)]
    return found + ingest.pass_time(3_600 * NS_PER_S)


def values(found: list[Measured], code: Code) -> list[float]:
    samples = [one for one in found if isinstance(one, Sample) and one.code is code]
    assert all(one.quality is Quality.GOOD for one in samples)
    return [one.value for one in samples if one.value is not None]


def test_whatever_can_be_driven_can_be_read() -> None:
    assert {driver.family for driver in DRIVERS} == set(READERS)


@pytest.mark.parametrize("family", sorted(READERS))
def test_no_frame_of_a_healthy_device_is_refused(family: str) -> None:
    found = read(family)
    assert found
    assert [one for one in found if isinstance(one, DecodeFailure)] == []
    assert all(one.device == "it" for one in found)


@pytest.mark.parametrize("family", of_kind(FamilyKind.OXIMETER))
def test_oximeters(family: str) -> None:
    found = read(family)
    spo2, pulse = values(found, Code.SPO2_PERCENT), values(found, Code.PULSE_RATE_PER_MIN)
    assert 8 <= len(spo2) <= 13  # about once a second, however often the device repeats itself
    assert all(94 <= one <= 99 for one in spo2)
    assert all(60 <= one <= 95 for one in pulse)
    for block in found:
        if isinstance(block, PpgBlock):
            assert len(block.ppg) == len(block.t_ns)


@pytest.mark.parametrize("family", of_kind(FamilyKind.STRAP))
def test_straps(family: str) -> None:
    found = read(family)
    if family in RINGS:
        found = [one for one in found if isinstance(one, Sample) and one.quality is Quality.GOOD]
    rates = values(found, Code.HEART_RATE_PER_MIN)
    assert rates
    assert all(60 <= one <= 95 for one in rates)
    if family in RINGS:
        return
    assert sum(values(found, Code.RR_INTERVAL_S)) == pytest.approx(11, abs=2)


@pytest.mark.parametrize("family", of_kind(FamilyKind.CUFF))
def test_cuffs(family: str) -> None:
    found = read(family)
    (cycle,) = build(Body(scenario_of(family)))[0].cycles
    (systolic,) = [one for one in found if isinstance(one, Sample) and one.code is Code.SYSTOLIC_MMHG]
    (diastolic,) = [one for one in found if isinstance(one, Sample) and one.code is Code.DIASTOLIC_MMHG]
    assert (systolic.value, diastolic.value) == (cycle.systolic_mmhg, cycle.diastolic_mmhg)
    assert cycle.end_s - 61 <= systolic.t_ns / NS_PER_S <= systolic.received_ns / NS_PER_S
    # A result without a date, from a cuff that nobody has heard measuring, may be an hour old.
    assert systolic.flags == ({AGE_UNKNOWN} if family in UNDATED else frozenset())


@pytest.mark.parametrize("family", of_kind(FamilyKind.IMU))
def test_imus(family: str) -> None:
    blocks = [one for one in read(family) if isinstance(one, ImuBlock)]
    t_ns = np.concatenate([block.t_ns for block in blocks])
    acc = np.concatenate([block.acc_m_s2 for block in blocks])
    gyr = np.concatenate([block.gyr_rad_s for block in blocks])
    assert acc.shape == gyr.shape == (len(t_ns), 3)
    assert np.all(np.diff(t_ns) > 0)
    rate_hz = (len(t_ns) - 1) * NS_PER_S / (t_ns[-1] - t_ns[0])
    # A SensorTag can do no more than 10 Hz, ST's firmware 20.
    slowest_hz = {"sensortag": 9, "bluest": 19}.get(family, 40)
    assert slowest_hz < rate_hz < 110
    # A patient at rest: gravity, and hardly any turning. A unit mistaken is a factor of 9.8 or 57.
    assert np.linalg.norm(acc, axis=1).mean() == pytest.approx(9.81, abs=0.3)
    assert np.linalg.norm(gyr, axis=1).mean() < 0.1
    for block in blocks:
        assert block.t_ns[-1] <= block.received_ns + 50_000_000


@pytest.mark.parametrize("family", of_kind(FamilyKind.THERMOMETER))
def test_thermometers(family: str) -> None:
    (sample,) = read(family)
    assert isinstance(sample, Sample)
    assert (sample.code, sample.value, sample.flags) == (Code.BODY_TEMPERATURE_CEL, 36.7, frozenset())
    assert sample.t_ns <= sample.received_ns


@pytest.mark.parametrize("family", of_kind(FamilyKind.MACHINE))
def test_machines(family: str) -> None:
    found = read(family)
    assert {one.code for one in found if isinstance(one, Sample)} == TOLD[family]
    for code in TOLD[family]:
        expected, tolerance = PACE[code]
        reached = values(found, code)
        assert reached
        assert reached[-1] == pytest.approx(expected, abs=tolerance)
        assert all(low <= high + 0.6 for low, high in pairwise(reached)), "it gets going, and stays"


@pytest.mark.parametrize("family", sorted(READERS))
def test_damage_costs_no_more_than_itself(family: str) -> None:
    """Every tenth frame cut in half: nothing raises, and the rest is still read."""
    whole = len(read(family))
    ingest = Ingest([SensorConfig(device="it", family=family, role=ROLES[family])])
    found: list[Measured] = []
    for number, frame in enumerate(frames(scenario_of(family))):
        payload = frame.payload[: len(frame.payload) // 2] if number % 10 == 5 else frame.payload
        found += ingest.feed(
            Frame(
                device="it",
                characteristic=frame.characteristic,
                received_ns=frame.received_ns,
                payload=payload,
            )
        )
    found += ingest.pass_time(3_600 * NS_PER_S)
    read_well = [one for one in found if not isinstance(one, DecodeFailure)]
    assert len(read_well) >= 0.5 * whole
