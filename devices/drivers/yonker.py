"""Yonker YK-IBPA1, YK-BPW5, METIKO MT-YK-BPA1."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.blood_pressure import BloodPressureCuff
from protocols.ble import yonker


class Yonker(BloodPressureCuff):
    """Says its result to whoever connects after the measurement. Its clock cannot be set."""

    family = "yonker"
    title = "Yonker YK-IBPA1, YK-BPW5, METIKO MT-YK-BPA1"
    required = (yonker.NOTIFY,)
    subscriptions = (yonker.NOTIFY,)
    data = frozenset({yonker.NOTIFY})
    # Its result names no user.
    own_options = frozenset()
    silence_completes_s = 15.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name: its service is not advertised, and differs in one digit from an oximeter's."""
        return advertisement.name.startswith(yonker.NAME_PREFIXES)
