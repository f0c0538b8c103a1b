"""A Yuwell oximeter: a notification of ten bytes a second."""

from collections.abc import Iterator
from math import ceil

from protocols.ble.codec.assigned_numbers import uuid16
from protocols.ble.yuwell import NOTIFY, Values, encode_values
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.uart import SerialLine
from simulators.sensors.oximeter import OximeterSensor

_NAME = "Yuwell BO-YX110"
# The service around FFE4 is not published; modules with that characteristic have this one.
_SERVICE = uuid16(0xFFE0)


class YuwellSource:
    """A reading at each whole second; that 0 stands for no value is an assumption."""

    def __init__(self, sensor: OximeterSensor) -> None:
        self._sensor = sensor

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Readings from `start_s` on, for ever."""
        at_s = ceil(start_s)
        while True:
            reading = self._sensor.reading(at_s)
            values = Values(
                pulse_rate_per_min=reading.pulse_rate_per_min or 0, spo2_percent=reading.spo2_percent or 0
            )
            yield TimedNotification(at_s=at_s, characteristic=NOTIFY, payload=encode_values(values))
            at_s += 1


class Yuwell(SerialLine):
    """The oximeter on the air."""

    service_uuid = _SERVICE
    notify_uuid = NOTIFY
    advertises_service = False


def build(around: BuildContext) -> VirtualDevice:
    """The oximeter of a scenario."""
    source = YuwellSource(around.oximeter())
    return VirtualDevice(
        section=around.section,
        local_name=_NAME,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: Yuwell(source, name=_NAME, address=around.address, elapsed_s=elapsed_s),
    )
