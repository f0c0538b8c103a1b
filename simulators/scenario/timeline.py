"""The entries of a scenario's timeline: what the patient does, what happens, what people do."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from simulators.faults.kinds import FAULTS
from simulators.movement.activities import CalibrationMovement, ExerciseSet, Restlessness
from simulators.movement.exercises import EXERCISES, find_exercise
from simulators.patient.vitals import Vital

Seconds = Annotated[float, Field(ge=0.0, le=86_400.0)]
Positive = Annotated[float, Field(gt=0.0, le=86_400.0)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]


def known(name: str, table: Any, kind: str) -> str:
    """`name`, if it is in the table; the error names what is."""
    if name not in table:
        raise ValueError(f"unknown {kind} {name!r}, expected one of: {', '.join(sorted(table))}")
    return name


class Strict(BaseModel):
    """Unknown keys are errors: a misspelt key must never be a silent one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Entry(Strict):
    at_s: Seconds


class CalibrationEntry(_Entry):
    """The calibration movement."""

    do: Literal["calibration_movement"]
    swings: int = Field(default=5, ge=1, le=30)
    swing_s: Positive = 4.2
    amplitude_deg: float = Field(default=55.0, gt=0.0, le=120.0)
    towards_work: bool = True

    def activity(self, tempo_scale: float) -> CalibrationMovement:
        """What the patient does."""
        del tempo_scale
        return CalibrationMovement(
            start_s=self.at_s,
            swings=self.swings,
            swing_s=self.swing_s,
            amplitude_deg=self.amplitude_deg,
            towards_work=self.towards_work,
        )


class SetEntry(_Entry):
    """A set of repetitions; its end follows from exercise and tempo."""

    do: Literal["set"]
    exercise: str
    repetitions: int = Field(ge=1, le=200)
    rom_scale: float = Field(default=1.0, gt=0.0, le=1.5)
    tempo_scale: float = Field(default=1.0, ge=0.3, le=5.0)
    workload: float | None = Field(default=None, ge=0.0, le=1.0)
    partial: tuple[int, ...] = ()
    partial_scale: float = Field(default=0.5, gt=0.0, lt=1.0)

    @field_validator("exercise")
    @classmethod
    def _known_exercise(cls, name: str) -> str:
        return known(name, EXERCISES, "exercise")

    def activity(self, tempo_scale: float) -> ExerciseSet:
        """What the patient does, who takes `tempo_scale` times as long as others."""
        return ExerciseSet(
            start_s=self.at_s,
            exercise=find_exercise(self.exercise),
            repetitions=self.repetitions,
            rom_scale=self.rom_scale,
            tempo_scale=self.tempo_scale * tempo_scale,
            workload=self.workload,
            partial=self.partial,
            partial_scale=self.partial_scale,
        )


class RestlessEntry(_Entry):
    """Movement that is no exercise."""

    do: Literal["restless"]
    for_s: Positive
    amplitude_deg: float = Field(default=20.0, gt=0.0, le=90.0)

    def activity(self, tempo_scale: float) -> Restlessness:
        """What the patient does."""
        del tempo_scale
        return Restlessness(start_s=self.at_s, end_s=self.at_s + self.for_s, amplitude_deg=self.amplitude_deg)


class VitalEntry(_Entry):
    """One vital sign is pulled to a target for a while."""

    do: Literal["vital"]
    vital: Vital
    target: float
    for_s: Positive
    onset_tau_s: Positive = 15.0
    recovery_tau_s: Positive = 25.0


class MeasureEntry(_Entry):
    """Somebody presses a cuff's start button."""

    do: Literal["measure"]
    device: Slug


class BatteryEntry(_Entry):
    """A device's battery is at this level from now on."""

    do: Literal["battery"]
    device: Slug
    percent: float = Field(ge=0.0, le=100.0)


class FaultEntry(_Entry):
    """Something breaks for a while; `numbers` are the fault's own parameters."""

    do: Literal["fault"]
    fault: str
    device: Slug | None = None
    for_s: Positive
    numbers: dict[str, float] = Field(default_factory=dict)

    @field_validator("fault")
    @classmethod
    def _known_fault(cls, name: str) -> str:
        return known(name, FAULTS, "fault")


class CommandEntry(_Entry):
    """Somebody uses the station: the therapist acknowledges, the patient presses the symptom button."""

    do: Literal["command"]
    verb: str = Field(pattern=r"^[a-z_]{1,30}$")
    actor: str = "assistant-1"
    role: Literal["patient", "assistant", "therapist"] = "assistant"
    arguments: dict[str, str | float | int | bool] = Field(default_factory=dict)


ENTRIES: tuple[type[_Entry], ...] = (
    CalibrationEntry,
    SetEntry,
    RestlessEntry,
    VitalEntry,
    MeasureEntry,
    BatteryEntry,
    FaultEntry,
    CommandEntry,
)
Entry = Annotated[
    CalibrationEntry
    | SetEntry
    | RestlessEntry
    | VitalEntry
    | MeasureEntry
    | BatteryEntry
    | FaultEntry
    | CommandEntry,
    Field(discriminator="do"),
]
