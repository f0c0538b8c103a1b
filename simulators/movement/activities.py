"""What the virtual patient does, and when: the one source of movement, effort and so of all vital signs."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulators.movement.exercises import Exercise


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationMovement:
    """Slow swings out of the resting pose and back, turning a little: no repetitions.

    `towards_work`: the first movement goes where the exercise goes (a seated knee: extension).
    """

    start_s: float
    swings: int
    swing_s: float
    amplitude_deg: float
    towards_work: bool = True

    @property
    def end_s(self) -> float:
        """When the limb is back in its resting pose."""
        return self.start_s + self.swings * self.swing_s


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseSet:
    """A set of repetitions.

    `rom_scale` and `tempo_scale` change the prescribed excursion and time (0.5 = half); `partial` lists the
    repetitions (from 0) that turn back at `partial_scale` of the excursion.
    """

    start_s: float
    exercise: Exercise
    repetitions: int
    rom_scale: float = 1.0
    tempo_scale: float = 1.0
    workload: float | None = None
    partial: tuple[int, ...] = ()
    partial_scale: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Restlessness:
    """Movement that is no exercise: the patient shifts on the chair, is handled, scratches the knee."""

    start_s: float
    end_s: float
    amplitude_deg: float


Activity = CalibrationMovement | ExerciseSet | Restlessness


def in_order(activities: Sequence[Activity]) -> tuple[Activity, ...]:
    """Give the activities sorted by their start."""
    return tuple(sorted(activities, key=lambda activity: activity.start_s))
