"""BerryMed BM1000 and its relatives."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from protocols.ble import berrymed


class BerryMed(Driver):
    """Values and pleth at 100 Hz, four frames a notification, from the moment of subscribing."""

    family = "berrymed"
    title = "BerryMed BM1000"
    required = (berrymed.NOTIFY,)
    subscriptions = (berrymed.NOTIFY,)
    data = frozenset({berrymed.NOTIFY})
    # 25 notifications a second, finger or not.
    stale_after_s = 3.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name alone: the service is a transparent UART that countless gadgets have."""
        return advertisement.name.startswith(berrymed.NAME_PREFIXES)
