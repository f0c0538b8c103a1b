"""What one repetition of an exercise is. Made from the plan; the algorithms know no exercise by name."""

from dataclasses import dataclass
from enum import StrEnum


class Signal(StrEnum):
    """What repetitions are counted on."""

    JOINT_ANGLE = "joint_angle"  # two sensors on one joint
    TILT = "tilt"  # one sensor: inclination against the rest pose
    GYRO_COMPONENT = "gyro_component"  # one sensor: angular rate about its main axis
    ACCELERATION = "acceleration"  # one sensor: length of the specific force


class Direction(StrEnum):
    """Where the signal goes in the first half of a repetition."""

    INCREASING = "increasing"
    DECREASING = "decreasing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionDefinition:
    """One repetition: signal, direction, amplitude, range of motion, tempo.

    `target_low_deg` and `target_high_deg` bound the range of motion that is asked for. A repetition below
    `partial_fraction` of `target_low_deg` is partial; one shorter than `min_duration_s` is too fast.
    With `start_deg` a movement that begins further than `start_tolerance_deg` from it is no repetition: a
    seated exercise is not counted while its patient walks to the chair.
    Tempos are what the plan asks for, None where it asks for nothing.
    """

    signal: Signal = Signal.JOINT_ANGLE
    direction: Direction = Direction.INCREASING
    target_low_deg: float
    target_high_deg: float
    min_amplitude_deg: float = 6.0
    partial_fraction: float = 0.7
    min_duration_s: float = 0.6
    start_deg: float | None = None
    start_tolerance_deg: float = 20.0
    tempo_lifting_s: float | None = None
    tempo_holding_s: float | None = None
    tempo_lowering_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse a definition that no movement can meet."""
        if not 0 < self.min_amplitude_deg <= self.target_high_deg:
            raise ValueError(f"min_amplitude_deg {self.min_amplitude_deg!r}: expected 0 to target_high_deg")
        if not 0 <= self.target_low_deg <= self.target_high_deg:
            raise ValueError(f"target_low_deg {self.target_low_deg!r}: expected 0 to target_high_deg")
        if not 0 < self.partial_fraction <= 1:
            raise ValueError(f"partial_fraction {self.partial_fraction!r}: expected above 0, at most 1")
        if not self.min_duration_s > 0:
            raise ValueError(f"min_duration_s {self.min_duration_s!r}: expected a positive number")
