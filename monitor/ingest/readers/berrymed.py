"""BerryMed: values repeated a hundred times a second beside the pleth; one report a second is enough."""

from collections.abc import Mapping

from devices.frames import Frame
from monitor.ingest.oximetry import OncePerSecond, Pleth, oximetry
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code
from monitor.sensors import SensorConfig
from protocols.ble import berrymed
from protocols.ble.berrymed import BciFrame, BerryFrame, BerryMedFramer, BerryStatus
from protocols.ble.codec.errors import DecodeError

# The averages stand on for a while after the finger has gone: the status is newer (esp32-ble2mqtt #157).
BERRY_WORDS: Mapping[BerryStatus, str] = {
    BerryStatus.SENSOR_OFF: "sensor_off",
    BerryStatus.NO_FINGER: "sensor_off",
    BerryStatus.NO_PULSE: "no_pulse",
}
# The maker's word for a signal strength that is none.
SIGNAL_INVALID = 15


class BerryMedReader(Reader):
    """One oximeter of either kind."""

    family = "berrymed"
    streams = frozenset({berrymed.NOTIFY})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._framer = BerryMedFramer()
        self._pleth = Pleth(rate_hz=berrymed.BCI_RATE_HZ)
        self._second = OncePerSecond()

    def connected(self) -> None:
        """Half a frame of the old link is void."""
        self._framer.reset()

    def read(self, frame: Frame) -> list[Measured]:
        """Pleth, and the newest values once a second."""
        if frame.characteristic != berrymed.NOTIFY:
            return []
        out: list[Measured] = []
        newest: BciFrame | BerryFrame | None = None
        pleth: list[float] = []
        for said in self._framer.feed(frame.payload):
            if isinstance(said, DecodeError):
                out.append(self.failure(frame, said))
                continue
            newest = said
            if isinstance(said, BciFrame):
                pleth.append(float(said.pleth or 0))
        out += self._pleth.block(self, frame, pleth)
        if newest is not None and self._second.is_due(frame):
            out += self._values(frame, newest)
        return out

    def _values(self, frame: Frame, said: BciFrame | BerryFrame) -> list[Measured]:
        poor = set()
        perfusion = None
        out: list[Measured] = []
        if isinstance(said, BerryFrame):
            perfusion = said.perfusion_index_percent
            poor |= {word for bit, word in BERRY_WORDS.items() if bit in said.status}
            # Older firmware leaves the byte at 0.
            if 0 < said.battery_percent <= 100:
                out.append(self.sample(frame, Code.BATTERY_PERCENT, float(said.battery_percent)))
        else:
            if said.signal_strength == SIGNAL_INVALID:
                poor.add("inadequate_signal")
            if said.no_finger or said.probe_unplugged:
                poor.add("sensor_off")
            if said.searching:
                poor.add("searching")
            if said.no_signal:
                poor.add("inadequate_signal")
        return out + oximetry(
            self,
            frame,
            spo2_percent=said.spo2_percent,
            pulse_per_min=said.pulse_rate_per_min,
            perfusion_index_percent=perfusion,
            poor=poor,
        )
