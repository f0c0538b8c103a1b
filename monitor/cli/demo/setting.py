"""The station and the plan that go with a scenario, as a therapist would have written them."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from monitor.config import DeviceSettings, PersonRole, PersonSettings, Station, StationSettings
from monitor.plan.exercise import Exercise, Joint, Side
from monitor.plan.pack import PackName
from monitor.plan.plan import Medication, Plan
from monitor.sensors import Arm, SensorRole
from simulators.movement.exercises import Exercise as TrueExercise
from simulators.movement.exercises import find_exercise
from simulators.patient.body import Body
from simulators.peripherals.catalog import build
from simulators.scenario.loader import Scenario, SetEntry
from simulators.scenario.world import DeviceFacts

CLINIC = "demo"
STATION = "station-1"
THERAPIST = "therapist"
ASSISTANT = "assistant"

# How the range may vary around the prescription before a therapist would want to know.
BAND_DEG = 25.0


def station_for(devices: Sequence[DeviceFacts]) -> Station:
    """`station.toml` for the scenario's devices."""
    return Station(
        station=StationSettings(clinic=CLINIC, station=STATION),
        devices=[_device(one) for one in devices],
    )


def station_with_people(scenario: Scenario, *, sessions_folder: Path) -> Station:
    """`station.toml` for a scenario that another process plays: both people, and a folder for sessions."""
    facts = [
        DeviceFacts(
            device=one.section.name,
            family=one.section.family,
            role=str(one.section.role),
            address=one.address,
            local_name=one.local_name,
            arm=one.section.arm,
        )
        for one in build(Body(scenario))
        if not one.section.absent
    ]
    return Station(
        station=StationSettings(clinic=CLINIC, station=STATION, sessions_folder=sessions_folder),
        devices=station_for(facts).devices,
        people=[
            PersonSettings(name=THERAPIST, role=PersonRole.THERAPIST),
            PersonSettings(name=ASSISTANT, role=PersonRole.ASSISTANT),
        ],
    )


def plan_for(scenario: Scenario) -> Plan:
    """`plan.toml` for the scenario's exercises and patient."""
    patient = scenario.profile
    sets = [entry for entry in scenario.timeline if isinstance(entry, SetEntry)]
    done = [(name, list(entries)) for name, entries in groupby(sets, key=lambda entry: entry.exercise)]
    exercises = [_exercise(find_exercise(name), entries) for name, entries in done]
    derived = Plan(
        patient_id=f"demo-{scenario.name}"[:32].rstrip("-"),
        pack=PackName(scenario.pack),
        age_years=round(patient.age_years),
        rest_heart_rate_per_min=patient.resting_heart_rate_per_min,
        medication=Medication(beta_blocker=patient.beta_blocked),
        exercises=exercises or [_exercise(find_exercise(scenario.motion.resting), [])],
    )
    # What the scenario says of the plan itself: limits, medication, a cuff that is due.
    return Plan.model_validate(derived.model_dump(mode="json") | scenario.plan)


def _device(facts: DeviceFacts) -> DeviceSettings:
    return DeviceSettings(
        device=facts.device,
        family=facts.family,
        role=SensorRole(facts.role),
        address=facts.address,
        arm=Arm(facts.arm),
    )


def _exercise(true: TrueExercise, entries: Sequence[SetEntry]) -> Exercise:
    target = true.range_of_motion_deg
    return Exercise(
        name=true.name,
        joint=Joint(true.joint.value),
        side=Side.RIGHT,
        sets=len(entries) or 1,
        repetitions=max((entry.repetitions for entry in entries), default=10),
        rest_angle_deg=true.rest_deg,
        target_angle_deg=true.work_deg,
        zero_pose_deg=true.rest_deg,
        range_of_motion_deg=(max(5.0, target - BAND_DEG), min(200.0, target + BAND_DEG)),
    )
