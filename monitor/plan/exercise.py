"""One exercise as the therapist prescribes it."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from monitor.plan.pack import Strict


class Joint(StrEnum):
    """The joint between the proximal and the distal IMU."""

    KNEE = "knee"
    HIP = "hip"
    ANKLE = "ankle"
    SHOULDER = "shoulder"
    ELBOW = "elbow"


class Side(StrEnum):
    """Which of the two."""

    LEFT = "left"
    RIGHT = "right"


class SignalChoice(StrEnum):
    """What repetitions are counted on."""

    JOINT_ANGLE = "joint_angle"  # two sensors on the joint
    TILT = "tilt"  # one: inclination of the segment that moves
    ROTATION = "rotation"  # one: turning about the axis of a repetition that is shown
    CYCLES = "cycles"  # one: any movement that goes on without a pause; nothing is shown or calibrated


class Tempo(Strict):
    """How long the parts of one repetition should take; zero for a part that does not matter."""

    lift_s: float = Field(default=0, ge=0, le=30)
    hold_s: float = Field(default=0, ge=0, le=60)
    lower_s: float = Field(default=0, ge=0, le=30)


class Exercise(Strict):
    """Sets of repetitions of one joint's movement.

    Angles are the joint's own: flexion positive, 0 = straight. A repetition leads from `rest_angle_deg`
    to `target_angle_deg` and back; `zero_pose_deg` is the joint's angle in the still pose in which the
    sensors are calibrated. `range_of_motion_deg` is the band (lowest, highest) that one repetition's range
    should lie in. `signal` says what it is counted on; without it two sensors give the joint's angle, one its
    segment's tilt. `workload` is any number that grows with the load (kg, W), compared only with itself.
    """

    name: str = Field(min_length=1, max_length=60)
    joint: Joint
    side: Side
    sets: int = Field(ge=1, le=20)
    repetitions: int = Field(ge=1, le=100)
    # Down to what joints reach the other way: ankle 50 (plantar), shoulder 60 (extension), 90 (turned out).
    rest_angle_deg: float = Field(ge=-90, le=180)
    target_angle_deg: float = Field(ge=-90, le=180)
    zero_pose_deg: float | None = Field(default=None, ge=-90, le=180)
    range_of_motion_deg: tuple[float, float] | None = None
    tempo: Tempo = Tempo()
    signal: SignalChoice | None = None
    rest_s: float = Field(default=60, ge=0, le=900)
    workload: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if abs(self.target_angle_deg - self.rest_angle_deg) < 5:
            raise ValueError("rest_angle_deg and target_angle_deg must be at least 5 degrees apart")
        band = self.range_of_motion_deg
        if band is not None and not 0 < band[0] < band[1] <= 200:
            raise ValueError(f"range_of_motion_deg must be [lowest, highest] in 0..200, got {list(band)}")
        return self

    @property
    def prescribed_range_deg(self) -> float:
        """How far one whole repetition goes."""
        return abs(self.target_angle_deg - self.rest_angle_deg)
