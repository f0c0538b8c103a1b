"""Each of the six machines of the Fitness Machine Service, over real GATT: its driver, then its reader."""

import asyncio
from typing import get_args

import pytest

from devices.adapter.radio import Radio
from devices.drivers.catalog import driver_for
from devices.drivers.driver import DeviceConfig
from devices.frames import Frame, LinkState
from devices.link.group import StationLinks
from monitor.ingest.ingest import Ingest
from monitor.inputs import ClockAnchor
from monitor.samples import Code, Quality, Sample
from monitor.sensors import SensorConfig, SensorRole
from simulators.peripherals.fitness_machine import KINDS
from simulators.radio.air import VirtualRadio
from simulators.scenario.model import DeviceSection, Scenario
from simulators.scenario.world import World
from simulators.sensors import machine
from tests.devices.links import NOON, Taken
from tests.support.virtual_time import in_virtual_time, now_ns

TOLD = {
    "treadmill": {Code.SPEED_KM_H, Code.DISTANCE_M, Code.INCLINE_PERCENT},
    "cross_trainer": {
        Code.SPEED_KM_H,
        Code.DISTANCE_M,
        Code.INCLINE_PERCENT,
        Code.CADENCE_PER_MIN,
        Code.POWER_W,
        Code.RESISTANCE_LEVEL,
    },
    "step_climber": {Code.CADENCE_PER_MIN},
    "stair_climber": {Code.CADENCE_PER_MIN},
    "rower": {Code.SPEED_KM_H, Code.DISTANCE_M, Code.CADENCE_PER_MIN, Code.POWER_W},
    "indoor_bike": {
        Code.SPEED_KM_H,
        Code.DISTANCE_M,
        Code.CADENCE_PER_MIN,
        Code.POWER_W,
        Code.RESISTANCE_LEVEL,
    },
}
# (value once the machine got going, within)
PACE = {
    Code.SPEED_KM_H: (machine.PACE_KM_H, 0.1),
    Code.CADENCE_PER_MIN: (machine.CADENCE_PER_MIN, 1.0),
    Code.POWER_W: (machine.POWER_W, 2.0),
    Code.INCLINE_PERCENT: (machine.INCLINE_PERCENT, 0.01),
    Code.RESISTANCE_LEVEL: (machine.RESISTANCE_LEVEL, 0.01),
}


async def heard(kind: str) -> Taken:
    """What the driver hands on of half a minute."""
    section = {"name": "it", "family": "fitness_machine", "role": "exercise_machine", "machine": kind}
    scenario = Scenario.model_validate(
        {"name": "one-machine", "title": kind, "seed": 4, "duration_s": 40, "devices": [section]}
    )
    taken = Taken()
    async with VirtualRadio(4) as air:
        world = World(scenario, air)
        (facts,) = world.devices
        config = DeviceConfig(device="it", family="fitness_machine", address=facts.address)
        radio = Radio(air.client_backend, air.scanner_backend)
        station = StationLinks([config], radio, taken, now_ns, local_time=lambda: NOON)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(station.run())
            await world.run()
            running.cancel()
        assert driver_for(config).family == "fitness_machine"
    return taken


def samples(frames: list[Frame]) -> list[Sample]:
    ingest = Ingest([SensorConfig(device="it", family="fitness_machine", role=SensorRole.EXERCISE_MACHINE)])
    ingest.anchor(ClockAnchor(received_ns=0, utc_ns=0))
    ingest.connected("it")
    found = [one for frame in frames for one in ingest.feed(frame)]
    measured = [one for one in found if isinstance(one, Sample)]
    assert len(measured) == len(found)
    return [one for one in measured if one.code is not Code.BATTERY_PERCENT]


def test_a_scenario_can_have_each_of_them() -> None:
    assert set(get_args(DeviceSection.model_fields["machine"].annotation)) == set(KINDS) == set(TOLD)


@pytest.mark.parametrize("kind", sorted(KINDS))
@in_virtual_time
async def test_the_machine_is_heard_and_read(kind: str) -> None:
    taken = await heard(kind)
    assert LinkState.LIVE in taken.states
    assert LinkState.LOST not in taken.states
    measured = samples(taken.frames())
    assert {one.code for one in measured} == TOLD[kind]
    assert {one.quality for one in measured} == {Quality.GOOD}
    for code in TOLD[kind] - {Code.DISTANCE_M}:
        value, within = PACE[code]
        last = [one.value for one in measured if one.code is code][-1]
        assert last == pytest.approx(value, abs=within), code
    way = [one.value for one in measured if one.code is Code.DISTANCE_M]
    assert way == sorted(way, key=lambda metres: metres or 0.0)
