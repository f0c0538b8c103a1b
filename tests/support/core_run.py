"""A scenario through the session's core, without a radio: what the station would have said, in seconds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from heapq import merge
from operator import attrgetter

from devices.frames import Frame, LinkEvent, LinkState
from monitor.alerts.transition import AlertKind, AlertState, Transition
from monitor.cli.demo.setting import plan_for
from monitor.inputs import ClockAnchor, Command, DeliveryStatus, Input, StationStatus, Tick
from monitor.outputs import CommandReply, Output, RepetitionCounted, SetEnded
from monitor.sensors import Arm, SensorConfig, SensorRole
from monitor.session.session import Session
from simulators.patient.body import Body
from simulators.peripherals.catalog import build
from simulators.scenario.ground_truth import Truth
from simulators.scenario.loader import Scenario
from simulators.scenario.offline import LinkChange, ReceivedValue, received
from simulators.scenario.world import truth_of

NS_PER_S = 1_000_000_000
# A link that comes up is searched and set up first; the core only sees the end of it here.
_STATES = {True: LinkState.LIVE, False: LinkState.LOST}


@dataclass(slots=True, kw_only=True)
class CoreRun:
    """One scenario's way through the core."""

    scenario: Scenario
    truth: Truth
    session: Session
    outputs: list[Output] = field(default_factory=list)

    @property
    def fired(self) -> list[Transition]:
        """Every transition to firing, in order."""
        return [one for one in self.transitions if one.to_state is AlertState.FIRING]

    @property
    def transitions(self) -> list[Transition]:
        """Every transition, in order."""
        return [one for one in self.outputs if isinstance(one, Transition)]

    @property
    def sets(self) -> list[SetEnded]:
        """Every set that ended."""
        return [one for one in self.outputs if isinstance(one, SetEnded)]

    @property
    def repetitions(self) -> list[RepetitionCounted]:
        """Every repetition that was counted."""
        return [one for one in self.outputs if isinstance(one, RepetitionCounted)]

    @property
    def refusals(self) -> list[CommandReply]:
        """Every command that was refused."""
        return [one for one in self.outputs if isinstance(one, CommandReply) and not one.accepted]

    def unplanned(self) -> list[Transition]:
        """Alerts about the patient that fired although nothing in the scenario asks for them."""
        known = {alert.rule for alert in self.truth.alerts} | set(self.truth.allowed)
        return [one for one in self.fired if one.kind is AlertKind.PHYSIOLOGICAL and one.rule_id not in known]


def run_core(scenario: Scenario) -> CoreRun:
    """Drive a session's core through the scenario."""
    body = Body(scenario)
    truth = truth_of(body, build(body), start_ns=0)
    sensors = [
        SensorConfig(device=one.name, family=one.family, role=SensorRole(str(one.role)), arm=Arm(one.arm))
        for one in scenario.devices
    ]
    session = Session(plan_for(scenario), sensors, session_id=scenario.name)
    run = CoreRun(scenario=scenario, truth=truth, session=session)
    streams = [values(scenario, body), commands(truth), station_states(scenario, truth)]
    for item in merge(*streams, key=attrgetter("received_ns")):
        run.outputs += session.feed(item)
    return run


def values(scenario: Scenario, body: Body) -> Iterator[Input]:
    """What the devices send, and their links."""
    for one in received(scenario, body=body):
        match one:
            case ReceivedValue():
                yield Frame(
                    device=one.device,
                    characteristic=one.characteristic,
                    received_ns=one.received_ns,
                    payload=one.payload,
                )
            case LinkChange():
                yield LinkEvent(
                    device=one.device,
                    state=_STATES[one.is_up],
                    received_ns=one.received_ns,
                    reason=one.reason,
                )


def commands(truth: Truth) -> Iterator[Input]:
    """What people ask for."""
    for number, act in enumerate(truth.commands, start=1):
        yield Command(
            received_ns=act.at_ns,
            command_id=f"people-{number}",
            verb=act.verb,
            actor=act.actor,
            role=act.role,
            arguments=act.arguments,
        )


def station_states(scenario: Scenario, truth: Truth) -> Iterator[Input]:
    """The station's clock and its own faults, and a tick a second."""
    began_utc_ns = round(scenario.begins_at.replace(tzinfo=UTC).timestamp()) * NS_PER_S
    items: list[Input] = [ClockAnchor(received_ns=0, utc_ns=began_utc_ns)]
    for planned in truth.faults:
        numbers = planned.numbers
        at_ns, end_ns = planned.start_ns, planned.end_ns
        match planned.fault:
            case "broker_down":
                items.append(DeliveryStatus(received_ns=at_ns, connected=False))
                items.append(DeliveryStatus(received_ns=end_ns, connected=True))
            case "disk_full":
                items.append(StationStatus(received_ns=at_ns, disk_full=True))
                items.append(StationStatus(received_ns=end_ns))
            case "queue_late":
                items.append(StationStatus(received_ns=at_ns, queue_late_s=numbers["late_s"]))
                items.append(StationStatus(received_ns=end_ns))
            case "clock_set":
                step_ns = round(numbers["step_s"] * NS_PER_S)
                items.append(ClockAnchor(received_ns=at_ns, utc_ns=began_utc_ns + at_ns + step_ns))
            case _:
                pass
    items += [Tick(received_ns=second * NS_PER_S) for second in range(1, round(scenario.duration_s) + 1)]
    return iter(sorted(items, key=attrgetter("received_ns")))
