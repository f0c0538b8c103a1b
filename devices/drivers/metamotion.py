"""MbientLab MetaMotion."""

from collections.abc import Iterable

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from devices.link.connection import Connection
from protocols.ble import metamotion
from protocols.ble.metamotion import Command, Mode, Source, encode_command

# Without the magnetometer: indoors it does more harm than good.
MODE = Mode.IMU_PLUS
SOURCES = (Source.CORRECTED_ACC, Source.CORRECTED_GYR)


class MetaMotion(Driver):
    """Corrected acceleration and rate of turn at the fixed 100 Hz of its sensor fusion."""

    family = "metamotion"
    title = "MbientLab MetaMotion"
    required = (metamotion.COMMAND, metamotion.NOTIFY)
    subscriptions = (metamotion.NOTIFY,)
    data = frozenset({metamotion.NOTIFY})
    stale_after_s = 2.0
    first_data_within_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By service or name."""
        named = advertisement.name.startswith(metamotion.NAME_PREFIXES)
        return named or metamotion.SERVICE in advertisement.service_uuids

    async def start(self, connection: Connection) -> None:
        """Stop what an earlier session left running, then start."""
        await self.subscribe(connection)
        await _send(connection, metamotion.stop(MODE))
        await _send(connection, metamotion.start(MODE, *SOURCES))

    async def farewell(self, connection: Connection) -> None:
        """Its sensors would stay on."""
        await _send(connection, metamotion.stop(MODE))


async def _send(connection: Connection, commands: Iterable[Command]) -> None:
    for command in commands:
        await connection.write(metamotion.COMMAND, encode_command(command), response=False)
