"""Any pulse oximeter that keeps the Bluetooth Pulse Oximeter Profile (service 0x1822)."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from devices.link.connection import Connection
from protocols.ble import pulse_oximeter as plx


class PulseOximeter(Driver):
    """Continuous values where the device has them, spot checks as well."""

    family = "pulse_oximeter"
    title = "pulse oximeter (Bluetooth PLX profile)"
    subscriptions = (plx.CONTINUOUS, plx.SPOT_CHECK)
    data = frozenset({plx.CONTINUOUS, plx.SPOT_CHECK})
    # Continuous measurements come once a second (PLXS 1.0, 3.2.1 leaves it open; no device is known to be
    # slower than 2 s).
    stale_after_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """The profile makes the service part of the advertisement."""
        return plx.SERVICE in advertisement.service_uuids

    def missing(self, connection: Connection) -> str | None:
        """One of the two measurements must be there (PLXS 1.0, table 3.1, condition C1)."""
        if connection.has(plx.CONTINUOUS) or connection.has(plx.SPOT_CHECK):
            return None
        return plx.CONTINUOUS

    async def start(self, connection: Connection) -> None:
        """Notifications flow as soon as they are enabled."""
        # Only spot checks: they come when the patient has held still, which may be never. That is no silence.
        connection.silence_tolerated = not connection.has(plx.CONTINUOUS)
        await self.subscribe(connection)
