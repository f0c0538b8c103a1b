"""Viatom BP2 cuffs: pressure while they measure, the result once it stands, battery in both."""

from devices.frames import Frame
from monitor.ingest.cuff_reading import cuff_reading
from monitor.ingest.device_clock import StationClock
from monitor.ingest.reader import Measured, Reader
from monitor.samples import Code, SensorConfig
from protocols.ble import viatom_bp2
from protocols.ble.codec.errors import DecodeError
from protocols.ble.viatom_bp2 import Measuring, Opcode, ViatomBp2Framer


class ViatomBp2Reader(Reader):
    """One cuff."""

    family = "viatom_bp2"
    streams = frozenset()

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._framer = ViatomBp2Framer()

    def connected(self) -> None:
        """Half a reply of the old link is void."""
        self._framer.reset()

    def read(self, frame: Frame) -> list[Measured]:
        """The real-time values among its replies."""
        if frame.characteristic != viatom_bp2.NOTIFY:
            return []
        out: list[Measured] = []
        for reply in self._framer.feed(frame.payload):
            if isinstance(reply, DecodeError):
                out.append(self.failure(frame, reply))
            elif reply.opcode is Opcode.REALTIME and reply.content:
                out += self._values(frame, reply.content)
        return out

    def _values(self, frame: Frame, content: bytes) -> list[Measured]:
        values = viatom_bp2.decode_realtime(content)
        battery = self.sample(frame, Code.BATTERY_PERCENT, float(values.battery_percent))
        if isinstance(values, Measuring):
            return [battery, self.sample(frame, Code.CUFF_PRESSURE_MMHG, float(values.cuff_pressure_mmhg))]
        reading = cuff_reading(
            self,
            frame,
            systolic_mmhg=values.systolic_mmhg,
            diastolic_mmhg=values.diastolic_mmhg,
            mean_mmhg=values.mean_arterial_pressure_mmhg,
            pulse_per_min=values.heart_rate_per_min,
        )
        return [battery, *reading]
