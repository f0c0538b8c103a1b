"""Jumper JPD-500F/G and the oximeters that call themselves "My Oximeter"."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from protocols.ble import jumper


class Jumper(Driver):
    """Values once a second and pleth, from the moment of subscribing."""

    family = "jumper"
    title = 'Jumper JPD-500F/G ("My Oximeter"), PLS-01BT'
    required = (jumper.NOTIFY,)
    subscriptions = (jumper.NOTIFY,)
    data = frozenset({jumper.NOTIFY})
    stale_after_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By service; by name only where no service is advertised, since one of the names is `Medical`."""
        if advertisement.service_uuids:
            return jumper.SERVICE in advertisement.service_uuids
        return advertisement.name.startswith(jumper.NAME_PREFIXES)
