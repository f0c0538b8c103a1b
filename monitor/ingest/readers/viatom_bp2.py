"""Viatom BP2 cuffs: pressure while they measure, the result once it stands, battery in both."""

from devices.frames import Frame
from monitor.ingest.cuff_reading import CuffReader
from monitor.ingest.live_or_stored import Habits
from monitor.ingest.reader import Measured
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code
from monitor.sensors import SensorConfig
from protocols.ble import viatom_bp2
from protocols.ble.codec.errors import DecodeError
from protocols.ble.viatom_bp2 import Measuring, Opcode, State, ViatomBp2Framer

MEASURING = frozenset({State.MEASURING, State.TRIPLE_MEASURING})


class ViatomBp2Reader(CuffReader):
    """One cuff. Its result stays until it is dismissed, and is told again to whoever connects."""

    family = "viatom_bp2"
    streams = frozenset()
    habits = Habits(resends=True, single=True)

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
            elif reply.opcode is Opcode.REGISTERS and reply.content:
                # The driver looks every two seconds, and asks for values when there is a result.
                if viatom_bp2.decode_registers(reply.content).state in MEASURING:
                    self.memory.pressure(frame.received_ns)
            elif reply.opcode is Opcode.REALTIME and reply.content:
                out += self._values(frame, reply.content)
        return out

    def _values(self, frame: Frame, content: bytes) -> list[Measured]:
        values = viatom_bp2.decode_realtime(content)
        battery = self.sample(frame, Code.BATTERY_PERCENT, float(values.battery_percent))
        if isinstance(values, Measuring):
            return [battery, self.pressure(frame, float(values.cuff_pressure_mmhg))]
        reading = self.reading(
            frame,
            systolic_mmhg=values.systolic_mmhg,
            diastolic_mmhg=values.diastolic_mmhg,
            mean_mmhg=values.mean_arterial_pressure_mmhg,
            pulse_per_min=values.heart_rate_per_min,
        )
        return [battery, *reading]
