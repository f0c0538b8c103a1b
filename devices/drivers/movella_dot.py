"""Movella (Xsens) DOT."""

import asyncio
from dataclasses import replace

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import OptionError, SettingNotTakenError
from devices.link.connection import Connection
from protocols.ble import movella_dot, movella_dot_device
from protocols.ble.movella_dot import PayloadMode
from protocols.ble.movella_dot_device import (
    Apply,
    Control,
    decode_device_control,
    encode_control,
    encode_device_control,
)

# Acceleration and rate of turn with the sensor's own time; everything else is computed here.
MODE = PayloadMode.RATE
PAYLOAD = movella_dot.payload_characteristic(MODE)

# XD0506P rev. C, table 7; 120 Hz exists for recording inside the sensor only.
LIVE_RATES_HZ = (1, 4, 10, 12, 15, 20, 30, 60)

BATTERY_PERIOD_S = 60.0


class MovellaDot(Driver):
    """Acceleration and rate of turn at 60 Hz, or at the option `rate_hz`."""

    family = "movella_dot"
    title = "Movella (Xsens) DOT"
    own_options = frozenset({"rate_hz"})
    required = (PAYLOAD, movella_dot_device.CONTROL, movella_dot_device.DEVICE_CONTROL)
    subscriptions = (PAYLOAD,)
    data = frozenset({PAYLOAD})
    stale_after_s = 2.0
    first_data_within_s = 5.0

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        rate_hz = config.number("rate_hz", 60)
        if rate_hz not in LIVE_RATES_HZ:
            expected = f"one of {', '.join(map(str, LIVE_RATES_HZ))}"
            raise OptionError(config.device, "rate_hz", expected=expected, found=rate_hz)
        self._rate_hz = int(rate_hz)

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name, or by Movella's company number."""
        named = advertisement.name.startswith(movella_dot.NAME_PREFIXES)
        return named or movella_dot.COMPANY in advertisement.manufacturer_data

    async def start(self, connection: Connection) -> None:
        """Stop what an earlier session left running: settings are taken at rest only."""
        await self.subscribe(connection)
        await self._control(connection, running=False)
        settings = decode_device_control(await connection.read(movella_dot_device.DEVICE_CONTROL))
        if settings.output_rate_hz != self._rate_hz:
            wanted = replace(settings, apply=Apply.OUTPUT_RATE, output_rate_hz=self._rate_hz)
            await connection.write(movella_dot_device.DEVICE_CONTROL, encode_device_control(wanted))
            taken = decode_device_control(await connection.read(movella_dot_device.DEVICE_CONTROL))
            if taken.output_rate_hz != self._rate_hz:
                found = str(taken.output_rate_hz)
                raise SettingNotTakenError("output rate", expected=str(self._rate_hz), found=found)
        await self._control(connection, running=True)

    async def keep_alive(self, connection: Connection) -> None:
        """Its battery has a characteristic of its own."""
        while True:
            if connection.offers(movella_dot_device.BATTERY, "read"):
                await connection.read(movella_dot_device.BATTERY)
            await asyncio.sleep(BATTERY_PERIOD_S)

    async def farewell(self, connection: Connection) -> None:
        """It would measure on until its battery is empty."""
        await self._control(connection, running=False)

    async def _control(self, connection: Connection, *, running: bool) -> None:
        await connection.write(
            movella_dot_device.CONTROL, encode_control(Control(running=running, mode=MODE))
        )
