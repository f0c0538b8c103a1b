"""A JKS50F oximeter ("OXIMETER"): one frame of 69 bytes a second, cut into notifications."""

from collections.abc import Iterator
from math import ceil

from protocols.ble.jks50f import NOTIFY, SERVICE, Values, encode_frame
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.uart import SerialLine
from simulators.sensors.oximeter import OximeterSensor

_NAME = "OXIMETER"
# Its 127 means "none": a true 127 is not shown (and neither is anything above what fits).
_NO_RATE = 127
_FINGER_IN, _FINGER_OUT = 0, 1
# How it cuts its frames is not published; it is an old product with the smallest MTU.
_PIECE = 20


class Jks50fSource:
    """A frame at each whole second."""

    def __init__(self, sensor: OximeterSensor) -> None:
        self._sensor = sensor

    def frame(self, at_s: float) -> bytes:
        """What it says at that second."""
        reading = self._sensor.reading(at_s)
        rate = reading.pulse_rate_per_min
        return encode_frame(
            Values(
                finger_flag=_FINGER_OUT if reading.sensor_off else _FINGER_IN,
                spo2_percent=reading.spo2_percent,
                pulse_rate_per_min=None if rate == _NO_RATE else rate,
                perfusion_index_percent=round(reading.perfusion_index_percent, 2),
            )
        )

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """The pieces of each frame from `start_s` on, for ever."""
        at_s = ceil(start_s)
        while True:
            frame = self.frame(at_s)
            for at in range(0, len(frame), _PIECE):
                yield TimedNotification(at_s=at_s, characteristic=NOTIFY, payload=frame[at : at + _PIECE])
            at_s += 1


class Jks50f(SerialLine):
    """The oximeter on the air."""

    service_uuid = SERVICE
    notify_uuid = NOTIFY


def build(around: BuildContext) -> VirtualDevice:
    """The oximeter of a scenario."""
    source = Jks50fSource(around.oximeter())
    return VirtualDevice(
        section=around.section,
        local_name=_NAME,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: Jks50f(source, name=_NAME, address=around.address, elapsed_s=elapsed_s),
    )
