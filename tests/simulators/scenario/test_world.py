import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bleak import BleakClient, BleakScanner

from protocols.ble.heart_rate import MEASUREMENT
from simulators.radio.air import VirtualRadio
from simulators.radio.errors import UnknownPeripheralError
from simulators.scenario.loader import Scenario, load, parse
from simulators.scenario.world import World
from tests.support.virtual_time import in_virtual_time

TEXT = """
name = "two"
title = "A strap and a cuff"
seed = 8
duration_s = 60
timeline = [
  { at_s = 5, do = "command", verb = "begin", role = "therapist" },
  { at_s = 2, do = "measure", device = "cuff" },
  { at_s = 3, do = "set", exercise = "knee_extension", repetitions = 3 },
  FAULTS
]
[[devices]]
name = "strap"
family = "heart_rate"
role = "heart_rate_strap"
[[devices]]
name = "cuff"
family = "blood_pressure"
role = "cuff"
arm = "left"
[expect]
rom_within_deg = 4
allowed = ["T1"]
alerts = [{ rule = "G9", after_s = 10, before_s = 20, priority = "low", device = "cuff" }]
"""


def two(faults: str = "") -> Scenario:
    return parse(TEXT.replace("FAULTS", faults), Path("two.toml"))


@asynccontextmanager
async def strap_of(world: World, air: VirtualRadio) -> AsyncIterator[tuple[asyncio.Event, list[float]]]:
    """A client on the strap: the end of its link, and the instants at which something came."""
    address = world.devices[0].address
    found = await BleakScanner.find_device_by_address(address, timeout=30, backend=air.scanner_backend)
    assert found is not None
    heard: list[float] = []
    gone = asyncio.Event()
    async with BleakClient(
        found, backend=air.client_backend, disconnected_callback=lambda _: gone.set()
    ) as client:
        await client.start_notify(MEASUREMENT, lambda *_: heard.append(world.elapsed_s()))
        yield gone, heard


def test_truth_can_be_asked_before_anything_runs() -> None:
    world = World(two(), VirtualRadio(1))
    truth = world.truth
    assert truth.start_ns == 0
    assert truth.end_ns == 60 * 10**9
    assert world.elapsed_s() == 0.0
    (done,) = truth.sets
    assert [one.partial for one in done.repetitions] == [False] * 3
    first = done.repetitions[0]
    assert done.start_ns == first.start_ns == 3 * 10**9
    assert first.start_ns < first.turn_ns < first.end_ns <= done.repetitions[1].start_ns
    assert done.end_ns == done.repetitions[-1].end_ns
    assert first.concentric_s + first.hold_s + first.eccentric_s == pytest.approx(
        (first.end_ns - first.start_ns) / 1e9, abs=1e-6
    )
    (cycle,) = truth.cuff_readings
    assert (cycle.device, cycle.start_ns) == ("cuff", 2 * 10**9)
    (command,) = truth.commands
    assert (command.at_ns, command.verb, command.role) == (5 * 10**9, "begin", "therapist")
    (alert,) = truth.alerts
    assert (alert.event, alert.rule, alert.device, alert.priority) == ("G9", "G9", "cuff", "low")
    assert truth.allowed == ("T1",)
    assert truth.rom_within_deg == 4


def test_what_a_station_has_to_know() -> None:
    strap, cuff = World(two(), VirtualRadio(1)).devices
    assert (strap.device, strap.family, strap.role) == ("strap", "heart_rate", "heart_rate_strap")
    assert (cuff.family, cuff.arm) == ("blood_pressure", "left")
    assert strap.address != cuff.address
    assert strap.local_name.startswith("Strap ")


@in_virtual_time
async def test_it_runs_for_its_duration_on_the_loops_clock() -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(1000.0)
    async with VirtualRadio(1) as air:
        world = World(two(), air)
        began_s = loop.time()
        running = asyncio.create_task(world.run())
        async with strap_of(world, air) as (gone, heard):
            await running
            assert not gone.is_set()
        assert loop.time() - began_s == pytest.approx(60.0, abs=0.5)
        assert world.truth.start_ns == pytest.approx(began_s * 1e9, abs=1e6)
        assert world.truth.sets[0].start_ns == world.truth.start_ns + 3 * 10**9
        assert len(heard) == pytest.approx(58, abs=2)
        assert set(air.peripherals) == {device.address for device in world.devices}


