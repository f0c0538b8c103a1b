"""A pulse oximeter that keeps the Bluetooth Pulse Oximeter Profile: continuous measurement, once a second."""

from collections.abc import Iterator, Sequence
from math import ceil, nan
from typing import Unpack

from protocols.ble.pulse_oximeter import (
    CONTINUOUS,
    FEATURES,
    SERVICE,
    DeviceAndSensorStatus,
    MeasurementStatus,
    PlxContinuousMeasurement,
    PlxFeature,
    PlxFeatures,
    encode_continuous,
    encode_features,
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
from simulators.sensors.oximeter import OximeterReading, OximeterSensor

# Every status bit that `measurement_of` can set: the features characteristic says so.
_STATUS_SUPPORT = (
    MeasurementStatus.ONGOING
    | MeasurementStatus.VALIDATED
    | MeasurementStatus.UNAVAILABLE
    | MeasurementStatus.QUESTIONABLE
)
_SENSOR_SUPPORT = (
    DeviceAndSensorStatus.SENSOR_UNCONNECTED_TO_USER
    | DeviceAndSensorStatus.SIGNAL_ANALYSIS_ONGOING
    | DeviceAndSensorStatus.ERRATIC_SIGNAL
    | DeviceAndSensorStatus.QUESTIONABLE_PULSE
    | DeviceAndSensorStatus.LOW_PERFUSION
)


def measurement_of(reading: OximeterReading) -> PlxContinuousMeasurement:
    """The reading in the profile's words: no value is NaN, what is wrong is in the two status fields."""
    sensor = DeviceAndSensorStatus(0)
    if reading.sensor_off:
        sensor |= DeviceAndSensorStatus.SENSOR_UNCONNECTED_TO_USER
    if reading.searching:
        sensor |= DeviceAndSensorStatus.SIGNAL_ANALYSIS_ONGOING
    if reading.motion:
        sensor |= DeviceAndSensorStatus.ERRATIC_SIGNAL | DeviceAndSensorStatus.QUESTIONABLE_PULSE
    if reading.low_perfusion:
        sensor |= DeviceAndSensorStatus.LOW_PERFUSION
    if reading.spo2_percent is None:
        status = MeasurementStatus.UNAVAILABLE
    elif reading.motion:
        status = MeasurementStatus.ONGOING | MeasurementStatus.QUESTIONABLE
    else:
        status = MeasurementStatus.ONGOING | MeasurementStatus.VALIDATED
    return PlxContinuousMeasurement(
        spo2_percent=nan if reading.spo2_percent is None else float(reading.spo2_percent),
        pulse_rate_per_min=nan if reading.pulse_rate_per_min is None else float(reading.pulse_rate_per_min),
        measurement_status=status,
        sensor_status=sensor,
        pulse_amplitude_index_percent=reading.perfusion_index_percent,
    )


class PulseOximeterSource:
    """What the oximeter sends: one continuous measurement a second."""

    def __init__(self, sensor: OximeterSensor) -> None:
        self._sensor = sensor

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """One value at each whole second from `start_s` on, for ever."""
        second = ceil(start_s)
        while True:
            reading = self._sensor.reading(float(second))
            payload = encode_continuous(measurement_of(reading))
            yield TimedNotification(at_s=float(second), characteristic=CONTINUOUS, payload=payload)
            second += 1


class PulseOximeter(StreamingPeripheral):
    """The oximeter on the air: streams as soon as somebody subscribes."""

    def __init__(self, source: PulseOximeterSource, cell: Battery, **link: Unpack[Link]) -> None:
        super().__init__(source, **link)
        self._cell = cell
        self._continuous = Characteristic(uuid=CONTINUOUS, notify=True)
        self.streams[CONTINUOUS] = self._continuous

    @property
    def advertisement(self) -> Advertisement:
        """The profile's service."""
        return Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        """Pulse oximeter, battery, device information."""
        features = PlxFeatures(
            features=PlxFeature.PULSE_AMPLITUDE_INDEX,
            measurement_status_support=_STATUS_SUPPORT,
            sensor_status_support=_SENSOR_SUPPORT,
        )
        oximeter = Service(
            uuid=SERVICE,
            characteristics=[
                self._continuous,
                Characteristic(uuid=FEATURES, read=encode_features(features)),
            ],
        )
        level, _ = battery_service(lambda: round(self._cell.percent(self.elapsed_s())))
        about = device_information_service(manufacturer="kinewatch", model="virtual oximeter")
        return [oximeter, level, about]


def build(around: BuildContext) -> VirtualDevice:
    """The oximeter of a scenario."""
    source = PulseOximeterSource(around.oximeter())
    name = f"Oximeter {around.suffix}"
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: PulseOximeter(
            source, around.battery, name=name, address=around.address, elapsed_s=elapsed_s
        ),
    )
