"""From joint angles to what two IMUs on the limb would feel, before any sensor error. Pure numpy.

World frame: x forward, y left, z up. A segment's frame coincides with it when the patient stands; a limb
segment hangs from its upper end along -z. Sensor poses are functions of time; angular velocity and specific
force are their numerical derivatives, so that soft tissue and wobble take part without formulas of their own.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from protocols.units import STANDARD_GRAVITY_M_S2
from simulators.movement.exercises import Anchor, Axis, Joint
from simulators.movement.motion import MotionPath
from simulators.randomness import generator

# Step of the numerical derivatives: truncation below 1e-3 of the value at 12 Hz, rounding below 1e-6 m/s^2.
_STEP_S = 1e-3


class Side(StrEnum):
    """Which of the two sensors of a joint."""

    PROXIMAL = "proximal"
    DISTAL = "distal"


# Length of proximal and distal segment, m (Winter, Biomechanics and Motor Control, 4th ed., at 1.72 m).
SEGMENT_LENGTH_M = {
    Joint.KNEE: (0.42, 0.42),
    Joint.HIP: (0.15, 0.42),
    Joint.ANKLE: (0.42, 0.15),
    Joint.SHOULDER: (0.45, 0.32),
    Joint.ELBOW: (0.32, 0.25),
}
# From the joint centre to the sensor, in the segment's frame, m: thigh 15-25 cm, shank 10-20 cm off the knee.
SENSOR_LEVER_M = {
    Joint.KNEE: ((0.06, 0.04, 0.19), (0.03, 0.05, -0.15)),
    Joint.HIP: ((-0.09, -0.06, 0.09), (0.06, 0.04, -0.22)),
    Joint.ANKLE: ((0.03, 0.05, 0.16), (0.10, 0.0, -0.05)),
    Joint.SHOULDER: ((0.10, -0.15, -0.06), (0.02, 0.06, -0.17)),
    Joint.ELBOW: ((0.02, 0.06, 0.13), (0.02, 0.04, -0.16)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissue:
    """How the body differs from a hinge with sensors screwed on.

    `artefact_deg`: rotation of a sensor against its bone at 90 deg of joint angle (2-5 deg, an assumption).
    `off_axis_deg`: rotation about the two other axes at the end of the range (screw-home and varus-valgus).
    """

    artefact_deg: float = 2.0
    off_axis_deg: float = 3.0
    mounting_sd_deg: float = 10.0


def _about(axis: int, angle_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation matrices (n, 3, 3) about coordinate axis 0, 1 or 2."""
    matrices = np.zeros((len(angle_rad), 3, 3))
    after, last = (axis + 1) % 3, (axis + 2) % 3
    matrices[:, axis, axis] = 1.0
    matrices[:, after, after] = matrices[:, last, last] = np.cos(angle_rad)
    sine = np.sin(angle_rad)
    matrices[:, last, after] = sine
    matrices[:, after, last] = -sine
    return matrices