@pytest.mark.parametrize(
    ("fault", "lost_at_s", "back_from_s"),
    [("link_loss", 20.0, 30.0), ("out_of_range", 24.0, 30.0), ("battery_death", 24.0, 30.0)],
)
@in_virtual_time
async def test_faults_of_the_radio_happen_when_they_are_planned(
    fault: str, lost_at_s: float, back_from_s: float
) -> None:
    entry = f'{{ at_s = 20, do = "fault", fault = "{fault}", device = "strap", for_s = 10 }},'
    async with VirtualRadio(1) as air:
        world = World(two(entry), air)
        running = asyncio.create_task(world.run())
        async with strap_of(world, air) as (gone, heard):
            await gone.wait()
            assert world.elapsed_s() == pytest.approx(lost_at_s, abs=1.0)
            assert heard[-1] < 20.5
        async with strap_of(world, air) as (_, heard):
            assert back_from_s <= world.elapsed_s() < back_from_s + 2.0
            await running
            assert len(heard) > 20
        assert world.truth.faults[0].fault == fault


@in_virtual_time
async def test_values_are_lost_while_the_fault_holds() -> None:
    entry = '{ at_s = 20, do = "fault", fault = "loss", device = "strap", for_s = 10, '
    entry += "numbers = { share = 1.0 } },"
    async with VirtualRadio(1) as air:
        world = World(two(entry), air)
        running = asyncio.create_task(world.run())
        async with strap_of(world, air) as (_, heard):
            await running
        assert [at_s for at_s in heard if 20.1 < at_s < 30.0] == []
        assert len([at_s for at_s in heard if 31.0 < at_s < 59.0]) >= 27


@in_virtual_time
async def test_a_wrong_device_looks_like_the_right_one_and_has_other_values() -> None:
    entry = '{ at_s = 10, do = "fault", fault = "wrong_device", device = "strap", for_s = 30 },'
    async with VirtualRadio(1) as air:
        world = World(two(entry), air)
        running = asyncio.create_task(world.run())
        await asyncio.sleep(15.0)
        right = world.devices[0]
        (wrong,) = [
            one
            for one in air.peripherals.values()
            if one.address not in {device.address for device in world.devices}
        ]
        assert wrong.name == right.local_name
        found = await BleakScanner.find_device_by_address(
            wrong.address, timeout=10, backend=air.scanner_backend
        )
        assert found is not None
        assert found.name == right.local_name
        await running
        assert set(air.peripherals) == {device.address for device in world.devices}


@in_virtual_time
async def test_a_fault_that_outlasts_the_scenario_holds_nobody_up() -> None:
    entry = '{ at_s = 50, do = "fault", fault = "out_of_range", device = "strap", for_s = 500 },'
    async with VirtualRadio(1) as air:
        world = World(two(entry), air)
        await world.run()
        assert world.elapsed_s() == pytest.approx(60.0, abs=0.5)


@in_virtual_time
async def test_faults_of_the_station_are_told_and_not_done() -> None:
    entry = '{ at_s = 10, do = "fault", fault = "broker_down", for_s = 5 }, '
    entry += '{ at_s = 20, do = "fault", fault = "crowded_air", for_s = 5 },'
    async with VirtualRadio(1) as air:
        world = World(two(entry), air)
        await world.run()
        assert [one.fault for one in world.truth.faults] == ["broker_down", "crowded_air"]
        assert world.truth.faults[0].device is None


@in_virtual_time
async def test_an_absent_device_is_not_there() -> None:
    scenario = two()
    strap = scenario.devices[0].model_copy(update={"absent": True})
    scenario = scenario.model_copy(update={"devices": (strap, scenario.devices[1])})
    async with VirtualRadio(1) as air:
        world = World(scenario, air)
        await world.run()
        assert list(air.peripherals) == [world.devices[1].address]


@in_virtual_time
async def test_a_fault_of_a_device_that_is_not_there_is_an_error_of_the_run() -> None:
    entry = '{ at_s = 10, do = "fault", fault = "link_loss", device = "strap", for_s = 5 },'
    scenario = two(entry)
    strap = scenario.devices[0].model_copy(update={"absent": True})
    scenario = scenario.model_copy(update={"devices": (strap, scenario.devices[1])})
    async with VirtualRadio(1) as air:
        with pytest.raises(ExceptionGroup) as caught:
            await World(scenario, air).run()
        assert caught.group_contains(UnknownPeripheralError)


def test_the_demo_scenario_says_what_the_demo_shows() -> None:
    truth = World(load("knee-extension"), VirtualRadio(1)).truth
    assert [len(done.repetitions) for done in truth.sets] == [10, 10, 10]
    assert {alert.event for alert in truth.alerts} == {
        "desaturation",
        "hypertension",
        "imu_link_loss",
        "battery_low",
    }
    loss = next(one for one in truth.faults if one.fault == "link_loss")
    # It drops out in a rest: repetition counts stay exact.
    first, second, _ = truth.sets
    assert first.end_ns < loss.start_ns
    assert loss.end_ns + 10 * 10**9 < second.start_ns
