"""What goes into a goniometer and what it says of itself."""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from monitor.motion.alignment import ImuGridParams
from monitor.samples import Quality

Role = Literal["proximal", "distal"]


class GoniometerStage(StrEnum):
    """Where the goniometer is on its way to an angle."""

    WAITING = "waiting"
    STILL = "still"
    CALIBRATING = "calibrating"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoniometerParams:
    """The joint and how it is calibrated.

    `rest_angle_deg` is the anatomical angle of the still pose (knee of a seated patient: 90, flexion
    positive, straight = 0); `first_movement` what the first swing does to it; `prescribed_range_deg` how
    far the plan's repetition goes, None where there is no plan. Without `pose_named` the rest angle is any
    zero (a rig's) and says nothing of how the segments stand.
    """

    joint: str = "knee"
    rest_angle_deg: float = 90.0
    pose_named: bool = True
    first_movement: Literal["flexion", "extension"] = "extension"
    prescribed_range_deg: float | None = None
    still_s: float = 3.0
    swings: int = 5
    # Nobody swings for longer; something else is going on.
    calibration_timeout_s: float = 60.0
    playout_s: float = 0.2
    grid: ImuGridParams = field(default_factory=ImuGridParams)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoniometerStatus:
    """What to show: the stage, how much of it is done (0 to 1), and what the patient should do now."""

    stage: GoniometerStage
    progress: float
    instruction: str
    swings: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoniometerHealth:
    """How far the angle can be trusted, over the last ten seconds or so.

    `disagreement_deg` is the rms of heading angle minus inclination angle, `swing_deg` the rms of what is
    not hinge rotation, `skew_s` by how much the distal stream lags (None: no evidence), `heading_strength`
    0 to 1, `error_deg` the last row's expected error, `missing` the share of rows without angle.
    """

    disagreement_deg: float
    swing_deg: float
    skew_s: float | None
    heading_strength: float
    error_deg: float
    missing: float
    refused_samples: int
    clipped_samples: int
    quality: Quality


def quality_of_error(error_deg: float) -> Quality:
    """What an angle with this expected error may be used for.

    Repeated goniometry by the same person differs by 3-5 deg, by different persons by up to 10: beyond that
    an angle says which way the joint moves, not where it is.
    """
    if error_deg <= 5.0:
        return Quality.GOOD
    if error_deg <= 10.0:
        return Quality.QUESTIONABLE
    return Quality.POOR if math.isfinite(error_deg) else Quality.MISSING
