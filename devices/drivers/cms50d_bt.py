"""Contec CMS50D-BT."""

import asyncio

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from devices.link.connection import Connection
from protocols.ble import cms50d_bt
from protocols.ble.cms50d_bt import KEEP_ALIVE_S, START_SEQUENCE, Command, encode_command

# The public driver leaves this long between the commands.
COMMAND_PAUSE_S = 0.1


class Cms50dBt(Driver):
    """Values once a second, pleth at 60 Hz; stops by itself when nobody asks for it."""

    family = "cms50d_bt"
    title = "Contec CMS50D-BT"
    required = (cms50d_bt.WRITE, cms50d_bt.NOTIFY)
    subscriptions = (cms50d_bt.NOTIFY,)
    data = frozenset({cms50d_bt.NOTIFY})
    stale_after_s = 3.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name; units that call themselves otherwise need their address in the settings."""
        return "CMS50D" in advertisement.name

    async def start(self, connection: Connection) -> None:
        """The five commands of its own software."""
        await self.subscribe(connection)
        for command in START_SEQUENCE:
            await connection.write(cms50d_bt.WRITE, encode_command(command), response=False)
            await asyncio.sleep(COMMAND_PAUSE_S)

    async def keep_alive(self, connection: Connection) -> None:
        """Without a word every 5 s it ends the stream."""
        while True:
            await asyncio.sleep(KEEP_ALIVE_S)
            await connection.write(cms50d_bt.WRITE, encode_command(Command.KEEP_ALIVE), response=False)

    async def farewell(self, connection: Connection) -> None:
        """End the stream now, and not in five seconds."""
        await connection.write(cms50d_bt.WRITE, encode_command(Command.STOP), response=False)
