"""What a scenario does to the demo's station."""

import asyncio
from pathlib import Path
from typing import cast

import pytest

from monitor.cli.demo.station import BrokerPower, StationFaults
from monitor.clock import now_ns
from monitor.delivery import mqtt
from monitor.delivery.broker.nats import NatsServer
from monitor.delivery.errors import DeliveryError
from monitor.inputs import StationStatus
from simulators.radio.air import VirtualRadio
from simulators.radio.clock import pause_virtual_clock
from simulators.scenario.loader import Scenario
from simulators.scenario.world import World

FAULTS = [
    {"fault": "clock_set", "at_s": 10, "for_s": 1, "numbers": {"step_s": 3600}},
    {"fault": "clock_set", "at_s": 20, "for_s": 1, "numbers": {"step_s": -60}},
    {"fault": "disk_full", "at_s": 30, "for_s": 10},
    {"fault": "queue_late", "at_s": 50, "for_s": 10, "numbers": {"late_s": 4}},
    {"fault": "broker_down", "at_s": 70, "for_s": 15},
]


def scenario() -> Scenario:
    return Scenario.model_validate(
        {
            "name": "station",
            "title": "station",
            "seed": 3,
            "duration_s": 100,
            "timeline": [{"do": "fault", **fault} for fault in FAULTS],
        }
    )


class Power:
    """Notes when it is switched."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.switched: list[tuple[str, float]] = []

    async def on(self) -> None:
        self.switched.append(("on", round(self.world.elapsed_s(), 3)))

    async def off(self) -> None:
        self.switched.append(("off", round(self.world.elapsed_s(), 3)))


@pytest.mark.clock("virtual")
async def test_each_fault_holds_while_the_scenario_says_so() -> None:
    async with VirtualRadio(3) as air:
        world = World(scenario(), air)
        faults = StationFaults(world)
        wall_ns = faults.wall_clock(lambda: 0)
        power = Power(world)
        running = asyncio.gather(world.run(), faults.interrupt(cast("BrokerPower", power)))
        seen = {}
        for second in (5, 15, 25, 35, 45, 55, 65, 95):
            await asyncio.sleep(max(0.0, second - world.elapsed_s()))
            status = faults.status(StationStatus(received_ns=now_ns(), queue_late_s=0.5))
            seen[second] = (wall_ns() // 1_000_000_000, status.disk_full, status.queue_late_s)
        await running
    assert seen == {
        5: (0, False, 0.5),
        15: (3600, False, 0.5),
        25: (3540, False, 0.5),
        35: (3540, True, 0.5),
        45: (3540, False, 0.5),
        55: (3540, False, 4.0),
        65: (3540, False, 0.5),
        95: (3540, False, 0.5),
    }
    assert power.switched == [("off", 70.0), ("on", 85.0)]


async def test_what_is_really_wrong_is_not_covered_up() -> None:
    async with VirtualRadio(3) as air:
        faults = StationFaults(World(scenario(), air))
        bad = StationStatus(received_ns=1, queue_late_s=9.0, disk_full=True, self_check_missed=True)
        assert faults.status(bad) == bad


@pytest.mark.broker
async def test_a_broker_without_power_answers_nobody_and_comes_back(tmp_path: Path) -> None:
    broker = NatsServer(tmp_path / "broker", clinic="demo", station="station-1", hold=pause_virtual_clock)
    async with asyncio.TaskGroup() as group:
        power = BrokerPower(broker, group)
        await power.on()
        async with mqtt.connected(broker.station_broker(), client_id="one"):
            pass
        await power.off()
        with pytest.raises(DeliveryError):
            async with mqtt.connected(broker.station_broker(), client_id="one"):
                pass
        await power.on()
        async with mqtt.connected(broker.station_broker(), client_id="one"):
            pass
        await power.off()
        await power.off()
