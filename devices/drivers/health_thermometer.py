"""Any thermometer that keeps the Bluetooth Health Thermometer Profile (service 0x1809)."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.blood_pressure import BloodPressureCuff
from protocols.ble import health_thermometer as hts


class HealthThermometer(BloodPressureCuff):
    """Comes with a reading and goes, as cuffs do; its clock is set the same way."""

    family = "health_thermometer"
    title = "thermometer (Bluetooth HTS profile)"
    own_options = frozenset()
    required = (hts.MEASUREMENT,)
    subscriptions = (hts.MEASUREMENT, hts.INTERMEDIATE)
    data = frozenset({hts.MEASUREMENT})

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """The profile makes the service part of the advertisement."""
        return hts.SERVICE in advertisement.service_uuids
