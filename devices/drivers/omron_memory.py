"""Omron cuffs that do not keep the Blood Pressure Profile: their readings are read out of their memory."""

from typing import ClassVar

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import OptionError, PairingError, UnknownModelError
from devices.link.connection import Connection
from protocols.ble import omron_advertisement, omron_eeprom
from protocols.ble.codec.assigned_numbers import BLOOD_PRESSURE_SERVICE, MODEL_NUMBER
from protocols.ble.codec.errors import DecodeError
from protocols.ble.omron_eeprom import (
    COMMON_KEY,
    NOTIFY,
    UNLOCK,
    WRITE,
    Kind,
    OmronAssembler,
    Packet,
    UnlockCommand,
    UnlockKind,
    UnlockReply,
    encode_unlock_command,
)
from protocols.ble.omron_memory_map import MAPS, MemoryMap, map_of

# It answers within a connection interval or two; somewhat later after an unlock.
ANSWER_TIMEOUT_S = 5.0

_PROGRAM = UnlockCommand(kind=UnlockKind.PROGRAM_KEY, key=COMMON_KEY)
_UNLOCK = UnlockCommand(kind=UnlockKind.UNLOCK, key=COMMON_KEY)
_ENTER = UnlockCommand(kind=UnlockKind.ENTER_PROGRAMMING)


class OmronMemory(Driver):
    """Unlocks the cuff with a key that it has learnt, and reads every slot of one user.

    The memory is only read. Of two users one is ours: the other's readings are another person's. Which model
    it is, it says itself, or the option `model` does; others keep other things at the same addresses.
    """

    family = "omron_memory"
    title = "Omron cuffs without the Blood Pressure Profile (HEM-7322T, HEM-7361T)"
    own_options = frozenset({"model", "user"})
    required: ClassVar[tuple[str, ...]] = (*NOTIFY, *WRITE, UNLOCK)
    subscriptions: ClassVar[tuple[str, ...]] = (UNLOCK, *NOTIFY)
    data = frozenset(NOTIFY)
    episodic = True
    advice = "hold the Bluetooth button for 3 to 5 s until a P blinks"

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        self._map = map_of(model) if (model := config.text("model")) else None
        if model and self._map is None:
            raise OptionError(config.device, "model", expected=f"one of {', '.join(MAPS)}", found=model)
        self._reads: tuple[tuple[int, int], ...] = ()
        self._user = int(config.number("user", 1))
        if self._user not in (1, 2):
            raise OptionError(config.device, "user", expected="1 or 2", found=self._user)

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """Omron's name, without the profile's service and without the counters of those that have it."""
        keeps_profile = (
            BLOOD_PRESSURE_SERVICE in advertisement.service_uuids
            or omron_advertisement.COMPANY in advertisement.manufacturer_data
        )
        return advertisement.name.startswith(omron_advertisement.NAME_PREFIXES) and not keeps_profile

    async def start(self, connection: Connection) -> None:
        """Know the model, unlock, and begin a session."""
        self._reads = (self._map or await _map_by_its_own_word(connection)).reads(self._user)
        await self.subscribe(connection)
        if not await _unlocked(connection):
            await _teach_key(connection)
        await _ask(connection, omron_eeprom.START, Kind.START_REPLY)

    async def keep_alive(self, connection: Connection) -> None:
        """Every slot, then the end of the session: with it the cuff goes to sleep."""
        for address, size in self._reads:
            await _ask(connection, omron_eeprom.read(address, size), Kind.READ_REPLY, address=address)
        await _ask(connection, omron_eeprom.END, Kind.END_REPLY)


async def _map_by_its_own_word(connection: Connection) -> MemoryMap:
    """Raises UnknownModelError: it does not say, or is none of which the map is known."""
    said = b""
    if connection.offers(MODEL_NUMBER, "read"):
        said = await connection.read(MODEL_NUMBER)
    model = said.decode("utf-8", "replace").strip("\0 ")
    found = map_of(model)
    if found is None:
        raise UnknownModelError(model, tuple(MAPS))
    return found


async def _unlocked(connection: Connection) -> bool:
    return (await _say(connection, _UNLOCK)).result == 0


async def _teach_key(connection: Connection) -> None:
    """In its pairing mode the cuff learns whatever key it is given.

    Raises:
        PairingError: it is not in its pairing mode, or did not take the key.
    """
    for command in (_ENTER, _PROGRAM, _UNLOCK):
        if (await _say(connection, command)).result:
            raise PairingError("the cuff does not know our key")


async def _say(connection: Connection, command: UnlockCommand) -> UnlockReply:
    def accept(payload: bytes) -> UnlockReply | None:
        try:
            reply = omron_eeprom.decode_unlock_reply(payload)
        except DecodeError:
            return None
        return reply if reply.kind is command.kind else None

    return await connection.request(
        UNLOCK,
        encode_unlock_command(command),
        answer_on=UNLOCK,
        accept=accept,
        timeout_s=ANSWER_TIMEOUT_S,
    )


async def _ask(connection: Connection, question: Packet, wanted: Kind, *, address: int = 0) -> Packet:
    """One packet out, one in; the answer comes in pieces over four characteristics."""
    assembler = OmronAssembler()

    def accept(channel: int, payload: bytes) -> Packet | None:
        for packet in assembler.feed(channel, payload):
            if isinstance(packet, Packet) and packet.kind is wanted and packet.address == address:
                return packet
        return None

    return await connection.converse(
        WRITE[0],
        omron_eeprom.encode_packet(question),
        answers_on=NOTIFY,
        accept=accept,
        timeout_s=ANSWER_TIMEOUT_S,
    )
