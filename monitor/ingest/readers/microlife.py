"""Microlife cuffs: all stored readings in one answer, in the order they were taken."""

from devices.frames import Frame
from monitor.ingest.cuff_reading import CuffReader, memory_record
from monitor.ingest.live_or_stored import Habits
from monitor.ingest.reader import Measured
from monitor.ingest.station_clock import StationClock
from monitor.sensors import SensorConfig
from protocols.ble import microlife
from protocols.ble.codec.errors import DecodeError
from protocols.ble.microlife import MicrolifeFramer, StoredReading

# The answer to the question for records is the only long one; a shorter frame has no room for its head.
SHORTEST_RECORDS = 38


class MicrolifeReader(CuffReader):
    """One cuff."""

    family = "microlife"
    streams = frozenset()
    habits = Habits(resends=True)

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
        records = []
        for one in readings:
            remarks = set()
            if not one.cuff_fit_ok:
                remarks.add("loose_cuff")
            if one.irregular_pulse or one.atrial_fibrillation:
                remarks.add("irregular_pulse")
            records.append(
                memory_record(
                    frame,
                    systolic_mmhg=one.systolic_mmhg,
                    diastolic_mmhg=one.diastolic_mmhg,
                    pulse_per_min=one.pulse_rate_per_min,
                    taken=one.timestamp.to_datetime(),
                    dated=one.timestamp.isoformat(),
                    remarks=remarks,
                )
            )
        return self.whole_memory(records)
