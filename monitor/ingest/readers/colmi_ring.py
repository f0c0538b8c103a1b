"""Colmi rings: the pulse at the finger as heart rate, or the saturation; whichever the driver asks for.

0 is "searching", an error "not worn": neither is a value. The ring says of no value how good it is: those of
the first seconds after searching are QUESTIONABLE, for they still settle.
"""

from devices.frames import Frame
from monitor.ingest.physiology import PULSE_RANGE_PER_MIN, SPO2_RANGE_PERCENT
from monitor.ingest.reader import Measured, Reader, within
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code, Quality
from monitor.sensors import SensorConfig
from protocols.ble import colmi_ring
from protocols.ble.colmi_ring import Opcode, Reading, RealTime
from protocols.units import NS_PER_S

SETTLES_NS = 10 * NS_PER_S


class ColmiRingReader(Reader):
    """One ring."""

    family = "colmi_ring"
    # A ring that is not worn repeats itself.
    streams = frozenset()

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._measuring_since_ns: int | None = None

    def connected(self) -> None:
        """It searches anew."""
        self._measuring_since_ns = None

    def read(self, frame: Frame) -> list[Measured]:
        """Its packets; what it says to a STOP is nothing."""
        if frame.characteristic != colmi_ring.NOTIFY:
            return []
        packet = colmi_ring.decode_packet(frame.payload)
        if packet.opcode is Opcode.BATTERY:
            level = colmi_ring.decode_battery(packet.content).level_percent
            return [self.sample(frame, Code.BATTERY_PERCENT, float(level) if level <= 100 else None)]
        if packet.opcode is Opcode.START:
            return [self._measured(frame, colmi_ring.decode_real_time(packet.content))]
        return []

    def _measured(self, frame: Frame, said: RealTime) -> Measured:
        is_rate = said.reading is Reading.HEART_RATE
        code = Code.HEART_RATE_PER_MIN if is_rate else Code.SPO2_PERCENT
        low, high = PULSE_RANGE_PER_MIN if is_rate else SPO2_RANGE_PERCENT
        value = None if said.value is None or said.error else within(said.value, low, high)
        if value is None:
            self._measuring_since_ns = None
            remark = "sensor_off" if said.error else "searching"
            return self.sample(frame, code, None, flags=frozenset({remark}))
        if self._measuring_since_ns is None:
            self._measuring_since_ns = frame.received_ns
        settled = frame.received_ns - self._measuring_since_ns >= SETTLES_NS
        quality = Quality.GOOD if settled else Quality.QUESTIONABLE
        flags = frozenset() if settled else frozenset({"settling"})
        return self.sample(frame, code, value, quality=quality, flags=flags)
