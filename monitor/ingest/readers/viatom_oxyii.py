"""Wellue O2Ring-S: live values once a second with the pleth since the last ones."""

from devices.frames import Frame
from monitor.ingest.oximetry import Pleth, oximetry
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code
from monitor.sensors import SensorConfig
from protocols.ble import viatom_oxyii
from protocols.ble.codec.errors import DecodeError
from protocols.ble.viatom_oxyii import Opcode, ViatomOxyIIFramer


class ViatomOxyIIReader(Reader):
    """One ring."""

    family = "viatom_oxyii"
    streams = frozenset({viatom_oxyii.NOTIFY})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._framer = ViatomOxyIIFramer()
        self._pleth = Pleth(rate_hz=viatom_oxyii.PPG_RATE_HZ)

    def connected(self) -> None:
        """Half a reply of the old link is void."""
        self._framer.reset()

    def read(self, frame: Frame) -> list[Measured]:
        """The live values among its replies."""
        if frame.characteristic != viatom_oxyii.NOTIFY:
            return []
        out: list[Measured] = []
        for reply in self._framer.feed(frame.payload):
            if isinstance(reply, DecodeError):
                out.append(self.failure(frame, reply))
            elif reply.opcode is Opcode.LIVE and reply.content:
                out += self._values(frame, reply.content)
        return out

    def _values(self, frame: Frame, content: bytes) -> list[Measured]:
        said = viatom_oxyii.decode_live(content)
        battery = self.sample(frame, Code.BATTERY_PERCENT, float(min(said.battery_percent, 100)))
        values = oximetry(
            self,
            frame,
            spo2_percent=said.spo2_percent,
            pulse_per_min=said.pulse_rate_per_min,
            poor={"sensor_off"} if said.spo2_percent == 0 else frozenset(),
        )
        return [battery, *values, *self._pleth.block(self, frame, [float(one) for one in said.ppg])]
