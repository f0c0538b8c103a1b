"""The sensors of a session as the core knows them: name, family, role. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class SensorRole(StrEnum):
    """What a sensor does in a session."""

    OXIMETER = "oximeter"
    HEART_RATE_STRAP = "heart_rate_strap"
    CUFF = "cuff"
    IMU_PROXIMAL = "imu_proximal"
    IMU_DISTAL = "imu_distal"
    # Placements of gait and function tests; a goniometer's two are above.
    IMU_FOOT_LEFT = "imu_foot_left"
    IMU_FOOT_RIGHT = "imu_foot_right"
    IMU_SHANK_LEFT = "imu_shank_left"
    IMU_SHANK_RIGHT = "imu_shank_right"
    IMU_THIGH_LEFT = "imu_thigh_left"
    IMU_THIGH_RIGHT = "imu_thigh_right"
    IMU_LUMBAR = "imu_lumbar"
    EXERCISE_MACHINE = "exercise_machine"
    THERMOMETER = "thermometer"


# Motion sensors whose samples only gait and function tests read.
PLACED_IMU_ROLES = frozenset(
    {
        SensorRole.IMU_FOOT_LEFT,
        SensorRole.IMU_FOOT_RIGHT,
        SensorRole.IMU_SHANK_LEFT,
        SensorRole.IMU_SHANK_RIGHT,
        SensorRole.IMU_THIGH_LEFT,
        SensorRole.IMU_THIGH_RIGHT,
        SensorRole.IMU_LUMBAR,
    }
)

# They come with a reading and go again.
EPISODIC_ROLES = frozenset({SensorRole.CUFF, SensorRole.THERMOMETER})


class Arm(StrEnum):
    """Where the cuff or the oximeter sits; a cuff hides the pulse of its own arm."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorConfig:
    """One sensor as the core knows it: the station's name for it, whose wire format it speaks, its role.

    `options` are the family's own settings in JSON scalars (`sampling_rate_hz` of an IMU without clock).
    """

    device: str
    family: str
    role: SensorRole
    arm: Arm | None = None
    options: Mapping[str, str | float | int | bool] = field(default_factory=dict)
