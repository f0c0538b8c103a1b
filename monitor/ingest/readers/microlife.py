"""Microlife cuffs: all stored readings in one answer. Only the newest of them can be of now."""

from devices.frames import Frame
from monitor.ingest.cuff_reading import cuff_reading
from monitor.ingest.device_clock import StationClock
from monitor.ingest.reader import Measured, Reader
from monitor.samples import STORED, SensorConfig
from protocols.ble import microlife
from protocols.ble.codec.errors import DecodeError
from protocols.ble.microlife import MicrolifeFramer, StoredReading

# The answer to the question for records is the only long one; a shorter frame has no room for its head.
SHORTEST_RECORDS = 38


class MicrolifeReader(Reader):
    """One cuff."""

    family = "microlife"
    streams = frozenset()

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._framer = MicrolifeFramer()

    def connected(self) -> None:
        """A new visit begins with a new frame."""
        self._framer.reset()

    def read(self, frame: Frame) -> list[Measured]:
        """The records among what it says."""
        if frame.characteristic != microlife.NOTIFY:
            return []
        out: list[Measured] = []
        for said in self._framer.feed(frame.payload):
            if isinstance(said, DecodeError):
                out.append(self.failure(frame, said))
            elif len(said.content) >= SHORTEST_RECORDS:
                readings = microlife.decode_records(said.content).readings
                out += self._readings(frame, [one for one in readings if not one.is_empty])
        return out

    def _readings(self, frame: Frame, readings: list[StoredReading]) -> list[Measured]:
        ordered = sorted(readings, key=lambda one: one.timestamp.isoformat())
        out: list[Measured] = []
        for number, one in enumerate(ordered, start=1):
            remarks = set()
            if not one.cuff_fit_ok:
                remarks.add("loose_cuff")
            if one.irregular_pulse or one.atrial_fibrillation:
                remarks.add("irregular_pulse")
            if number < len(ordered):
                remarks.add(STORED)
            out += cuff_reading(
                self,
                frame,
                systolic_mmhg=one.systolic_mmhg,
                diastolic_mmhg=one.diastolic_mmhg,
                pulse_per_min=one.pulse_rate_per_min,
                taken=one.timestamp.to_datetime(),
                remarks=remarks,
            )
        return out
