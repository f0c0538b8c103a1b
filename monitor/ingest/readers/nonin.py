"""Nonin: oximetry once a second; with the waveform option the pleth as well."""

from devices.frames import Frame
from monitor.ingest.oximetry import Pleth, oximetry
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code
from monitor.sensors import SensorConfig
from protocols.ble import nonin
from protocols.ble.nonin import OximetryStatus

# The continuous frame says only that the battery is low; its documents call that "replace the batteries
# now". A level below the alert's first limit says the same.
LOW_BATTERY_PERCENT = 15.0


class NoninReader(Reader):
    """One oximeter."""

    family = "nonin"
    streams = frozenset({nonin.CONTINUOUS})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._pleth = Pleth(rate_hz=nonin.PPG_RATE_HZ)

    def read(self, frame: Frame) -> list[Measured]:
        """The continuous frame, the status, the pleth."""
        if frame.characteristic == nonin.CONTINUOUS:
            return self._oximetry(frame)
        if frame.characteristic == nonin.STATUS:
            status = nonin.decode_status(frame.payload)
            return [self.sample(frame, Code.BATTERY_PERCENT, float(min(status.battery_percent, 100)))]
        if frame.characteristic == nonin.PPG:
            return self._pleth.block(self, frame, nonin.decode_ppg(frame.payload).samples)
        return []

    def _oximetry(self, frame: Frame) -> list[Measured]:
        said = nonin.decode_continuous(frame.payload)
        poor = set()
        if OximetryStatus.SENSOR_ON_FINGER not in said.status:
            poor.add("sensor_off")
        if OximetryStatus.SEARCHING in said.status:
            poor.add("searching")
        if OximetryStatus.WEAK_SIGNAL in said.status:
            poor.add("weak_signal")
        out: list[Measured] = []
        if OximetryStatus.LOW_BATTERY in said.status:
            out.append(self.sample(frame, Code.BATTERY_PERCENT, LOW_BATTERY_PERCENT))
        return out + oximetry(
            self,
            frame,
            spo2_percent=said.spo2_percent,
            pulse_per_min=said.pulse_rate_per_min,
            perfusion_index_percent=said.pulse_amplitude_index_percent,
            poor=poor,
        )
