"""Any power meter or trainer that keeps the Bluetooth Cycling Power Profile (service 0x1818)."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from protocols.ble import cycling_power


class CyclingPower(Driver):
    """Power, and cadence where the meter counts the crank."""

    family = "cycling_power"
    title = "cycling power meter (Bluetooth CPS profile)"
    required = (cycling_power.MEASUREMENT,)
    subscriptions = (cycling_power.MEASUREMENT,)
    data = frozenset({cycling_power.MEASUREMENT})
    # About once a second while the crank turns; some say nothing for seconds when it does not, then sleep.
    stale_after_s = 10.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """The profile makes the service part of the advertisement."""
        return cycling_power.SERVICE in advertisement.service_uuids
