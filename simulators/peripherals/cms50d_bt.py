"""A Contec CMS50D-BT: streams after five commands, and stops when nobody says a word for some seconds."""

from collections.abc import Iterator
from math import ceil
from typing import Unpack

import numpy as np

from protocols.ble.cms50d_bt import (
    KEEP_ALIVE_S,
    NOTIFY,
    WAVE_RATE_HZ,
    WRITE,
    Command,
    Values,
    Wave,
    decode_command,
    encode_frame,
)
from protocols.ble.codec.errors import DecodeError
from simulators.patient.ppg import PulseWave
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.peripherals.uart import SerialLine
from simulators.sensors.oximeter import OximeterSensor

# Three frames of six bytes fit a notification of the smallest link.
_FRAMES = 3
_NOTIFICATIONS_PER_S = WAVE_RATE_HZ // _FRAMES
_WITH_FINGER, _WITHOUT_FINGER = 0x06, 0x04
# The host should speak every 5 s; the device is a little more patient.
_PATIENCE_S = KEEP_ALIVE_S + 2.0
# The service is not published; the characteristics' numbers suggest the vendor's FF00.
_SERVICE = "0000ff00-0000-1000-8000-00805f9b34fb"


class Cms50dSource:
    """Pleth in threes, values at each whole second."""

    def __init__(self, sensor: OximeterSensor, pleth: PulseWave) -> None:
        self._sensor = sensor
        self._pleth = pleth

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Values from `start_s` on, for ever."""
        index = ceil(start_s * _NOTIFICATIONS_PER_S)
        while True:
            at_s = index / _NOTIFICATIONS_PER_S
            reading = self._sensor.reading(at_s)
            status = _WITHOUT_FINGER if reading.sensor_off else _WITH_FINGER
            t_s = at_s + (np.arange(_FRAMES) - _FRAMES) / WAVE_RATE_HZ
            words = [0] * _FRAMES if reading.sensor_off else self._pleth.words(t_s, low=0, high=100)
            waves = b"".join(encode_frame(Wave(status=status, pleth=word, bar=word // 7)) for word in words)
            yield TimedNotification(at_s=at_s, characteristic=NOTIFY, payload=waves)
            if index % _NOTIFICATIONS_PER_S == 0:
                values = Values(
                    status=status,
                    pulse_rate_per_min=min(reading.pulse_rate_per_min or 0, 127),
                    spo2_percent=reading.spo2_percent or 0,
                )
                yield TimedNotification(at_s=at_s, characteristic=NOTIFY, payload=encode_frame(values))
            index += 1


class Cms50dBt(SerialLine):
    """The oximeter on the air."""

    service_uuid = _SERVICE
    notify_uuid = NOTIFY
    write_uuid = WRITE
    advertises_service = False

    def __init__(self, source: Cms50dSource, **link: Unpack[Link]) -> None:
        super().__init__(source, **link)
        self._streams_until_s = -1.0

    def take(self, value: bytes) -> None:
        """Start, go on, stop; anything else is ignored."""
        try:
            command = decode_command(value)
        except DecodeError:
            return
        now_s = self.elapsed_s()
        if command is Command.START or (command is Command.KEEP_ALIVE and now_s < self._streams_until_s):
            self._streams_until_s = now_s + _PATIENCE_S
        elif command is Command.STOP:
            self._streams_until_s = -1.0

    def speaks(self, emission: TimedNotification) -> bool:
        """Only while somebody keeps it awake."""
        del emission
        return self.elapsed_s() < self._streams_until_s


def build(around: BuildContext) -> VirtualDevice:
    """The oximeter of a scenario."""
    source = Cms50dSource(around.oximeter(), around.pleth())
    return VirtualDevice(
        section=around.section,
        local_name="CMS50D-BT",
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: Cms50dBt(
            source, name="CMS50D-BT", address=around.address, elapsed_s=elapsed_s
        ),
    )
