"""FORA and TaiDoc cuffs: the newest records of their memory, oldest first. Only the last can be of now.

A record comes in two answers, its time and its values, and neither says that it holds pressures unless the
device measures sugar as well: those mark them. A device of unknown kind has to mark them.
"""

from devices.frames import Frame
from monitor.ingest.cuff_reading import CuffReader
from monitor.ingest.live_or_stored import Habits
from monitor.ingest.reader import Measured
from monitor.ingest.station_clock import StationClock
from monitor.sensors import SensorConfig
from protocols.ble import fora
from protocols.ble.fora import IrregularPulse, Opcode, RecordTime


class ForaReader(CuffReader):
    """One cuff."""

    family = "fora"
    streams = frozenset()
    habits = Habits(resends=True)

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        # The driver asks for this user's records: the records themselves do not say whose they are.
        user = config.options.get("user")
        self._user = None if user is None else int(user)
        self._only_pressures = False
        self._expected = 0
        self._time: RecordTime | None = None

    def connected(self) -> None:
        """A new visit begins with a new count."""
        self._expected, self._time = 0, None

    def read(self, frame: Frame) -> list[Measured]:
        """Answers, in the order in which the driver asks."""
        if frame.characteristic != fora.DATA:
            return []
        said = fora.decode_reply(frame.payload)
        match said.opcode:
            case Opcode.MODEL:
                self._only_pressures = said.number in fora.CUFFS_ONLY
            case Opcode.RECORD_COUNT:
                self._expected = min(said.number, fora.NEWEST_RECORDS)
            case Opcode.RECORD_TIME:
                self._time = fora.decode_record_time(said.content)
            case Opcode.RECORD_VALUES:
                return self._reading(frame, said.content)
            case _:
                pass
        return []

    def _reading(self, frame: Frame, content: bytes) -> list[Measured]:
        time, self._time = self._time, None
        self._expected -= 1
        if time is None or not (time.is_blood_pressure or self._only_pressures):
            return [] if self._expected > 0 else self.all_handed_over()
        values = fora.decode_blood_pressure(content)
        remarks = set()
        if time.arrhythmia or time.irregular_pulse is not IrregularPulse.NONE:
            remarks.add("irregular_pulse")
        out = self.reading(
            frame,
            systolic_mmhg=values.systolic_mmhg,
            diastolic_mmhg=values.diastolic_mmhg,
            mean_mmhg=values.mean_arterial_pressure_mmhg or None,
            pulse_per_min=values.pulse_rate_per_min,
            taken=time.clock.to_datetime(),
            dated=time.clock.isoformat(),
            user=self._user,
            remarks=remarks,
        )
        return out if self._expected > 0 else [*out, *self.all_handed_over()]
