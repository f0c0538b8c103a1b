"""Colmi R02, R03, R06, R09, R10 rings."""

import asyncio

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import OptionError
from devices.link.connection import Connection
from protocols.ble import colmi_ring
from protocols.ble.colmi_ring import ASK_BATTERY, Action, Packet, Reading, encode_packet

MEASURES = {"heart_rate": Reading.HEART_RATE, "spo2": Reading.SPO2}
# The ring stops by itself after some 40 to 60 s (colmi_r02_client reads at most 40 s after a START); it goes
# on while it is told to in between.
CONTINUE_PERIOD_S = 20.0
BATTERY_PERIOD_S = 120.0


class ColmiRing(Driver):
    """Heart rate about once a second, or, with the option `measure` = "spo2", saturation: one at a time."""

    family = "colmi_ring"
    title = "Colmi R02, R03, R06, R09, R10 rings"
    own_options = frozenset({"measure"})
    required = (colmi_ring.WRITE, colmi_ring.NOTIFY)
    subscriptions = (colmi_ring.NOTIFY,)
    data = frozenset({colmi_ring.NOTIFY})
    # It reports about once a second, also while it searches and when it is not worn.
    stale_after_s = 8.0

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        measure = config.text("measure", "heart_rate")
        if measure not in MEASURES:
            raise OptionError(config.device, "measure", expected="heart_rate or spo2", found=measure)
        self._reading = MEASURES[measure]

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name; the service as well, where it is advertised."""
        named = advertisement.name.startswith(colmi_ring.NAME_PREFIXES)
        return named or colmi_ring.SERVICE in advertisement.service_uuids

    async def start(self, connection: Connection) -> None:
        """Light on."""
        await self.subscribe(connection)
        await self._say(connection, colmi_ring.measure(self._reading))

    async def keep_alive(self, connection: Connection) -> None:
        """Go on measuring, and tell the battery now and then."""
        passed_s = 0.0
        while True:
            if passed_s % BATTERY_PERIOD_S == 0:
                await self._say(connection, ASK_BATTERY)
            await asyncio.sleep(CONTINUE_PERIOD_S)
            passed_s += CONTINUE_PERIOD_S
            # One that has stopped begins anew with START; CONTINUE alone would not wake it.
            action = Action.CONTINUE if self._is_measuring(connection) else Action.START
            await self._say(connection, colmi_ring.measure(self._reading, action))

    async def farewell(self, connection: Connection) -> None:
        """Its battery does not last an evening with the light on."""
        await self._say(connection, colmi_ring.stop(self._reading))

    def _is_measuring(self, connection: Connection) -> bool:
        last_ns = connection.last_frame_ns
        return last_ns is not None and connection.now_ns() - last_ns < 3_000_000_000

    async def _say(self, connection: Connection, packet: Packet) -> None:
        await connection.write(colmi_ring.WRITE, encode_packet(packet))
