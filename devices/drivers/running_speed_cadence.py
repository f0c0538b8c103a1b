"""Any foot pod that keeps the Bluetooth Running Speed and Cadence Profile (service 0x1814)."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from protocols.ble import running_speed_cadence as rsc


class RunningSpeedCadence(Driver):
    """Speed and cadence of a walk; distance where the pod counts it."""

    family = "running_speed_cadence"
    title = "foot pod (Bluetooth RSC profile)"
    required = (rsc.MEASUREMENT,)
    subscriptions = (rsc.MEASUREMENT,)
    data = frozenset({rsc.MEASUREMENT})
    # RSCS 1.0, 3.1: typically once a second.
    stale_after_s = 8.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """The profile makes the service part of the advertisement."""
        return rsc.SERVICE in advertisement.service_uuids
