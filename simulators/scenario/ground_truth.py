"""What really happened in a scenario, with instants on the clock of the run. Values."""

from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionTruth:
    """One repetition as it was done; `turn_ns` is when the end of the range was reached."""

    start_ns: int
    turn_ns: int
    end_ns: int
    rom_deg: float
    partial: bool
    concentric_s: float
    hold_s: float
    eccentric_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTruth:
    """One set as it was done.

    `rom_deg` is the median of its whole repetitions, `mean_rom_deg` the mean of all of them. `is_seen` says
    that a motion sensor on either side of the joint could be heard from the first to the last.
    """

    exercise: str
    repetitions: tuple[RepetitionTruth, ...]
    rom_deg: float
    is_seen: bool

    @property
    def mean_rom_deg(self) -> float:
        """Mean range of motion of all repetitions."""
        return fmean(one.rom_deg for one in self.repetitions)

    @property
    def start_ns(self) -> int:
        """Start of the first repetition."""
        return self.repetitions[0].start_ns

    @property
    def end_ns(self) -> int:
        """End of the last repetition."""
        return self.repetitions[-1].end_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class CuffTruth:
    """One cycle of a cuff; the pressures are what the cuff found, None when it showed an error."""

    device: str
    start_ns: int
    end_ns: int
    systolic_mmhg: int | None
    diastolic_mmhg: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFault:
    """A fault that the scenario planned; `device` None: the adapter or the station."""

    fault: str
    device: str | None
    start_ns: int
    end_ns: int
    numbers: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTruth:
    """An alert that must begin to fire between two instants, and the planted event that it answers."""

    event: str
    rule: str
    device: str | None
    priority: str | None
    after_ns: int
    before_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandTruth:
    """Somebody's action on the station: whoever drives the service turns it into a command."""

    at_ns: int
    verb: str
    actor: str
    role: str
    arguments: dict[str, str | float | int | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Everything that a run should have noticed. All instants are on the run's monotonic clock.

    `repetitions_within` None: the scenario says nothing of repetitions.
    """

    start_ns: int
    end_ns: int
    sets: tuple[SetTruth, ...]
    cuff_readings: tuple[CuffTruth, ...]
    faults: tuple[PlannedFault, ...]
    alerts: tuple[AlertTruth, ...]
    allowed: tuple[str, ...]
    rom_within_deg: float
    repetitions_within: int | None
    commands: tuple[CommandTruth, ...]
