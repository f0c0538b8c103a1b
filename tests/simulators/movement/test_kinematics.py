"""The numerical derivatives are held against closed formulas; scipy's rotations are an independent oracle."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from protocols.units import STANDARD_GRAVITY_M_S2
from simulators.movement.activities import ExerciseSet
from simulators.movement.exercises import EXERCISES, Anchor, Exercise, Joint, find_exercise
from simulators.movement.kinematics import (
    SEGMENT_LENGTH_M,
    SENSOR_LEVER_M,
    LimbKinematics,
    Side,
    Tissue,
    rotation_about,
)
from simulators.movement.motion import MotionPath

RIGID = Tissue(artefact_deg=0.0, off_axis_deg=0.0, mounting_sd_deg=0.0)
Array = NDArray[np.float64]


class Pendulum(MotionPath):
    """A joint that swings in closed form about a proximal segment that stands still."""

    hz = 0.8
    amplitude_deg = 40.0
    tilt_deg = 70.0

    def __init__(self, exercise: Exercise) -> None:
        super().__init__(seed=1, activities=(), resting=exercise)

    def joint_angle_deg(self, t_s: Array) -> Array:
        return 30.0 + self.amplitude_deg * np.sin(2 * np.pi * self.hz * t_s)

    def proximal_tilt_deg(self, t_s: Array) -> Array:
        return np.full_like(t_s, self.tilt_deg)

    def turn_deg(self, t_s: Array) -> Array:
        return np.zeros_like(t_s)

    def lean_deg(self, t_s: Array) -> Array:
        return np.zeros_like(t_s)


@pytest.mark.parametrize("tilt_deg", [0.0, 70.0])
def test_the_distal_sensor_feels_what_a_pendulum_must(tilt_deg: float) -> None:
    swing = Pendulum(find_exercise("knee_extension"))
    swing.tilt_deg = tilt_deg
    t_s = np.linspace(1.0, 4.0, 300)
    force, turn = LimbKinematics(swing, seed=1, tissue=RIGID).felt(Side.DISTAL, t_s)
    omega = 2 * np.pi * swing.hz
    amplitude = np.radians(swing.amplitude_deg)
    rate = amplitude * omega * np.cos(omega * t_s)
    acceleration = -amplitude * omega**2 * np.sin(omega * t_s)
    # The knee turns about y; the thigh's tilt is about -y and stands still.
    axis = np.array([0.0, 1.0, 0.0])
    # Truncation of the central difference: (omega * 1 ms)^2 / 6, 4e-6 of the value.
    assert turn == pytest.approx(rate[:, None] * axis, abs=2e-5)
    # f = R' (-g) + w' x r + w x (w x r), all in the shank's frame.
    shank = Rotation.from_rotvec(np.radians(swing.joint_angle_deg(t_s) - tilt_deg)[:, None] * axis)
    gravity = shank.inv().apply([0.0, 0.0, STANDARD_GRAVITY_M_S2])
    lever = np.array(SENSOR_LEVER_M[Joint.KNEE][1])
    spin = rate[:, None] * axis
    expected = (
        gravity
        + np.cross(acceleration[:, None] * axis, lever)
        + np.cross(spin, np.cross(spin, np.broadcast_to(lever, spin.shape)))
    )
    assert force == pytest.approx(expected, abs=1e-3)


def test_the_proximal_sensor_of_a_still_segment_feels_gravity_only() -> None:
    swing = Pendulum(find_exercise("knee_extension"))
    force, turn = LimbKinematics(swing, seed=1, tissue=RIGID).felt(Side.PROXIMAL, np.linspace(0, 2, 50))
    assert np.abs(turn).max() < 1e-9
    up = Rotation.from_euler("y", -np.radians(swing.tilt_deg)).inv().apply([0, 0, STANDARD_GRAVITY_M_S2])
    assert force == pytest.approx(np.broadcast_to(up, force.shape), abs=1e-5)


def test_standing_on_the_foot_the_ankle_end_stays_where_it_is() -> None:
    limb = LimbKinematics(
        Pendulum(replace(find_exercise("knee_extension"), anchor=Anchor.DISTAL)), seed=1, tissue=RIGID
    )
    _, lower, centre = limb.segment_pose(np.linspace(0.0, 2.0, 100))
    foot = centre - SEGMENT_LENGTH_M[Joint.KNEE][1] * lower[:, :, 2]
    assert np.abs(foot).max() < 1e-9


@pytest.mark.parametrize("name", ["knee_extension", "squat", "gait", "shoulder_external_rotation"])
@pytest.mark.parametrize("side", list(Side))
def test_angular_velocity_integrates_to_the_orientation(name: str, side: Side) -> None:
    exercise = EXERCISES[name]
    walked = MotionPath(
        seed=3, activities=[ExerciseSet(start_s=5.0, exercise=exercise, repetitions=2)], resting=exercise
    )
    limb = LimbKinematics(walked, seed=3)
    step_s = 0.004
    t_s = np.arange(4.5, 9.0, step_s)
    _, turn = limb.felt(side, t_s + step_s / 2)
    pose, _ = limb.sensor_pose(side, t_s)
    steps = Rotation.from_rotvec(turn[:-1] * step_s)
    reached = Rotation.from_matrix(pose[0])
    for one in steps:
        reached = reached * one
    error = (reached.inv() * Rotation.from_matrix(pose[-1])).magnitude()
    assert np.degrees(error) < 0.05


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_poses_are_rotations_and_accelerations_are_those_of_people(name: str) -> None:
    exercise = EXERCISES[name]
    walked = MotionPath(
        seed=3, activities=[ExerciseSet(start_s=5.0, exercise=exercise, repetitions=3)], resting=exercise
    )
    limb = LimbKinematics(walked, seed=3)
    t_s = np.arange(0.0, 20.0, 0.01)
    for side in Side:
        pose, _ = limb.sensor_pose(side, t_s)
        assert np.linalg.det(pose) == pytest.approx(np.ones(len(t_s)))
        force, turn = limb.felt(side, t_s)
        size = np.linalg.norm(force, axis=1)
        # Over whole repetitions people do not gain height: the mean is a little above gravity, in gait more.
        assert STANDARD_GRAVITY_M_S2 * 0.95 < size.mean() < STANDARD_GRAVITY_M_S2 * 1.2
        assert size.max() < 5.0 * STANDARD_GRAVITY_M_S2
        assert np.degrees(np.abs(turn).max()) < 700.0


def test_tissue_and_mounting_turn_the_sensor_against_the_bone() -> None:
    swing = Pendulum(find_exercise("knee_extension"))
    t_s = np.linspace(0.0, 2.0, 200)
    rigid, _ = LimbKinematics(swing, seed=1, tissue=RIGID).sensor_pose(Side.DISTAL, t_s)
    soft, _ = LimbKinematics(
        swing, seed=1, tissue=Tissue(artefact_deg=3.0, off_axis_deg=0.0, mounting_sd_deg=0.0)
    ).sensor_pose(Side.DISTAL, t_s)
    slip = Rotation.from_matrix(rigid.transpose(0, 2, 1) @ soft).magnitude()
    assert np.degrees(slip) == pytest.approx(3.0 * np.abs(swing.joint_angle_deg(t_s)) / 90.0, abs=1e-6)
    worn, _ = LimbKinematics(
        swing, seed=1, tissue=Tissue(artefact_deg=0.0, off_axis_deg=0.0, mounting_sd_deg=10.0)
    ).sensor_pose(Side.DISTAL, t_s)
    tilted = np.degrees(Rotation.from_matrix(rigid.transpose(0, 2, 1) @ worn).magnitude())
    assert np.ptp(tilted) < 1e-6
    assert 0.1 < tilted[0] < 40.0


def test_off_axis_rotation_grows_with_the_excursion() -> None:
    swing = Pendulum(find_exercise("knee_extension"))
    t_s = np.linspace(0.0, 2.0, 200)
    off = Tissue(artefact_deg=0.0, off_axis_deg=6.0, mounting_sd_deg=0.0)
    pure = LimbKinematics(swing, seed=1, tissue=RIGID).segment_pose(t_s)[1]
    loose = LimbKinematics(swing, seed=1, tissue=off).segment_pose(t_s)[1]
    away = np.degrees(Rotation.from_matrix(pure.transpose(0, 2, 1) @ loose).magnitude())
    travel = np.abs(swing.joint_angle_deg(t_s) - 88.0) / 78.0
    assert away.max() > 1.0
    assert away / travel == pytest.approx(np.full(len(t_s), (away / travel)[0]), rel=0.02)


def test_rodrigues_agrees_with_scipy() -> None:
    axis = np.array([0.36, -0.48, 0.8])
    angles = np.linspace(-3.0, 3.0, 25)
    ours = rotation_about(axis, angles)
    assert ours == pytest.approx(Rotation.from_rotvec(angles[:, None] * axis).as_matrix())
