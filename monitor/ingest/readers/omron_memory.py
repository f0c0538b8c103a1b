"""Omron cuffs without the profile: all slots of a user at each visit, a ring once they are full."""

from devices.frames import Frame
from monitor.ingest.cuff_reading import CuffReader, memory_record
from monitor.ingest.live_or_stored import Habits
from monitor.ingest.memory_ring import oldest_first
from monitor.ingest.reader import Measured
from monitor.ingest.station_clock import StationClock
from monitor.sensors import SensorConfig
from protocols.ble.codec.assigned_numbers import MODEL_NUMBER
from protocols.ble.codec.errors import DecodeError
from protocols.ble.omron_eeprom import NOTIFY, Kind, OmronAssembler, Packet
from protocols.ble.omron_memory_map import map_of
from protocols.ble.omron_record import Reading


class OmronMemoryReader(CuffReader):
    """One cuff. Readings are told when the cuff has confirmed the end: before, the newest is not known."""

    family = "omron_memory"
    streams = frozenset()
    habits = Habits(resends=True)

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._map = map_of(str(config.options.get("model", "")))
        self._user = int(config.options.get("user", 1))
        self._assembler = OmronAssembler()
        self._readings: list[Reading] = []

    def connected(self) -> None:
        """A visit that was cut off is void: the next one brings everything again."""
        self._assembler = OmronAssembler()
        self._readings = []

    def read(self, frame: Frame) -> list[Measured]:
        """A piece of a packet; or which model it is."""
        if frame.characteristic == MODEL_NUMBER and self._map is None:
            self._map = map_of(frame.payload.decode("utf-8", "replace"))
        if frame.characteristic not in NOTIFY:
            return []
        out: list[Measured] = []
        for said in self._assembler.feed(NOTIFY.index(frame.characteristic), frame.payload):
            if isinstance(said, DecodeError):
                out.append(self.failure(frame, said))
            elif said.kind is Kind.READ_REPLY:
                self._collect(said)
            elif said.kind is Kind.END_REPLY:
                out += self._all_told(frame)
        return out

    def _collect(self, packet: Packet) -> None:
        if self._map is None or self._map.user_at(packet.address) != self._user:
            return
        self._readings += [slot for slot in self._map.slots_in(packet.content) if isinstance(slot, Reading)]

    def _all_told(self, frame: Frame) -> list[Measured]:
        readings, self._readings = self._readings, []
        records = []
        for one in readings:
            remarks = set()
            if one.irregular_pulse:
                remarks.add("irregular_pulse")
            if one.body_movement:
                remarks.add("motion")
            records.append(
                memory_record(
                    frame,
                    systolic_mmhg=one.systolic_mmhg,
                    diastolic_mmhg=one.diastolic_mmhg,
                    pulse_per_min=one.pulse_rate_per_min,
                    taken=one.timestamp.to_datetime(),
                    dated=one.timestamp.isoformat(),
                    remarks=remarks,
                    user=self._user,
                )
            )
        if self._map is not None and len(readings) >= self._map.slots:
            records = oldest_first(records, taken=lambda record: record.taken)
        return self.whole_memory(records)
