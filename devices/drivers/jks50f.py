"""JKS50F finger oximeters, which call themselves "OXIMETER"."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from protocols.ble import jks50f


class Jks50f(Driver):
    """Values from the moment of subscribing."""

    family = "jks50f"
    title = 'JKS50F and relatives ("OXIMETER")'
    required = (jks50f.NOTIFY,)
    subscriptions = (jks50f.NOTIFY,)
    data = frozenset({jks50f.NOTIFY})
    stale_after_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name: service FFE0 is countless gadgets'. Another service under that name is another product."""
        named = advertisement.name.startswith(jks50f.NAME_PREFIXES)
        services = advertisement.service_uuids
        return named and (not services or jks50f.SERVICE in services)
