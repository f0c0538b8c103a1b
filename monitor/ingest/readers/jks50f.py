"""JKS50F oximeters: values in frames of 69 bytes, cut into notifications.

Its 127 per minute means "none": a true rate of 127 is missing, not wrong.
"""

from devices.frames import Frame
from monitor.ingest.oximetry import oximetry
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.sensors import SensorConfig
from protocols.ble import jks50f
from protocols.ble.codec.errors import DecodeError
from protocols.ble.jks50f import Jks50fFramer


class Jks50fReader(Reader):
    """One oximeter."""

    family = "jks50f"
    streams = frozenset({jks50f.NOTIFY})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._framer = Jks50fFramer()

    def connected(self) -> None:
        """A new connection begins with a new frame."""
        self._framer.reset()

    def read(self, frame: Frame) -> list[Measured]:
        """Pieces of frames."""
        if frame.characteristic != jks50f.NOTIFY:
            return []
        out: list[Measured] = []
        for said in self._framer.feed(frame.payload):
            if isinstance(said, DecodeError):
                out.append(self.failure(frame, said))
            else:
                out += oximetry(
                    self,
                    frame,
                    spo2_percent=said.spo2_percent,
                    pulse_per_min=said.pulse_rate_per_min,
                    perfusion_index_percent=said.perfusion_index_percent,
                    poor={"sensor_off"} if said.finger_flag else frozenset(),
                )
        return out
