"""All drivers, in the order in which they are offered an advertisement: the particular first."""

from devices.blood_pressure import BloodPressureCuff
from devices.driver import DeviceConfig, Driver
from devices.errors import UnknownFamilyError
from devices.heart_rate import HeartRateStrap
from devices.pulse_oximeter import PulseOximeter
from devices.witmotion import WitMotion

DRIVERS: tuple[type[Driver], ...] = (
    WitMotion,
    # Any product that keeps a profile, after every family that has its own driver for it.
    PulseOximeter,
    BloodPressureCuff,
    HeartRateStrap,
)


def driver_for(config: DeviceConfig) -> Driver:
    """A driver for one configured device.

    Raises:
        UnknownFamilyError: no driver serves its family.
    """
    for driver in DRIVERS:
        if driver.family == config.family:
            return driver(config)
    raise UnknownFamilyError(config.family, tuple(sorted(driver.family for driver in DRIVERS)))
