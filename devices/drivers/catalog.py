"""All drivers, in the order in which they are offered an advertisement: the particular first."""

from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import UnknownFamilyError
from protocols.families import FamilyTable

_BY_FAMILY: FamilyTable[type[Driver]] = FamilyTable("driver")
DRIVERS: tuple[type[Driver], ...] = tuple(_BY_FAMILY.values())


def driver_for(config: DeviceConfig) -> Driver:
    """A driver for one configured device.

    Raises:
        UnknownFamilyError: no driver serves its family.
        OptionError: its options do not fit.
    """
    for driver in DRIVERS:
        if driver.family == config.family:
            return driver(config)
    raise UnknownFamilyError(config.family, tuple(sorted(driver.family for driver in DRIVERS)))
