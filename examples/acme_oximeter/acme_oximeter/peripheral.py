"""A virtual ACME OX-1 on a virtual patient's finger."""

from collections.abc import Iterator
from math import ceil

from acme_oximeter import wire
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.uart import SerialLine
from simulators.sensors.oximeter import OximeterSensor

NAME = f"{wire.NAME_PREFIX} 0042"


class AcmeOximeterSource:
    """A frame at each whole second."""

    def __init__(self, sensor: OximeterSensor) -> None:
        self._sensor = sensor

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Frames from `start_s` on, for ever."""
        at_s = ceil(start_s)
        while True:
            reading = self._sensor.reading(at_s)
            values = wire.Values(
                spo2_percent=reading.spo2_percent or 0, pulse_rate_per_min=reading.pulse_rate_per_min or 0
            )
            yield TimedNotification(at_s=at_s, characteristic=wire.NOTIFY, payload=wire.encode_frame(values))
            at_s += 1


class AcmeOximeterOnAir(SerialLine):
    """Its GATT table."""

    service_uuid = wire.SERVICE
    notify_uuid = wire.NOTIFY
    advertises_service = False


def build(context: BuildContext) -> VirtualDevice:
    """The oximeter of a scenario."""
    source = AcmeOximeterSource(context.oximeter())
    return VirtualDevice(
        section=context.section,
        local_name=NAME,
        address=context.address,
        source=source,
        peripheral=lambda elapsed_s: AcmeOximeterOnAir(
            source, name=NAME, address=context.address, elapsed_s=elapsed_s
        ),
    )
