"""Any wheel or crank sensor that keeps the Bluetooth Cycling Speed and Cadence Profile (service 0x1816)."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import OptionError
from protocols.ble import cycling_speed_cadence as csc

# From a child's wheel to a 29-inch tyre (m).
WHEEL_RANGE_M = (0.5, 3.0)


class CyclingSpeedCadence(Driver):
    """Cadence; speed as well where the option `wheel_circumference_m` says how far a turn goes."""

    family = "cycling_speed_cadence"
    title = "cycling cadence or speed sensor (Bluetooth CSC profile)"
    own_options = frozenset({"wheel_circumference_m"})
    required = (csc.MEASUREMENT,)
    subscriptions = (csc.MEASUREMENT,)
    data = frozenset({csc.MEASUREMENT})
    # About once a second while something turns; some say nothing for seconds when it does not, then sleep.
    stale_after_s = 10.0

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        low, high = WHEEL_RANGE_M
        wheel_m = config.number("wheel_circumference_m", low)
        if not low <= wheel_m <= high:
            expected = f"metres, {low:g} to {high:g}"
            raise OptionError(config.device, "wheel_circumference_m", expected=expected, found=wheel_m)

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """The profile makes the service part of the advertisement."""
        return csc.SERVICE in advertisement.service_uuids
