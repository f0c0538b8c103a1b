"""Masimo MightySat: parameters once a second, each with a status byte whose values are only partly known."""

from devices.frames import Frame
from monitor.ingest.oximetry import oximetry
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.sensors import SensorConfig
from protocols.ble import mightysat
from protocols.ble.codec.errors import DecodeError
from protocols.ble.mightysat import MightySatFramer, Parameters

# Statuses that came with good values in every published capture; any other is doubt, not refusal.
KNOWN_GOOD = frozenset({0x00, 0x10})


class MightySatReader(Reader):
    """One oximeter."""

    family = "mightysat"
    streams = frozenset({mightysat.NOTIFY})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._framer = MightySatFramer()

    def connected(self) -> None:
        """Half a frame of the old link is void."""
        self._framer.reset()

    def read(self, frame: Frame) -> list[Measured]:
        """The parameters among its reports."""
        if frame.characteristic != mightysat.NOTIFY:
            return []
        out: list[Measured] = []
        for said in self._framer.feed(frame.payload):
            if isinstance(said, DecodeError):
                out.append(self.failure(frame, said))
            elif isinstance(said, Parameters):
                out += oximetry(
                    self,
                    frame,
                    spo2_percent=said.spo2_percent,
                    pulse_per_min=said.pulse_rate_per_min,
                    perfusion_index_percent=said.perfusion_index_percent,
                    poor={"sensor_off"} if said.spo2_percent is None else frozenset(),
                    doubtful=frozenset() if said.spo2_status in KNOWN_GOOD else {"status_unknown"},
                )
        return out
