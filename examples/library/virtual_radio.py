"""A virtual strap on a virtual radio, read with bleak itself: nothing of the service is needed."""

import asyncio

from bleak import BleakClient, BleakScanner

from protocols.ble.heart_rate import MEASUREMENT, decode_measurement
from simulators.radio.air import VirtualRadio
from simulators.radio.clock import run
from simulators.scenario.loader import Scenario
from simulators.scenario.world import World

SCENARIO = Scenario.model_validate(
    {
        "name": "one-strap",
        "title": "one strap",
        "seed": 3,
        "duration_s": 60,
        "devices": [{"name": "strap", "family": "heart_rate", "role": "heart_rate_strap"}],
    }
)


async def main() -> None:
    """Scan, connect, subscribe, and print ten seconds of heart rate."""
    async with VirtualRadio(3) as radio, asyncio.TaskGroup() as group:
        world = group.create_task(World(SCENARIO, radio).run())
        (device,) = await BleakScanner.discover(5.0, backend=radio.scanner_backend)
        async with BleakClient(device, backend=radio.client_backend) as client:
            rates: list[int] = []
            await client.start_notify(
                MEASUREMENT, lambda _, data: rates.append(decode_measurement(bytes(data)).heart_rate_per_min)
            )
            await asyncio.sleep(10.0)
        print("heart rate", *rates)
        world.cancel()


if __name__ == "__main__":
    run(main, clock="virtual")
