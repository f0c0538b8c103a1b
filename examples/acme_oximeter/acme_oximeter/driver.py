"""ACME OX-1: how to know it and what to subscribe to."""

from acme_oximeter import wire
from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver


class AcmeOximeter(Driver):
    """Values once a second, from the moment of subscribing."""

    family = "acme_oximeter"
    title = "ACME OX-1"
    required = (wire.NOTIFY,)
    subscriptions = (wire.NOTIFY,)
    data = frozenset({wire.NOTIFY})
    # Five reports missed: one that is late is no loss.
    stale_after_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name: it does not advertise its service."""
        return advertisement.name.startswith(wire.NAME_PREFIX)
