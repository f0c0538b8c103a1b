"""A session with everything that is left to chance in it, as a list of what the station saw and when."""

import asyncio
from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from simulators.peripherals.peripheral import Peripheral
from simulators.radio.air import VirtualRadio
from simulators.radio.link_layer.link import LinkBehaviour
from tests.simulators.radio.virtual_sensors import RECORDS, VALUES, Recorder, Streamer


async def record_a_session(*, seed: int, direct: bool = True, more: Peripheral | None = None) -> list[Any]:
    """Scan, connect to a streamer and a recorder, bond, lose a link, come back; give every event."""
    loop = asyncio.get_running_loop()
    start_s = loop.time()
    events: list[Any] = []

    def log(*event: Any) -> None:
        events.append([round(loop.time() - start_s, 9), *event])

    def on_found(device: BLEDevice, said: AdvertisementData) -> None:
        log("found", device.address, device.name, said.rssi, said.service_uuids)

    async with VirtualRadio(seed, direct=direct) as radio:
        streamer = Streamer(behaviour=LinkBehaviour(event_loss_rate=0.05))
        recorder = Recorder()
        for peripheral in (streamer, recorder, more):
            if peripheral is not None:
                await radio.add(peripheral)
        async with BleakScanner(on_found, backend=radio.scanner_backend) as scanner:
            await asyncio.sleep(3.0)
        devices = {device.name: device for device in scanner.discovered_devices}

        async def stream() -> None:
            client = BleakClient(
                devices["Streamer"], lambda _: log("lost", "Streamer"), backend=radio.client_backend
            )
            for _ in range(2):
                await client.connect()
                log("connected", "Streamer", client.mtu_size)
                await client.start_notify(VALUES, lambda _, value: log("value", value.hex()))
                await asyncio.sleep(5.0)
                radio.drop_link(streamer.address)
                await asyncio.sleep(0.5)

        async def collect() -> None:
            device = devices["Recorder"]
            async with BleakClient(
                device, lambda _: log("lost", "Recorder"), backend=radio.client_backend
            ) as client:
                await client.pair()
                log("paired", "Recorder")
                await client.start_notify(RECORDS, lambda _, value: log("record", value.decode()))
                await asyncio.sleep(1.0)

        await asyncio.gather(stream(), collect())
    return events
