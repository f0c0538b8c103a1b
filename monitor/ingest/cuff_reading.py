"""One cuff reading to samples: failed or doubtful, of now or out of memory. Shared by all cuffs."""

from abc import abstractmethod
from collections.abc import Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from devices.frames import Frame
from monitor.ingest.live_or_stored import Habits, Judged, LiveOrStored, Origin, Record
from monitor.ingest.physiology import PRESSURE_RANGE_MMHG, PULSE_RANGE_PER_MIN
from monitor.ingest.reader import Measured, Reader, within
from monitor.ingest.station_clock import StationClock
from monitor.samples import STORED, UNCERTAIN, Code, FiledReading, Quality, Sample
from monitor.sensors import SensorConfig

# Oscillometric cuffs fail beyond these rates (an irregular or very fast pulse shows no clean envelope).
PULSE_TRUSTED_PER_MIN = (40.0, 240.0)
# Less than this between systolic and diastolic is an artefact far more often than a pressure.
PULSE_PRESSURE_MINIMUM_MMHG = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CuffValues:
    """What a cuff measured; None where it gave no value that an artery can have."""

    frame: Frame
    systolic_mmhg: float | None
    diastolic_mmhg: float | None
    mean_mmhg: float | None
    pulse_per_min: float | None
    doubts: frozenset[str]


class CuffReader(Reader):
    """Reads the frames of one cuff.

    Attributes:
        habits: how its family hands over readings.
        memory: tells live readings from stored ones.
    """

    habits: ClassVar[Habits] = Habits()
    waits = True

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        user = config.options.get("user")
        self.memory: LiveOrStored[CuffValues] = LiveOrStored(
            station, self.habits, user=None if user is None else int(user)
        )

    @abstractmethod
    def read(self, frame: Frame) -> list[Measured]:
        """The values of one frame."""

    def arrived(self) -> list[Measured]:
        """A new visit begins; what had waited in the last one."""
        return self._told(self.memory.arrived())

    def left(self, *, complete: bool) -> list[Measured]:
        """The visit is over: nothing more will follow what waits."""
        return self._told(self.memory.left(complete=complete))

    def pass_time(self, now_ns: int) -> list[Measured]:
        """A burst of records is over."""
        return self._told(self.memory.pass_time(now_ns))

    def pressure(self, frame: Frame, value: float | None) -> Sample:
        """The pressure while the cuff measures."""
        self.memory.pressure(frame.received_ns)
        return self.sample(frame, Code.CUFF_PRESSURE_MMHG, value)

    def reading(
        self,
        frame: Frame,
        *,
        systolic_mmhg: float,
        diastolic_mmhg: float,
        mean_mmhg: float | None = None,
        pulse_per_min: float | None = None,
        taken: datetime | None = None,
        dated: Hashable = None,
        user: int | None = None,
        remarks: AbstractSet[str] = frozenset(),
    ) -> list[Measured]:
        """One reading as the cuff sent it; NaN and 0 are no values. What can be told of it now.

        `taken` is the reading's own time (local); `dated` its date as sent where that is none to be believed,
        to tell a repetition. `remarks` are the cuff's own doubts: each makes the reading doubtful.
        """
        record = _record(
            frame,
            systolic_mmhg=systolic_mmhg,
            diastolic_mmhg=diastolic_mmhg,
            mean_mmhg=mean_mmhg,
            pulse_per_min=pulse_per_min,
            taken=taken,
            dated=dated,
            user=user,
            remarks=remarks,
        )
        return self._told(self.memory.add(record))

    def whole_memory(self, records: Sequence[Record[CuffValues]]) -> list[Measured]:
        """Everything the cuff has, oldest first, as one message."""
        judged: list[Judged[CuffValues]] = []
        for number, record in enumerate(records, start=1):
            judged += self.memory.add(record, more_follow=number < len(records))
        judged += self.memory.settle()
        # The newest last: it is what a display keeps.
        return self._told(sorted(judged, key=lambda one: (one.origin is not Origin.STORED, one.t_ns)))

    def all_handed_over(self) -> list[Measured]:
        """The cuff has said that nothing follows."""
        return self._told(self.memory.settle())

    def _told(self, judged: Iterable[Judged[CuffValues]]) -> list[Measured]:
        self.due_ns = self.memory.due_ns
        return [measured for one in judged for measured in self._measured(one)]

    def _measured(self, judged: Judged[CuffValues]) -> list[Measured]:
        values, record = judged.record.content, judged.record
        taken = None if record.taken is None else record.taken.isoformat(" ", "minutes")
        if judged.origin is Origin.LEFT_OUT:
            return [FiledReading(device=self.device, received_ns=record.received_ns, reason=judged.word)]
        flags = values.doubts
        if judged.origin is Origin.STORED:
            flags |= {STORED}
        elif judged.word:
            flags |= {judged.word}
        quality = Quality.QUESTIONABLE if values.doubts or flags & UNCERTAIN else Quality.GOOD
        systolic, diastolic = values.systolic_mmhg, values.diastolic_mmhg
        if systolic is not None and diastolic is not None and systolic <= diastolic:
            quality = Quality.POOR

        def sample(code: Code, value: float | None) -> Sample:
            return self.sample(values.frame, code, value, quality=quality, flags=flags, t_ns=judged.t_ns)

        out: list[Measured] = [
            sample(Code.SYSTOLIC_MMHG, systolic),
            sample(Code.DIASTOLIC_MMHG, diastolic),
        ]
        if values.mean_mmhg is not None:
            out.append(sample(Code.MEAN_ARTERIAL_PRESSURE_MMHG, values.mean_mmhg))
        if values.pulse_per_min is not None:
            out.append(sample(Code.CUFF_PULSE_RATE_PER_MIN, values.pulse_per_min))
        if judged.origin is Origin.STORED:
            out.append(
                FiledReading(
                    device=self.device,
                    received_ns=record.received_ns,
                    reason=judged.word,
                    systolic_mmhg=systolic,
                    diastolic_mmhg=diastolic,
                    taken=taken,
                )
            )
        return out


