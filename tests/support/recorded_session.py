"""A scenario through the core and the flight recorder: the recording of a session, in seconds."""

import fcntl
import json
from dataclasses import dataclass
from heapq import merge
from importlib import resources
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from monitor.alerts.transition import Transition
from monitor.cli.demo.setting import plan_for
from monitor.config import DeviceSettings, PersonRole, PersonSettings, Station, StationSettings
from monitor.outputs import to_json
from monitor.plan.plan import Plan
from monitor.record.facts import SessionFacts
from monitor.record.recorded import facts_of_recording
from monitor.recording.header import Header
from monitor.recording.reader import RecordedOutput, Recording
from monitor.recording.recorder import Recorder
from monitor.sensors import Arm, SensorRole
from monitor.session.session import Session
from monitor.station_devices import sensors_of
from simulators.patient.body import Body
from simulators.peripherals.catalog import build
from simulators.scenario.loader import Scenario, parse
from simulators.scenario.world import truth_of
from tests.support.core_run import commands, station_states, values

# What people do in the golden session beyond the demo's.
_SAID = """
[[timeline]]
at_s = 132
do = "command"
verb = "rating"
arguments = { scale = "rpe", value = 13 }

[[timeline]]
at_s = 221
do = "command"
verb = "symptom"
arguments = { symptom = "chest tightness" }

[[timeline]]
at_s = 240
do = "command"
verb = "rating"
arguments = { scale = "pain", value = 3 }

[[timeline]]
at_s = 330
do = "command"
verb = "posture"
actor = "assistant-1"
role = "assistant"
arguments = { posture = "sitting" }
"""


def golden_scenario() -> Scenario:
    """The demo's session, in which the patient also says something."""
    file = resources.files("simulators") / "scenarios" / "knee-extension.toml"
    return parse(file.read_text(encoding="utf-8") + _SAID, Path("golden.toml"))


@dataclass(slots=True, kw_only=True)
class Recorded:
    """A recorded session: its file and its facts."""

    path: Path
    station: Station
    plan: Plan
    facts: SessionFacts

    def said(self, kind: str) -> list[dict[str, Any]]:
        """What the session said of one kind, in order."""
        lines = (
            item.line for item in Recording(self.path).items(raw=False) if isinstance(item, RecordedOutput)
        )
        return [record for line in lines if (record := json.loads(line))["type"] == kind]

    def new_session(self) -> Session:
        """The session as it began."""
        return Session(self.plan, sensors_of(self.station), self.facts.session_id)


def golden_recording(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Recorded:
    """The golden session, recorded once for all workers of a test run: it costs seconds."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "golden-session"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return recorded(folder, golden_scenario())


def recorded(folder: Path, scenario: Scenario) -> Recorded:
    """Record `scenario` in `folder`, unless it is there; every alert message is confirmed after 12 ms."""
    station, plan = station_of(scenario), plan_for(scenario)
    path = folder / "recording.mcap"
    if not path.exists():
        _record(path, scenario, station, plan)
    return Recorded(path=path, station=station, plan=plan, facts=facts_of_recording(path))


def _record(path: Path, scenario: Scenario, station: Station, plan: Plan) -> None:
    body = Body(scenario)
    truth = truth_of(body, build(body), start_ns=0)
    session = Session(plan, sensors_of(station), scenario.name)
    header = Header(
        session_id=scenario.name,
        started_utc="2026-11-22T10:00:00.000Z",
        versions={"kinewatch": "0.1.0"},
        plan=plan.model_dump(mode="json"),
        station=station.model_dump(mode="json"),
    )
    streams = [values(scenario, body), commands(truth), station_states(scenario, truth)]
    with Recorder(path, header) as recorder:
        for item in merge(*streams, key=attrgetter("received_ns")):
            recorder.input(item)
            for output in session.feed(item):
                recorder.output(to_json(output), at_ns=output.at_ns)
                if isinstance(output, Transition):
                    recorder.delivery(_confirmed(output), at_ns=output.at_ns)


def station_of(scenario: Scenario) -> Station:
    """A station with the scenario's devices and two people."""
    return Station(
        station=StationSettings(clinic="north", station="gym-2"),
        devices=[
            DeviceSettings(
                device=one.name, family=one.family, role=SensorRole(str(one.role)), arm=Arm(one.arm)
            )
            for one in scenario.devices
        ],
        people=[
            PersonSettings(name="dr-berger", role=PersonRole.THERAPIST),
            PersonSettings(name="assistant-1", role=PersonRole.ASSISTANT),
        ],
    )


def _confirmed(transition: Transition) -> dict[str, object]:
    return {
        "message_id": f"m-{transition.seq}",
        "alert_id": transition.alert_id,
        "seq": transition.seq,
        "stored_ms": 1.0,
        "published_ms": 4.0,
        "confirmed_ms": 12.0,
    }
