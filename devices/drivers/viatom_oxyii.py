"""Wellue O2Ring-S."""

import asyncio
from collections.abc import Callable

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from devices.link.connection import Connection
from protocols.ble import viatom_oxyii
from protocols.ble.codec.errors import DecodeError
from protocols.ble.date_time import DateTime
from protocols.ble.viatom_oxyii import Command, Opcode, Reply, ViatomOxyIIFramer, encode_command

POLL_PERIOD_S = 1.0


class ViatomOxyII(Driver):
    """Live values asked for once a second. While it records by itself it cannot be spoken to.

    Its address changes with every reset: give its `serial` in the options, and it is found again.
    """

    family = "viatom_oxyii"
    title = "Wellue O2Ring-S"
    required = (viatom_oxyii.WRITE, viatom_oxyii.NOTIFY)
    subscriptions = (viatom_oxyii.NOTIFY,)
    data = frozenset({viatom_oxyii.NOTIFY})
    stale_after_s = 5.0

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        self._open: Connection | None = None

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By the name and the service of its speaking state; `T8520_...` is the same ring, recording."""
        named = advertisement.name.startswith(viatom_oxyii.NAME_PREFIXES)
        speaks = viatom_oxyii.SERVICE in advertisement.service_uuids
        return named or (speaks and viatom_oxyii.COMPANY in advertisement.manufacturer_data)

    async def serial_number(self, connection: Connection) -> str | None:
        """From its device information, which the standard service does not have."""
        await self._authenticate(connection)
        frame = encode_command(Command(opcode=Opcode.DEVICE_INFO))
        return await connection.request(
            viatom_oxyii.WRITE, frame, answer_on=viatom_oxyii.NOTIFY, accept=_serial()
        )

    async def start(self, connection: Connection) -> None:
        """Authentication, set-up, clock: in the order that is known not to wedge it."""
        await self._authenticate(connection)
        await self._send(connection, Command(opcode=Opcode.SETUP))
        if connection.local_time is not None and self.sets_clock:
            clock = DateTime.from_datetime(connection.local_time())
            await self._send(connection, viatom_oxyii.set_time(clock))

    async def keep_alive(self, connection: Connection) -> None:
        """Ask, and ask again; the answers come as notifications."""
        while True:
            await self._send(connection, Command(opcode=Opcode.LIVE))
            await asyncio.sleep(POLL_PERIOD_S)

    async def _authenticate(self, connection: Connection) -> None:
        """Once a connection, before anything else; the time in the key is compared with no clock."""
        if self._open is connection:
            return
        self._open = connection
        await connection.subscribe(viatom_oxyii.NOTIFY)
        now_s = int(connection.local_time().timestamp()) if connection.local_time else 0
        await self._send(connection, viatom_oxyii.authenticate(now_s))

    async def _send(self, connection: Connection, command: Command) -> None:
        await connection.write(viatom_oxyii.WRITE, encode_command(command))


def _serial() -> Callable[[bytes], str | None]:
    framer = ViatomOxyIIFramer()

    def accept(payload: bytes) -> str | None:
        for reply in framer.feed(payload):
            if isinstance(reply, Reply) and reply.opcode is Opcode.DEVICE_INFO:
                try:
                    return viatom_oxyii.decode_info(reply.content).serial_number
                except DecodeError:
                    return ""
        return None

    return accept
