"""FORA and TaiDoc cuffs: P20, P30, P80, D40, TNG BP, TD-3128, TD-3140."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import LinkTimeoutError, OptionError
from devices.link.connection import Connection
from protocols.ble import fora
from protocols.ble.codec.errors import DecodeError
from protocols.ble.date_time import DateTime
from protocols.ble.fora import Command, Opcode, Reply, decode_reply, encode_command

ANSWER_TIMEOUT_S = 5.0


class Fora(Driver):
    """Set its clock, ask for its newest readings, oldest of them first, and switch it off.

    It hands out what is in its memory and does not say what is new; the option `user` (1 to 4) asks for one
    person's readings only.
    """

    family = "fora"
    title = "FORA P20, P30, P80, D40, TNG BP; TaiDoc TD-3128, TD-3140"
    own_options = frozenset({"user"})
    required = (fora.DATA,)
    subscriptions = (fora.DATA,)
    data = frozenset({fora.DATA})
    episodic = True
    bonds = True
    advice = "take a reading, wait until its Bluetooth sign blinks, and pair it then"

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        user = config.number("user", fora.ANYBODY)
        if user not in range(fora.MOST_USERS + 1):
            raise OptionError(config.device, "user", expected=f"1 to {fora.MOST_USERS}", found=user)
        self._user = int(user)

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name: its service is that of Nordic's button example, and of its maker's thermometers."""
        return advertisement.name.upper().startswith(fora.CUFF_NAMES)

    async def start(self, connection: Connection) -> None:
        """A cuff that does not take the time still has readings."""
        await self.subscribe(connection)
        # How its records are read depends on the product; one that does not say is read strictly.
        await self._try(connection, Command(opcode=Opcode.MODEL))
        if connection.local_time is not None and self.sets_clock:
            now = connection.local_time()
            clock = DateTime(now.year, now.month, now.day, now.hour, now.minute, 0)
            await self._try(connection, fora.set_clock(clock))

    async def keep_alive(self, connection: Connection) -> None:
        """The count first: it says how many records follow."""
        count = (await self._ask(connection, fora.record_count(user=self._user))).number
        for index in reversed(range(min(count, fora.NEWEST_RECORDS))):
            await self._ask(connection, fora.record_time(index, user=self._user))
            await self._ask(connection, fora.record_values(index, user=self._user))

    async def farewell(self, connection: Connection) -> None:
        """It would wait for a minute, and hand out everything once more."""
        await connection.write(fora.DATA, encode_command(Command(opcode=Opcode.TURN_OFF)))

    async def _try(self, connection: Connection, command: Command) -> None:
        try:
            await self._ask(connection, command)
        except LinkTimeoutError:
            return

    async def _ask(self, connection: Connection, command: Command) -> Reply:
        def accept(payload: bytes) -> Reply | None:
            try:
                reply = decode_reply(payload)
            except DecodeError:
                return None
            return reply if reply.opcode is command.opcode else None

        return await connection.request(
            fora.DATA,
            encode_command(command),
            answer_on=fora.DATA,
            accept=accept,
            timeout_s=ANSWER_TIMEOUT_S,
        )
