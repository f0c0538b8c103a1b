"""A Jumper JPD-500F ("My Oximeter"): values once a second, ten samples of pleth ten times a second."""

from collections.abc import Iterator
from math import ceil

import numpy as np

from protocols.ble.jumper import NOTIFY, SERVICE, WRITE, Pleth, Values, encode_notification
from simulators.patient.ppg import PulseWave
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.uart import SerialLine
from simulators.sensors.oximeter import OximeterSensor

# The published frames have ten samples; that they come at 100 Hz is an assumption.
_SAMPLES = 10
_WAVES_PER_S = 10
_NAME = "My Oximeter"


class JumperSource:
    """Pleth, and values at each whole second."""

    def __init__(self, sensor: OximeterSensor, pleth: PulseWave) -> None:
        self._sensor = sensor
        self._pleth = pleth

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Values from `start_s` on, for ever."""
        index = ceil(start_s * _WAVES_PER_S)
        while True:
            at_s = index / _WAVES_PER_S
            reading = self._sensor.reading(at_s)
            t_s = at_s + (np.arange(_SAMPLES) - _SAMPLES) / (_SAMPLES * _WAVES_PER_S)
            words = self._pleth.words(t_s, low=0, high=127) if reading.spo2_percent else [0] * _SAMPLES
            wave = encode_notification(Pleth(samples=tuple(words)))
            yield TimedNotification(at_s=at_s, characteristic=NOTIFY, payload=wave)
            if index % _WAVES_PER_S == 0:
                values = Values(
                    pulse_rate_per_min=reading.pulse_rate_per_min,
                    spo2_percent=reading.spo2_percent,
                    perfusion_index_percent=round(reading.perfusion_index_percent, 1),
                )
                yield TimedNotification(at_s=at_s, characteristic=NOTIFY, payload=encode_notification(values))
            index += 1


class Jumper(SerialLine):
    """The oximeter on the air."""

    service_uuid = SERVICE
    notify_uuid = NOTIFY
    write_uuid = WRITE


def build(around: BuildContext) -> VirtualDevice:
    """The oximeter of a scenario."""
    source = JumperSource(around.oximeter(), around.pleth())
    return VirtualDevice(
        section=around.section,
        local_name=_NAME,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: Jumper(source, name=_NAME, address=around.address, elapsed_s=elapsed_s),
    )