def rotation_about(axis: NDArray[np.float64], angle_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation matrices (n, 3, 3) about a fixed unit `axis` (3,) by `angle_rad` (n,) (Rodrigues)."""
    cross = np.array([[0.0, -axis[2], axis[1]], [axis[2], 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
    sine, versine = np.sin(angle_rad)[:, None, None], (1.0 - np.cos(angle_rad))[:, None, None]
    return np.asarray(np.eye(3) + sine * cross + versine * (cross @ cross), dtype=np.float64)


_AXIS = {
    Axis.FLEXION_BACKWARD: (1, 1.0),
    Axis.FLEXION_FORWARD: (1, -1.0),
    Axis.ABDUCTION: (0, 1.0),
    Axis.ROTATION: (2, 1.0),
}


def _random_unit(random: np.random.Generator) -> NDArray[np.float64]:
    vector = random.standard_normal(3)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float64)


class LimbKinematics:
    """Poses of the two sensors of one joint, and what they would measure without any error of their own."""

    def __init__(self, path: MotionPath, *, seed: int, tissue: Tissue | None = None) -> None:
        self._path = path
        self._tissue = tissue or Tissue()
        joint = path.joint
        self._length_m = SEGMENT_LENGTH_M[joint]
        self._lever_m = {
            side: np.array(lever) for side, lever in zip(Side, SENSOR_LEVER_M[joint], strict=True)
        }
        self._mounting: dict[Side, NDArray[np.float64]] = {}
        self._artefact_axis: dict[Side, NDArray[np.float64]] = {}
        for side in Side:
            random = generator(seed, "kinematics", side)
            turn = abs(random.normal(0.0, np.radians(self._tissue.mounting_sd_deg)))
            self._mounting[side] = rotation_about(_random_unit(random), np.array([turn]))[0]
            self._artefact_axis[side] = _random_unit(random)
        random = generator(seed, "kinematics", "off_axis")
        self._off_axis = random.uniform(-1.0, 1.0, 2)

    def segment_pose(
        self, t_s: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Orientation of both bones (n, 3, 3), segment to world, and the joint centre (n, 3) in m."""
        upper = self._upper(t_s)
        lower = self._lower(t_s, upper)
        if self._path.resting.anchor is Anchor.PROXIMAL:
            return upper, lower, self._hanging(upper)
        return upper, lower, self._length_m[1] * lower[:, :, 2]

    def _upper(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        path = self._path
        return (
            _about(2, np.radians(path.turn_deg(t_s)))
            @ _about(0, np.radians(path.lean_deg(t_s)))
            @ _about(1, -np.radians(path.proximal_tilt_deg(t_s)))
        )

    def _lower(self, t_s: NDArray[np.float64], upper: NDArray[np.float64]) -> NDArray[np.float64]:
        exercise = self._path.resting
        angle = np.radians(self._path.joint_angle_deg(t_s))
        axis, sign = _AXIS[exercise.axis]
        # How far the joint has left its resting pose, 0..1: the joint's other axes follow it.
        away = (angle - np.radians(exercise.rest_deg)) / np.radians(exercise.work_deg - exercise.rest_deg)
        off = np.radians(self._tissue.off_axis_deg) * away
        return (
            upper
            @ _about(axis, sign * angle)
            @ _about((axis + 1) % 3, self._off_axis[0] * off)
            @ _about((axis + 2) % 3, self._off_axis[1] * off)
        )

    def _hanging(self, upper: NDArray[np.float64]) -> NDArray[np.float64]:
        """The joint centre when the upper end of the limb stays where it is."""
        return np.asarray(-self._length_m[0] * upper[:, :, 2], dtype=np.float64)

    def sensor_pose(
        self, side: Side, t_s: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Orientation (n, 3, 3), sensor to world, and position (n, 3) in m of one sensor."""
        if side is Side.PROXIMAL and self._path.resting.anchor is Anchor.PROXIMAL:
            # The joint below does not move what is above it.
            bone = self._upper(t_s)
            centre = self._hanging(bone)
        else:
            upper, lower, centre = self.segment_pose(t_s)
            bone = upper if side is Side.PROXIMAL else lower
        slip = np.radians(self._tissue.artefact_deg) * self._path.joint_angle_deg(t_s) / 90.0
        skin = bone @ rotation_about(self._artefact_axis[side], slip)
        return skin @ self._mounting[side], centre + skin @ self._lever_m[side]

    def felt(self, side: Side, t_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Specific force (n, 3) m/s^2 and angular velocity (n, 3) rad/s in the sensor's own frame."""
        # One evaluation for all three instants of the differences: numpy's cost is per call.
        count = len(t_s)
        pose, position = self.sensor_pose(side, np.concatenate([t_s - _STEP_S, t_s, t_s + _STEP_S]))
        before, now, after = pose[:count], pose[count : 2 * count], pose[2 * count :]
        acceleration = (
            position[2 * count :] - 2.0 * position[count : 2 * count] + position[:count]
        ) / _STEP_S**2
        acceleration[:, 2] += STANDARD_GRAVITY_M_S2
        force = np.einsum("nji,nj->ni", now, acceleration)
        turn = before.transpose(0, 2, 1) @ after
        sine = 0.5 * np.stack(
            [turn[:, 2, 1] - turn[:, 1, 2], turn[:, 0, 2] - turn[:, 2, 0], turn[:, 1, 0] - turn[:, 0, 1]],
            axis=1,
        )
        # |sine| is the sine of the angle turned in 2 ms, far below a right angle for any limb.
        size = np.linalg.norm(sine, axis=1, keepdims=True)
        scale = np.where(size > 1e-12, np.arcsin(np.clip(size, 0.0, 1.0)) / np.maximum(size, 1e-12), 1.0)
        return force, sine * scale / (2.0 * _STEP_S)
