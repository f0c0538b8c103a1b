"""BerryMed: values repeated a hundred times a second beside the pleth; one report a second is enough."""

from devices.frames import Frame
from monitor.ingest.device_clock import StationClock
from monitor.ingest.oximetry import OncePerSecond, Pleth, oximetry
from monitor.ingest.reader import Measured, Reader
from monitor.samples import SensorConfig
from protocols.ble import berrymed
from protocols.ble.berrymed import BciFrame, BerryFrame, BerryMedFramer
from protocols.ble.codec.errors import DecodeError


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
        if isinstance(said, BerryFrame):
            perfusion = said.perfusion_index_percent
        else:
            if said.no_finger or said.probe_unplugged:
                poor.add("sensor_off")
            if said.searching:
                poor.add("searching")
            if said.no_signal:
                poor.add("inadequate_signal")
        return oximetry(
            self,
            frame,
            spo2_percent=said.spo2_percent,
            pulse_per_min=said.pulse_rate_per_min,
            perfusion_index_percent=perfusion,
            poor=poor,
        )
