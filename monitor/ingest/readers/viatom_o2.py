"""Viatom and Wellue O2 rings: polled once a second. A reply does not say which question it answers."""

from devices.frames import Frame
from monitor.ingest.oximetry import Pleth, oximetry
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code
from monitor.sensors import SensorConfig
from protocols.ble import viatom_o2
from protocols.ble.codec.errors import DecodeError
from protocols.ble.viatom_o2 import RealtimeValues, ViatomO2Framer, Waveform

# Its content says it: real-time values have 13 bytes, the pleth's answer 12 and its samples, device
# information begins with a brace; anything else answers no question of ours.
REALTIME_SIZE = 13
JSON_START = b"{"
WORN = 1


class ViatomO2Reader(Reader):
    """One ring."""

    family = "viatom_o2"
    streams = frozenset({viatom_o2.NOTIFY})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._framer = ViatomO2Framer()
        self._pleth = Pleth(rate_hz=viatom_o2.WAVE_RATE_HZ)

    def connected(self) -> None:
        """Half a reply of the old link is void."""
        self._framer.reset()

    def read(self, frame: Frame) -> list[Measured]:
        """The values among its replies."""
        if frame.characteristic != viatom_o2.NOTIFY:
            return []
        out: list[Measured] = []
        for reply in self._framer.feed(frame.payload):
            if isinstance(reply, DecodeError):
                out.append(self.failure(frame, reply))
            elif len(reply.content) == REALTIME_SIZE:
                out += self._realtime(frame, viatom_o2.decode_realtime(reply.content))
            elif len(reply.content) > REALTIME_SIZE and not reply.content.startswith(JSON_START):
                out += self._waveform(frame, viatom_o2.decode_waveform(reply.content))
        return out

    def _realtime(self, frame: Frame, said: RealtimeValues) -> list[Measured]:
        poor = set()
        if not said.finger_on:
            poor.add("sensor_off")
        elif said.calibrating:
            poor.add("searching")
        battery = self.sample(frame, Code.BATTERY_PERCENT, float(min(said.battery_percent, 100)))
        return [
            battery,
            *oximetry(
                self,
                frame,
                spo2_percent=said.spo2_percent,
                pulse_per_min=said.pulse_rate_per_min,
                perfusion_index_percent=said.perfusion_index_percent,
                poor=poor,
            ),
        ]

    def _waveform(self, frame: Frame, said: Waveform) -> list[Measured]:
        battery = self.sample(frame, Code.BATTERY_PERCENT, float(min(said.battery_percent, 100)))
        values = oximetry(
            self,
            frame,
            spo2_percent=said.spo2_percent,
            pulse_per_min=said.pulse_rate_per_min,
            perfusion_index_percent=said.perfusion_index_percent,
            poor=frozenset() if said.state == WORN else {"sensor_off"},
        )
        return [battery, *values, *self._pleth.block(self, frame, [float(one) for one in said.samples])]
