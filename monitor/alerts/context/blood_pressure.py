"""Cuff readings as the rules see them: whole, with the phase, workload and posture they were taken in."""

from dataclasses import dataclass

from monitor.alerts.observations import Posture
from monitor.exercise.phases import Phase
from monitor.samples import STORED, UNCERTAIN, Code, Quality, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class PressureReading:
    """One complete reading.

    `good` is false when it is doubted, `certain` when it is not known to be of now and of this patient: such
    a reading may ask for a repeat, and nothing else is measured against it.
    """

    t_ns: int
    received_ns: int
    systolic_mmhg: float
    diastolic_mmhg: float
    good: bool
    certain: bool
    device: str
    phase: Phase
    workload: float | None
    posture: Posture
    posture_since_ns: int

    @property
    def text(self) -> str:
        """As it is said: 128/78."""
        return f"{self.systolic_mmhg:g}/{self.diastolic_mmhg:g}"


class Pressures:
    """The session's readings, oldest first, and the conditions under which the next one will be taken."""

    def __init__(self, *, start_ns: int) -> None:
        self.readings: list[PressureReading] = []
        self.posture = Posture.SITTING
        self.posture_since_ns = start_ns
        self._systolic: Sample | None = None

    @property
    def latest(self) -> PressureReading | None:
        """The newest complete reading."""
        return self.readings[-1] if self.readings else None

    @property
    def latest_certain(self) -> PressureReading | None:
        """The newest complete reading that is known to be of this session and this patient."""
        return next((one for one in reversed(self.readings) if one.certain), None)

    def absorb(self, sample: Sample, *, phase: Phase, workload: float | None) -> bool:
        """Take one of the reading's samples; True when it completed a reading.

        A reading from the cuff's memory is a record, no observation of now, and is left out; so is a
        failed one (no value). A systolic and its diastolic come in one frame; anything later belongs to
        another reading.
        """
        if sample.value is None or STORED in sample.flags:
            self._systolic = None
            return False
        if sample.code is Code.SYSTOLIC_MMHG:
            self._systolic = sample
            return False
        systolic, self._systolic = self._systolic, None
        if systolic is None or systolic.value is None or systolic.received_ns != sample.received_ns:
            return False
        self.readings.append(
            PressureReading(
                t_ns=systolic.t_ns,
                received_ns=systolic.received_ns,
                systolic_mmhg=systolic.value,
                diastolic_mmhg=sample.value,
                certain=not systolic.flags & UNCERTAIN,
                good=systolic.quality is Quality.GOOD and sample.quality is Quality.GOOD,
                device=systolic.device,
                phase=phase,
                workload=workload,
                posture=self.posture,
                posture_since_ns=self.posture_since_ns,
            )
        )
        return True

    def before_exercise(self) -> PressureReading | None:
        """The last reading of the rest before exercise: the good one if there is one."""
        at_rest = (Phase.BEFORE, Phase.CALIBRATION)
        before = [one for one in self.readings if one.phase in at_rest and one.certain]
        good = [one for one in before if one.good]
        best = good or before
        return best[-1] if best else None
