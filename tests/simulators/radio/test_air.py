"""The whole way: bleak's own client and scanner, through the radio, to a simulated sensor and back."""

import asyncio
import time

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak_retry_connector import establish_connection

from simulators.radio.air import VirtualRadio
from simulators.radio.errors import AddressTakenError, UnknownPeripheralError
from tests.simulators.battery_sensor import BatterySensor


pytestmark = pytest.mark.clock("virtual")


async def test_a_sensor_is_found_connected_read_and_heard() -> None:
    loop = asyncio.get_running_loop()
    async with VirtualRadio(1) as radio:
        await radio.add(BatterySensor(name="Battery"))
        device = await BleakScanner.find_device_by_name("Battery", backend=radio.scanner_backend)
        assert device is not None
        heard: list[tuple[float, int]] = []
        gone: list[float] = []
        async with BleakClient(
            device, lambda _: gone.append(loop.time()), backend=radio.client_backend
        ) as client:
            assert await client.read_gatt_char("2a19") == bytes([100])
            assert await client.read_gatt_char("2a29") == b"Nobody"
            await client.start_notify("2a19", lambda _, value: heard.append((loop.time(), value[0])))
            await asyncio.sleep(5.0)
        assert [level for _, level in heard] == [99, 98, 97, 96, 95]
        assert len(gone) == 1
