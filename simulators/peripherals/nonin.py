"""A Nonin 3230: continuous oximetry once a second, big-endian; pulse intervals and pleth on request."""

from collections.abc import Iterator, Sequence
from typing import Unpack

import numpy as np

from protocols.ble.nonin import (
    CONTINUOUS,
    PPG,
    PPG_RATE_HZ,
    PULSE_INTERVALS,
    SERVICE,
    ContinuousOximetry,
    IntervalStatus,
    OximetryStatus,
    Ppg,
    Pulse,
    PulseIntervals,
    encode_continuous,
    encode_ppg,
    encode_pulse_intervals,
)
from simulators.patient.beats import Beats
from simulators.patient.ppg import PulseWave
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link, StreamingPeripheral
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Service, device_information_service
from simulators.sensors.battery import Battery
from simulators.sensors.oximeter import OximeterReading, OximeterSensor

_SAMPLES = 25
_MOST_PULSES = 6
_LOW_BATTERY_PERCENT = 20.0
# Two AAA cells.
_FULL_V, _EMPTY_V = 3.0, 2.0


class NoninSource:
    """Three streams: oximetry every second, pulses of that second, and a third of a second of pleth."""

    def __init__(self, sensor: OximeterSensor, pleth: PulseWave, beats: Beats, cell: Battery) -> None:
        self._sensor = sensor
        self._pleth = pleth
        self._beats = beats
        self._cell = cell

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Values from `start_s` on, for ever."""
        block = int(np.ceil(start_s * PPG_RATE_HZ / _SAMPLES))
        while True:
            at_s = block * _SAMPLES / PPG_RATE_HZ
            yield TimedNotification(at_s=at_s, characteristic=PPG, payload=self._wave(block, at_s))
            if block % (PPG_RATE_HZ // _SAMPLES) == 0:
                reading = self._sensor.reading(at_s)
                yield TimedNotification(at_s=at_s, characteristic=CONTINUOUS, payload=self._oximetry(reading))
                yield TimedNotification(
                    at_s=at_s, characteristic=PULSE_INTERVALS, payload=self._pulses(reading)
                )
            block += 1

    def _oximetry(self, reading: OximeterReading) -> bytes:
        percent = self._cell.percent(reading.t_s)
        status = OximetryStatus(0)
        if not reading.sensor_off:
            status |= OximetryStatus.SENSOR_ON_FINGER
        if reading.searching:
            status |= OximetryStatus.SEARCHING
        if reading.low_perfusion or reading.motion:
            status |= OximetryStatus.WEAK_SIGNAL
        if reading.spo2_percent is not None and not status & OximetryStatus.WEAK_SIGNAL:
            status |= OximetryStatus.SMART_POINT
        if percent < _LOW_BATTERY_PERCENT:
            status |= OximetryStatus.LOW_BATTERY
        return encode_continuous(
            ContinuousOximetry(
                status=status,
                battery_v=round(_EMPTY_V + (_FULL_V - _EMPTY_V) * percent / 100.0, 1),
                pulse_amplitude_index_percent=reading.perfusion_index_percent,
                counter_s=int(reading.t_s) & 0xFFFF,
                spo2_percent=reading.spo2_percent,
                pulse_rate_per_min=reading.pulse_rate_per_min,
            )
        )

    def _pulses(self, reading: OximeterReading) -> bytes:
        seen = reading.pulse_rate_per_min is not None
        intervals = self._beats.between(reading.t_s - 1.0, reading.t_s)[:_MOST_PULSES] if seen else ()
        return encode_pulse_intervals(
            PulseIntervals(
                counter=int(reading.t_s) & 0xFFFF,
                status=IntervalStatus(0) if seen else IntervalStatus.INVALID,
                pulses=tuple(
                    Pulse(
                        amplitude_index_0_01_percent=round(100 * reading.perfusion_index_percent),
                        interval_0_1_ms=round(1e4 * float(interval)),
                        bad=reading.motion,
                    )
                    for interval in intervals
                ),
            )
        )

    def _wave(self, block: int, at_s: float) -> bytes:
        t_s = at_s + (np.arange(_SAMPLES) - _SAMPLES) / PPG_RATE_HZ
        words = self._pleth.words(t_s, low=0, high=0xFFFF)
        return encode_ppg(Ppg(samples=tuple(words), counter=block & 0xFFFF))


class Nonin(StreamingPeripheral):
    """The oximeter on the air; every characteristic streams to whoever has subscribed to it."""

    def __init__(self, source: NoninSource, **link: Unpack[Link]) -> None:
        super().__init__(source, **link)
        for uuid in (CONTINUOUS, PULSE_INTERVALS, PPG):
            self.streams[uuid] = Characteristic(uuid=uuid, notify=True)

    @property
    def advertisement(self) -> Advertisement:
        """The vendor's service."""
        return Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        """Nonin's service and device information."""
        about = device_information_service(manufacturer="Nonin Medical, Inc.", model="3230")
        return [Service(uuid=SERVICE, characteristics=list(self.streams.values())), about]


def build(around: BuildContext) -> VirtualDevice:
    """The oximeter of a scenario."""
    source = NoninSource(around.oximeter(), around.pleth(), around.body.beats, around.battery)
    name = f"Nonin3230_{int(around.suffix, 16):09d}"
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: Nonin(source, name=name, address=around.address, elapsed_s=elapsed_s),
    )
