"""Viatom PC-60FW, OxySmart, POD-1: values once a second, battery in four steps."""

from devices.frames import Frame
from monitor.ingest.oximetry import oximetry
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code
from monitor.sensors import SensorConfig
from protocols.ble import pc60fw
from protocols.ble.codec.errors import DecodeError
from protocols.ble.pc60fw import Battery, Pc60FwFramer, ValueFlags, Values

# Four bars: the middle of what each can mean.
PERCENT_OF_LEVEL = (5.0, 35.0, 65.0, 95.0)


class Pc60FwReader(Reader):
    """One oximeter."""

    family = "pc60fw"
    streams = frozenset({pc60fw.NOTIFY})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._framer = Pc60FwFramer()

    def connected(self) -> None:
        """Half a frame of the old link is void."""
        self._framer.reset()

    def read(self, frame: Frame) -> list[Measured]:
        """Values and battery among its frames."""
        if frame.characteristic != pc60fw.NOTIFY:
            return []
        out: list[Measured] = []
        for said in self._framer.feed(frame.payload):
            if isinstance(said, DecodeError):
                out.append(self.failure(frame, said))
            elif isinstance(said, Battery):
                percent = PERCENT_OF_LEVEL[min(said.level, len(PERCENT_OF_LEVEL) - 1)]
                out.append(self.sample(frame, Code.BATTERY_PERCENT, percent))
            elif isinstance(said, Values):
                out += self._values(frame, said)
        return out

    def _values(self, frame: Frame, said: Values) -> list[Measured]:
        poor = set()
        if ValueFlags.PROBE_OFF in said.flags:
            poor.add("sensor_off")
        if ValueFlags.SEARCHING in said.flags:
            poor.add("searching")
        return oximetry(
            self,
            frame,
            spo2_percent=said.spo2_percent,
            pulse_per_min=said.pulse_rate_per_min,
            perfusion_index_percent=said.perfusion_index_percent,
            poor=poor,
        )
