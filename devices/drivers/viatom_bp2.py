"""Viatom and Wellue BP2, BP2A, BP2W."""

import asyncio
from collections.abc import Callable

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from devices.errors import LinkTimeoutError, SilenceError
from devices.link.connection import Connection
from protocols.ble import viatom_bp2
from protocols.ble.codec.errors import DecodeError
from protocols.ble.date_time import DateTime
from protocols.ble.viatom_bp2 import Command, Opcode, Reply, State, ViatomBp2Framer, encode_command

# Twice a second would show nothing more: a measurement takes half a minute, its result stays until it is
# dismissed.
POLL_PERIOD_S = 2.0
ANSWER_TIMEOUT_S = 5.0
UNANSWERED_TOLERATED = 3
RESULT_STATES = frozenset({State.RESULT, State.TRIPLE_RESULT})


class ViatomBp2(Driver):
    """Looks at the cuff's state, and asks for the result once when there is one.

    It only looks. Some of this cuff's opcodes inflate it, one of them under the name "echo": nothing is sent
    that the codec does not name, and the codec names none of those.
    """

    family = "viatom_bp2"
    title = "Wellue/Viatom BP2, BP2A, BP2W"
    required = (viatom_bp2.WRITE, viatom_bp2.NOTIFY)
    subscriptions = (viatom_bp2.NOTIFY,)
    data = frozenset({viatom_bp2.NOTIFY})
    episodic = True

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name: the O2 rings have the same service and company number, and speak differently."""
        return advertisement.name.startswith(viatom_bp2.NAME_PREFIXES)

    async def start(self, connection: Connection) -> None:
        """Set its clock, so that its records can be told from each other."""
        await self.subscribe(connection)
        if connection.local_time is not None and self.sets_clock:
            clock = DateTime.from_datetime(connection.local_time())
            await connection.write(viatom_bp2.WRITE, encode_command(viatom_bp2.set_time(clock)))

    async def keep_alive(self, connection: Connection) -> None:
        """Until the cuff switches itself off."""
        told = False
        unanswered = 0
        while unanswered < UNANSWERED_TOLERATED:
            state = await _state(connection)
            unanswered = unanswered + 1 if state is None else 0
            if state in RESULT_STATES and not told:
                await connection.write(viatom_bp2.WRITE, encode_command(Command(opcode=Opcode.REALTIME)))
            told = state in RESULT_STATES
            await asyncio.sleep(POLL_PERIOD_S)
        raise SilenceError(unanswered * ANSWER_TIMEOUT_S)


async def _state(connection: Connection) -> int | None:
    """What the cuff is doing; None if it does not say."""
    try:
        return await connection.request(
            viatom_bp2.WRITE,
            encode_command(Command(opcode=Opcode.REGISTERS)),
            answer_on=viatom_bp2.NOTIFY,
            accept=_registers(),
            timeout_s=ANSWER_TIMEOUT_S,
        )
    except LinkTimeoutError:
        return None


def _registers() -> Callable[[bytes], int | None]:
    framer = ViatomBp2Framer()

    def accept(payload: bytes) -> int | None:
        for reply in framer.feed(payload):
            if isinstance(reply, Reply) and reply.opcode is Opcode.REGISTERS:
                try:
                    return viatom_bp2.decode_registers(reply.content).state
                except DecodeError:
                    return None
        return None

    return accept
