"""Nonin 3230, 3231 and WristOx2 3150, by Nonin's own service: it says more than the profile."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from devices.link.connection import Connection
from protocols.ble import nonin


class Nonin(Driver):
    """Oximetry once a second; with the option `waveform` also pulse intervals and pleth."""

    family = "nonin"
    title = "Nonin 3230, 3231, WristOx2 3150"
    own_options = frozenset({"waveform"})
    required = (nonin.CONTINUOUS,)
    subscriptions = (nonin.CONTINUOUS,)
    data = frozenset({nonin.CONTINUOUS})
    # One frame a second, also while it searches and without a finger.
    stale_after_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By Nonin's service, or by name: newer units advertise the SIG service only."""
        named = advertisement.name.startswith(nonin.NAME_PREFIXES)
        return named or nonin.SERVICE in advertisement.service_uuids

    async def start(self, connection: Connection) -> None:
        """There is no start command."""
        await self.subscribe(connection)
        if self.config.flag("waveform", default=False):
            for characteristic in (nonin.PULSE_INTERVALS, nonin.PPG):
                if connection.has(characteristic):
                    await connection.subscribe(characteristic)
