"""Viatom and Wellue O2Ring, Checkme O2, SleepU, WearO2, KidsO2, Oxylink."""

import asyncio

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from devices.link.connection import Connection
from protocols.ble import viatom_o2
from protocols.ble.viatom_o2 import REQUEST_REALTIME, REQUEST_WAVEFORM, WRITE_SIZE

# The ring measures once a second and pushes nothing.
POLL_PERIOD_S = 1.0


class ViatomO2(Driver):
    """Values asked for once a second; with the option `waveform` the answer brings the pleth as well."""

    family = "viatom_o2"
    title = "Wellue/Viatom O2Ring, Checkme O2, SleepU, Oxylink"
    own_options = frozenset({"waveform"})
    required = (viatom_o2.WRITE, viatom_o2.NOTIFY)
    subscriptions = (viatom_o2.NOTIFY,)
    data = frozenset({viatom_o2.NOTIFY})
    # Five questions without an answer.
    stale_after_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name: the BP2 cuffs have the same service and company number, and speak differently."""
        return advertisement.name.startswith(viatom_o2.NAME_PREFIXES)

    async def keep_alive(self, connection: Connection) -> None:
        """Ask, and ask again; the answers come as notifications."""
        question = REQUEST_WAVEFORM if self.config.flag("waveform", default=False) else REQUEST_REALTIME
        frame = viatom_o2.encode_command(question)
        while True:
            for at in range(0, len(frame), WRITE_SIZE):
                await connection.write(viatom_o2.WRITE, frame[at : at + WRITE_SIZE])
            await asyncio.sleep(POLL_PERIOD_S)
