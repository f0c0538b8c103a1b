"""A chest strap that keeps the Bluetooth Heart Rate Profile: rate, RR intervals and battery level."""

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Unpack

from protocols.ble import battery
from protocols.ble.heart_rate import (
    BODY_SENSOR_LOCATION,
    MEASUREMENT,
    RR_UNITS_PER_S,
    SERVICE,
    BodyLocation,
    HeartRateMeasurement,
    SensorContact,
    encode_body_sensor_location,
    encode_measurement,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link, StreamingPeripheral
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import (
    Characteristic,
    Service,
    battery_service,
    device_information_service,
)
from simulators.sensors.battery import Battery
from simulators.sensors.strap import StrapReading, StrapSensor

# The strap's own second does not begin with the oximeter's.
_PHASE_S = 0.37


def measurement_of(reading: StrapReading) -> HeartRateMeasurement:
    """The reading in the profile's words; RR intervals in units of 1/1024 s."""
    return HeartRateMeasurement(
        heart_rate_per_min=reading.heart_rate_per_min,
        sensor_contact=SensorContact.DETECTED if reading.contact else SensorContact.NOT_DETECTED,
        rr_intervals_1_1024_s=tuple(round(rr_s * RR_UNITS_PER_S) for rr_s in reading.rr_s),
    )


class HeartRateSource:
    """What the strap sends: a measurement a second, its battery's level whenever that has changed."""

    def __init__(self, sensor: StrapSensor, cell: Battery) -> None:
        self._sensor = sensor
        self._cell = cell

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Values from `start_s` on, for ever; the first battery level comes with the first measurement."""
        second = ceil(start_s - _PHASE_S)
        level: int | None = None
        while True:
            at_s = second + _PHASE_S
            payload = encode_measurement(measurement_of(self._sensor.reading(at_s)))
            yield TimedNotification(at_s=at_s, characteristic=MEASUREMENT, payload=payload)
            now = round(self._cell.percent(at_s))
            if now != level:
                level = now
                yield TimedNotification(
                    at_s=at_s, characteristic=battery.LEVEL, payload=battery.encode_level(now)
                )
            second += 1


class HeartRateStrap(StreamingPeripheral):
    """The strap on the air."""

    def __init__(self, source: HeartRateSource, cell: Battery, **link: Unpack[Link]) -> None:
        super().__init__(source, **link)
        self._measurement = Characteristic(uuid=MEASUREMENT, notify=True)
        self._battery_service, level = battery_service(lambda: round(cell.percent(self.elapsed_s())))
        self.streams[MEASUREMENT] = self._measurement
        self.streams[battery.LEVEL] = level

    @property
    def advertisement(self) -> Advertisement:
        """The profile's service."""
        return Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        """Heart rate, battery, device information."""
        chest = encode_body_sensor_location(BodyLocation.CHEST)
        heart_rate = Service(
            uuid=SERVICE,
            characteristics=[self._measurement, Characteristic(uuid=BODY_SENSOR_LOCATION, read=chest)],
        )
        about = device_information_service(manufacturer="kinewatch", model="virtual strap")
        return [heart_rate, self._battery_service, about]


def build(around: BuildContext) -> VirtualDevice:
    """The strap of a scenario."""
    source = HeartRateSource(around.strap(), around.battery)
    name = f"Strap {around.suffix}"
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: HeartRateStrap(
            source, around.battery, name=name, address=around.address, elapsed_s=elapsed_s
        ),
    )
