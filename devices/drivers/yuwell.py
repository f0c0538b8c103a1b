"""Yuwell finger oximeters."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from protocols.ble import yuwell


class Yuwell(Driver):
    """Values from the moment of subscribing. A single frame is published: compare with its display first."""

    family = "yuwell"
    title = "Yuwell oximeters"
    required = (yuwell.NOTIFY,)
    subscriptions = (yuwell.NOTIFY,)
    data = frozenset({yuwell.NOTIFY})
    stale_after_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name: characteristic FFE4 is shared with many."""
        return advertisement.name.startswith(yuwell.NAME_PREFIXES)
