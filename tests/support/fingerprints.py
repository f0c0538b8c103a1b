"""A scenario's fingerprint: everything that a station receives, and everything that its core says of it."""

import asyncio
import hashlib

from devices.adapter.radio import Radio
from devices.drivers.driver import DeviceConfig
from devices.frames import Frame, LinkEvent
from devices.link.group import StationLinks
from monitor.outputs import to_json
from simulators.radio.air import VirtualRadio
from simulators.radio.clock import run
from simulators.scenario.loader import load
from simulators.scenario.world import World
from tests.support.core_run import run_core


def over_the_air(name: str, seconds: float) -> str:
    """What the station's drivers hand on over the virtual radio, and when, as `count digest`."""
    heard: list[Frame | LinkEvent] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        scenario = load(name)
        async with VirtualRadio(scenario.seed) as air:
            world = World(scenario, air)
            configs = [
                DeviceConfig(device=one.device, family=one.family, role=one.role, address=one.address)
                for one in world.devices
            ]
            links = StationLinks(
                configs,
                Radio(air.client_backend, air.scanner_backend),
                heard.append,
                lambda: int(loop.time() * 1e9),
                local_time=scenario.begins_at.astimezone,
                unit_random=lambda: 0.5,
            )
            tasks = [asyncio.create_task(world.run()), asyncio.create_task(links.run())]
            await asyncio.sleep(seconds)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    run(main, clock="virtual")
    digest = hashlib.sha256("\n".join(map(repr, heard)).encode())
    return f"{len(heard)} {digest.hexdigest()}"


def of_the_core(name: str) -> str:
    """What the session's core says of the scenario, as `count digest`."""
    outputs = run_core(load(name)).outputs
    digest = hashlib.sha256("\n".join(map(to_json, outputs)).encode())
    return f"{len(outputs)} {digest.hexdigest()}"