def memory_record(
    frame: Frame,
    *,
    systolic_mmhg: float,
    diastolic_mmhg: float,
    pulse_per_min: float | None = None,
    taken: datetime | None,
    dated: Hashable = None,
    user: int | None = None,
    remarks: AbstractSet[str] = frozenset(),
) -> Record[CuffValues]:
    """One of the records for `CuffReader.whole_memory`."""
    return _record(
        frame,
        systolic_mmhg=systolic_mmhg,
        diastolic_mmhg=diastolic_mmhg,
        mean_mmhg=None,
        pulse_per_min=pulse_per_min,
        taken=taken,
        dated=dated,
        user=user,
        remarks=remarks,
    )


def _record(
    frame: Frame,
    *,
    systolic_mmhg: float,
    diastolic_mmhg: float,
    mean_mmhg: float | None,
    pulse_per_min: float | None,
    taken: datetime | None,
    dated: Hashable,
    user: int | None,
    remarks: AbstractSet[str],
) -> Record[CuffValues]:
    systolic = within(systolic_mmhg, *PRESSURE_RANGE_MMHG)
    diastolic = within(diastolic_mmhg, *PRESSURE_RANGE_MMHG)
    mean = None if mean_mmhg is None else within(mean_mmhg, *PRESSURE_RANGE_MMHG)
    pulse = None if pulse_per_min is None else within(pulse_per_min, *PULSE_RANGE_PER_MIN)
    if systolic is None or diastolic is None:
        # A measurement that was broken off: what is left of it is no half of a reading.
        systolic = diastolic = mean = pulse = None
    values = CuffValues(
        frame=frame,
        systolic_mmhg=systolic,
        diastolic_mmhg=diastolic,
        mean_mmhg=mean,
        pulse_per_min=pulse,
        doubts=frozenset(remarks) | _doubts(systolic, diastolic, mean, pulse),
    )
    date: Hashable = taken.isoformat() if taken is not None else dated
    return Record(
        key=(date, systolic, diastolic, mean, pulse, user),
        received_ns=frame.received_ns,
        taken=taken,
        content=values,
        user=user,
    )


def _doubts(
    systolic: float | None, diastolic: float | None, mean: float | None, pulse: float | None
) -> frozenset[str]:
    if systolic is None or diastolic is None:
        return frozenset({"failed"})
    found = set()
    if pulse is not None and not PULSE_TRUSTED_PER_MIN[0] <= pulse <= PULSE_TRUSTED_PER_MIN[1]:
        found.add("pulse_out_of_range")
    if systolic - diastolic < PULSE_PRESSURE_MINIMUM_MMHG:
        found.add("implausible")
    # Some cuffs send 0 or leave it out; only a mean outside its two neighbours is a contradiction.
    if mean is not None and not diastolic < mean < systolic:
        found.add("implausible")
    return frozenset(found)
