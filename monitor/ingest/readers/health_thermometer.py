"""Health Thermometer Service: a temperature in degrees Celsius; what is still rising is doubtful.

Thermometers keep readings as cuffs do, and hand them over later: which is of now is decided as for cuffs.
"""

from collections.abc import Iterable

from devices.frames import Frame
from monitor.ingest.live_or_stored import Habits, Judged, LiveOrStored, Origin, Record
from monitor.ingest.reader import Measured, Reader, within
from monitor.ingest.station_clock import StationClock
from monitor.samples import STORED, UNCERTAIN, Code, Quality
from monitor.sensors import SensorConfig
from protocols.ble import health_thermometer as hts

# Nobody alive is outside; a thermometer that lies on the table is.
RANGE_CEL = (25.0, 45.0)


class HealthThermometerReader(Reader):
    """One thermometer."""

    family = "health_thermometer"
    streams = frozenset()
    waits = True

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._memory: LiveOrStored[tuple[Frame, float | None]] = LiveOrStored(station, Habits())

    def arrived(self) -> list[Measured]:
        """A new visit begins."""
        return self._told(self._memory.arrived())

    def left(self, *, complete: bool) -> list[Measured]:
        """The visit is over."""
        return self._told(self._memory.left(complete=complete))

    def pass_time(self, now_ns: int) -> list[Measured]:
        """A burst of records is over."""
        return self._told(self._memory.pass_time(now_ns))

    def read(self, frame: Frame) -> list[Measured]:
        """2A1C, and 2A1E while it measures."""
        if frame.characteristic not in (hts.MEASUREMENT, hts.INTERMEDIATE):
            return []
        said = hts.decode_measurement(frame.payload)
        value = within(said.temperature_cel, *RANGE_CEL)
        if frame.characteristic == hts.INTERMEDIATE:
            self._memory.pressure(frame.received_ns)
            rising = frozenset({"settling"})
            quality = Quality.QUESTIONABLE
            return [self.sample(frame, Code.BODY_TEMPERATURE_CEL, value, quality=quality, flags=rising)]
        dated = None if said.timestamp is None else said.timestamp.isoformat()
        record = Record(
            key=(dated, value, said.site),
            received_ns=frame.received_ns,
            taken=None if said.timestamp is None else said.timestamp.to_datetime(),
            content=(frame, value),
        )
        return self._told(self._memory.add(record))

    def _told(self, judged: Iterable[Judged[tuple[Frame, float | None]]]) -> list[Measured]:
        self.due_ns = self._memory.due_ns
        return [self._sample(one) for one in judged]

    def _sample(self, judged: Judged[tuple[Frame, float | None]]) -> Measured:
        frame, value = judged.record.content
        word = STORED if judged.origin is Origin.STORED else judged.word
        flags = frozenset({word} if word else ()) | (frozenset({"failed"}) if value is None else frozenset())
        quality = Quality.QUESTIONABLE if flags & UNCERTAIN else Quality.GOOD
        return self.sample(
            frame, Code.BODY_TEMPERATURE_CEL, value, quality=quality, flags=flags, t_ns=judged.t_ns
        )
