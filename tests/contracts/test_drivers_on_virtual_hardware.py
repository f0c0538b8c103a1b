"""Each driver with the virtual device of its family, over real GATT: two readings of one protocol meet."""

import asyncio
from typing import Any

import pytest

from devices.adapter.radio import Radio
from devices.adapter.scanner import family_of
from devices.drivers.catalog import DRIVERS, driver_for
from devices.drivers.driver import DeviceConfig
from devices.frames import LinkState
from devices.link.group import StationLinks
from protocols.families import registration
from simulators.peripherals.catalog import FAMILIES
from simulators.radio.air import VirtualRadio
from simulators.scenario.loader import Scenario
from simulators.scenario.world import World
from tests.devices.links import NOON, Taken
from tests.support.virtual_time import in_virtual_time, now_ns

EPISODIC = {driver.family for driver in DRIVERS if driver.episodic}
SERVED = sorted(FAMILIES)


def scenario_of(family: str) -> Scenario:
    """One device of the family, and where it is a cuff, somebody who starts it twice."""
    section: dict[str, Any] = {"name": "sensor", "family": family, "role": registration(family).kind.value}
    measures = [{"at_s": at_s, "do": "measure", "device": "sensor"} for at_s in (5.0, 180.0)]
    return Scenario.model_validate(
        {
            "name": "one-device",
            "title": family,
            "seed": 11,
            "duration_s": 400 if family in EPISODIC else 45,
            "devices": [section],
            "timeline": measures if family in EPISODIC else [],
        }
    )


def test_every_driver_is_tried_here() -> None:
    assert set(SERVED) == {driver.family for driver in DRIVERS}


@pytest.mark.parametrize("family", SERVED)
@in_virtual_time
async def test_the_driver_understands_the_virtual_device(family: str) -> None:
    taken = Taken()
    async with VirtualRadio(11, passkey=lambda address: air.peripherals[address].passkey) as air:
        world = World(scenario_of(family), air)
        (facts,) = world.devices
        config = DeviceConfig(device="sensor", family=family, address=facts.address)
        radio = Radio(air.client_backend, air.scanner_backend)
        station = StationLinks(
            [config], radio, taken, now_ns, local_time=lambda: NOON, unit_random=lambda: 0.0
        )
        async with asyncio.TaskGroup() as group:
            running = group.create_task(station.run())
            await world.run()
            data = driver_for(config).data
            frames = [frame for frame in taken.frames() if frame.characteristic in data]
            if family in EPISODIC:
                visits = [event for event in taken.events if event.reason.startswith("complete")]
                assert len(visits) >= 2
                assert len(frames) >= 2
            else:
                assert taken.states.count(LinkState.LIVE) == 1
                assert len(frames) >= 35
            assert LinkState.LOST not in taken.states
            assert LinkState.GIVEN_UP not in taken.states
            running.cancel()


@pytest.mark.parametrize("family", SERVED)
@in_virtual_time
async def test_its_advertisement_leads_to_the_driver(family: str) -> None:
    async with VirtualRadio(11) as air:
        world = World(scenario_of(family), air)
        taken = Taken()
        config = DeviceConfig(device="sensor", family=family)
        station = StationLinks([config], Radio(air.client_backend, air.scanner_backend), taken, now_ns)
        async with asyncio.TaskGroup() as group:
            playing = group.create_task(world.run())
            running = group.create_task(station.run())
            async with asyncio.timeout(250.0):
                while LinkState.FOUND not in taken.states:  # noqa: ASYNC110 -- there is no event for it
                    await asyncio.sleep(0.1)
            (sighting,) = station.discovery.in_range()
            assert family_of(sighting.advertisement, DRIVERS) == family
            playing.cancel()
            running.cancel()
