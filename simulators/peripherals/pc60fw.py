"""A Viatom PC-60FW: values once a second, pleth when it is switched on, battery now and then."""

from collections.abc import Iterator
from math import ceil
from typing import Unpack

import numpy as np

from protocols.ble.codec.errors import DecodeError
from protocols.ble.pc60fw import (
    NOTIFY,
    SERVICE,
    WAVE_SAMPLES,
    WRITE,
    Battery,
    Enable,
    ValueFlags,
    Values,
    Wave,
    decode_frame,
    encode_frame,
)
from simulators.patient.beats import Beats
from simulators.patient.ppg import PulseWave
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.peripherals.uart import SerialLine
from simulators.sensors import battery
from simulators.sensors.oximeter import OximeterReading, OximeterSensor

# Ten frames of five samples a second.
_WAVE_RATE_HZ = 50
_WAVES_PER_S = _WAVE_RATE_HZ // WAVE_SAMPLES
_BATTERY_EVERY_S = 30


class Pc60FwSource:
    """Everything that the device can send; what is switched off is left out on the air."""

    def __init__(self, sensor: OximeterSensor, pleth: PulseWave, beats: Beats, cell: battery.Battery) -> None:
        self._sensor = sensor
        self._pleth = pleth
        self._beats = beats
        self._cell = cell

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Values from `start_s` on, for ever."""
        index = ceil(start_s * _WAVES_PER_S)
        while True:
            at_s = index / _WAVES_PER_S
            for frame in self._frames(index, at_s):
                yield TimedNotification(at_s=at_s, characteristic=NOTIFY, payload=encode_frame(frame))
            index += 1

    def _frames(self, index: int, at_s: float) -> Iterator[Values | Wave | Battery]:
        t_s = at_s + (np.arange(WAVE_SAMPLES + 1) - WAVE_SAMPLES) / _WAVE_RATE_HZ
        beats = np.diff(np.floor(self._beats.phase(t_s))) > 0
        yield Wave(
            samples=tuple(self._pleth.words(t_s[:-1], low=0, high=127)),
            beats=tuple(bool(one) for one in beats),
        )
        if index % _WAVES_PER_S == 0:
            yield _values(self._sensor.reading(at_s))
            if index % (_WAVES_PER_S * _BATTERY_EVERY_S) == 0:
                yield Battery(level=min(3, int(self._cell.percent(at_s) / 25.0)))


def _values(reading: OximeterReading) -> Values:
    flags = ValueFlags(0)
    if reading.sensor_off:
        flags |= ValueFlags.PROBE_OFF
    if reading.searching:
        flags |= ValueFlags.SEARCHING
    return Values(
        spo2_percent=reading.spo2_percent or 0,
        pulse_rate_per_min=reading.pulse_rate_per_min or 0,
        perfusion_index_percent=round(reading.perfusion_index_percent, 1),
        flags=flags,
    )


class Pc60Fw(SerialLine):
    """The oximeter on the air: values from the subscription on, pleth when asked for."""

    service_uuid = SERVICE
    notify_uuid = NOTIFY
    write_uuid = WRITE

    def __init__(self, source: Pc60FwSource, **link: Unpack[Link]) -> None:
        super().__init__(source, **link)
        self.sends_values = True
        self.sends_wave = True

    def take(self, value: bytes) -> None:
        """Switch a stream on or off; anything else is ignored."""
        try:
            command = decode_frame(value)
        except DecodeError:
            return
        if isinstance(command, Enable):
            if command.wave:
                self.sends_wave = command.on
            else:
                self.sends_values = command.on

    def speaks(self, emission: TimedNotification) -> bool:
        """What is switched on."""
        match decode_frame(emission.payload):
            case Wave():
                return self.sends_wave
            case Values():
                return self.sends_values
            case _:
                return True


def build(around: BuildContext) -> VirtualDevice:
    """The oximeter of a scenario."""
    source = Pc60FwSource(around.oximeter(), around.pleth(), around.body.beats, around.battery)
    name = f"PC-60F_SN{int(around.suffix, 16):06d}"
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: Pc60Fw(source, name=name, address=around.address, elapsed_s=elapsed_s),
    )
