"""KingSmith WalkingPad A1, R1, R2, P1, X21."""

import asyncio

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from devices.link.connection import Connection
from protocols.ble import walkingpad

# The belt ignores what comes faster than about every 0.7 s (ph4-walkingpad, `minimal_cmd_space`).
POLL_PERIOD_S = 1.0


class WalkingPad(Driver):
    """What the belt does, asked for once a second. It is never told to move or to stop."""

    family = "walkingpad"
    title = "KingSmith WalkingPad A1, R1, R2, P1, X21"
    required = (walkingpad.WRITE, walkingpad.NOTIFY)
    subscriptions = (walkingpad.NOTIFY,)
    data = frozenset({walkingpad.NOTIFY})
    # Five questions without an answer.
    stale_after_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name: service FE00 is many gadgets'. Newer belts (KS-HD) keep the fitness machine profile."""
        return advertisement.name.startswith(walkingpad.NAME_PREFIXES)

    async def keep_alive(self, connection: Connection) -> None:
        """Ask, and ask again; the answers come as notifications."""
        question = walkingpad.encode_command(walkingpad.ASK_STATUS)
        while True:
            await connection.write(walkingpad.WRITE, question)
            await asyncio.sleep(POLL_PERIOD_S)
