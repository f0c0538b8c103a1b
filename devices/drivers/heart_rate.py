"""Any heart-rate strap that keeps the Bluetooth Heart Rate Profile (service 0x180D)."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from protocols.ble import heart_rate as hrs


class HeartRateStrap(Driver):
    """Heart rate and RR intervals, once a second."""

    family = "heart_rate"
    title = "heart-rate strap (Bluetooth HRS profile)"
    required = (hrs.MEASUREMENT,)
    subscriptions = (hrs.MEASUREMENT,)
    data = frozenset({hrs.MEASUREMENT})
    # HRS 1.0, 3.1.1: typically once a second.
    stale_after_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """The profile makes the service part of the advertisement."""
        return hrs.SERVICE in advertisement.service_uuids
