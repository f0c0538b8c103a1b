"""Viatom PC-60FW, OxySmart, POD-1."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from devices.link.connection import Connection
from protocols.ble import pc60fw
from protocols.ble.pc60fw import Enable


class Pc60Fw(Driver):
    """Values once a second; with the option `waveform` also the pleth."""

    family = "pc60fw"
    title = "Viatom PC-60FW, OxySmart, POD-1"
    own_options = frozenset({"waveform"})
    required = (pc60fw.NOTIFY,)
    subscriptions = (pc60fw.NOTIFY,)
    data = frozenset({pc60fw.NOTIFY})
    stale_after_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name alone: the service is the Nordic UART."""
        return advertisement.name.startswith(pc60fw.NAME_PREFIXES)

    async def start(self, connection: Connection) -> None:
        """It streams once subscribed; what is switched off inside it is switched on."""
        await self.subscribe(connection)
        if connection.has(pc60fw.WRITE):
            waveform = self.config.flag("waveform", default=False)
            await connection.write(pc60fw.WRITE, pc60fw.encode_frame(Enable()))
            await connection.write(pc60fw.WRITE, pc60fw.encode_frame(Enable(wave=True, on=waveform)))
