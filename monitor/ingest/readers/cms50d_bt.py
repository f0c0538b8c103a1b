"""Contec CMS50D-BT: values once a second, pleth at 60 Hz."""

from devices.frames import Frame
from monitor.ingest.oximetry import Pleth, oximetry
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.sensors import SensorConfig
from protocols.ble import cms50d_bt
from protocols.ble.cms50d_bt import Cms50dFramer, Wave
from protocols.ble.codec.errors import DecodeError


class Cms50dBtReader(Reader):
    """One oximeter."""

    family = "cms50d_bt"
    streams = frozenset({cms50d_bt.NOTIFY})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._framer = Cms50dFramer()
        self._pleth = Pleth(rate_hz=cms50d_bt.WAVE_RATE_HZ)

    def connected(self) -> None:
        """Half a frame of the old link is void."""
        self._framer.reset()

    def read(self, frame: Frame) -> list[Measured]:
        """Values and pleth among its frames."""
        if frame.characteristic != cms50d_bt.NOTIFY:
            return []
        out: list[Measured] = []
        pleth: list[float] = []
        for said in self._framer.feed(frame.payload):
            if isinstance(said, DecodeError):
                out.append(self.failure(frame, said))
            elif isinstance(said, Wave):
                pleth.append(float(said.pleth))
            else:
                # The byte that seems to tell the finger is one reporter's guess: doubt, not refusal.
                out += oximetry(
                    self,
                    frame,
                    spo2_percent=said.spo2_percent,
                    pulse_per_min=said.pulse_rate_per_min,
                    doubtful={"finger_unsure"} if said.finger is False else frozenset(),
                )
        return out + self._pleth.block(self, frame, pleth)
