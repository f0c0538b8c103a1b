"""An ear thermometer of the Health Thermometer Profile: awake after a reading, delivers it, hangs up."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from protocols.ble.codec import assigned_numbers
from protocols.ble.date_time import DateTime, encode_date_time
from protocols.ble.health_thermometer import (
    MEASUREMENT,
    SERVICE,
    Site,
    TemperatureMeasurement,
    encode_measurement,
)
from protocols.ble.ieee11073 import medical_float
from simulators.peripherals.blood_pressure import BloodPressureCuff
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import (
    Characteristic,
    Service,
    battery_service,
    device_information_service,
)
from simulators.sensors.cuff import CuffReading

# The virtual patient's temperature: nothing that happens to it changes it.
TEMPERATURE_CEL = 36.7
_DELIVERY_S = 3.0


def reading_of(taken_at: datetime) -> bytes:
    """One record."""
    return encode_measurement(
        TemperatureMeasurement(
            temperature=medical_float(TEMPERATURE_CEL),
            timestamp=DateTime.from_datetime(taken_at),
            site=Site.EAR,
        )
    )


class ThermometerSource:
    """A record a few seconds after each reading."""

    def __init__(self, around: BuildContext) -> None:
        self._around = around

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Records of the readings that are delivered at or after `start_s`."""
        for reading in self._around.cycles:
            at_s = reading.end_s + _DELIVERY_S
            if at_s >= start_s:
                payload = reading_of(self._around.local_time(reading.end_s))
                yield TimedNotification(at_s=at_s, characteristic=MEASUREMENT, payload=payload)


class Thermometer(BloodPressureCuff):
    """The thermometer on the air: a reading comes and goes as a cuff's does."""

    model = "virtual thermometer"

    @property
    def advertisement(self) -> Advertisement:
        """The profile's service."""
        return Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        """Thermometer with a clock that can be set, battery, device information."""
        self.measurement = Characteristic(uuid=MEASUREMENT, indicate=True, security=self.security)
        clock = Characteristic(
            uuid=assigned_numbers.DATE_TIME,
            read=lambda: encode_date_time(DateTime.from_datetime(self.now())),
            write=self.write_date_time,
        )
        level, _ = battery_service(lambda: round(self.cell.percent(self.elapsed_s())))
        about = device_information_service(manufacturer=self.manufacturer, model=self.model)
        return [Service(uuid=SERVICE, characteristics=[self.measurement, clock]), level, about]

    def record(self, reading: CuffReading, taken_at: datetime) -> bytes:
        """The temperature, when the reading ended."""
        del reading
        return reading_of(taken_at)


def build(around: BuildContext) -> VirtualDevice:
    """The thermometer of a scenario."""
    name = f"Thermometer {around.suffix}"
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=ThermometerSource(around),
        peripheral=lambda elapsed_s: Thermometer(
            around.cycles,
            around.battery,
            name=name,
            address=around.address,
            elapsed_s=elapsed_s,
            local_time=around.local_time,
        ),
        episodic=True,
        cycles=around.cycles,
    )
