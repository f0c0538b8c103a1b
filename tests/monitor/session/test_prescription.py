"""The plan's exercise in the terms of the algorithms."""

import numpy as np
import pytest

from monitor.exercise.definition import Direction
from monitor.exercise.one_sensor import OneSensorSignal
from monitor.exercise.repetitions import RepetitionCounter
from monitor.plan.exercise import Exercise, Joint, Side, Tempo
from monitor.session.prescription import (
    goniometer_params,
    joint_name,
    one_sensor_params,
    repetition_definition,
)
from tests.monitor.exercise.made import angle_block
from tests.monitor.motion.two_imus import swings


def exercise(**more: object) -> Exercise:
    given = {
        "name": "x",
        "joint": Joint.KNEE,
        "side": Side.LEFT,
        "sets": 1,
        "repetitions": 8,
        "rest_angle_deg": 90,
        "target_angle_deg": 10,
    }
    return Exercise.model_validate({**given, **more})


def test_extension_out_of_flexion() -> None:
    params, definition = goniometer_params(exercise()), repetition_definition(exercise())
    assert (params.joint, params.rest_angle_deg, params.first_movement) == ("knee_left", 90, "extension")
    assert definition.direction is Direction.DECREASING
    assert (definition.target_low_deg, definition.target_high_deg) == (70, 90)
    assert definition.tempo_lifting_s is None


def test_flexion_out_of_extension() -> None:
    curl = exercise(
        joint="elbow",
        rest_angle_deg=5,
        target_angle_deg=130,
        zero_pose_deg=0,
        range_of_motion_deg=(100, 130),
        tempo=Tempo(lift_s=2, lower_s=3),
    )
    params, definition = goniometer_params(curl), repetition_definition(curl)
    assert (params.rest_angle_deg, params.first_movement) == (0, "flexion")
    assert definition.direction is Direction.INCREASING
    assert (definition.target_low_deg, definition.target_high_deg) == (100, 130)
    assert (definition.tempo_lifting_s, definition.tempo_holding_s, definition.tempo_lowering_s) == (
        2,
        None,
        3,
    )


def test_a_small_movement_keeps_a_sensible_band() -> None:
    definition = repetition_definition(exercise(rest_angle_deg=20, target_angle_deg=8))
    assert (definition.target_low_deg, definition.target_high_deg) == (6, 22)


def test_joint_names() -> None:
    assert joint_name(exercise(joint="hip", side="right")) == "hip_right"


def knee_angle(t: np.ndarray, *, walks_until_s: float) -> np.ndarray:
    """Steps between straight and 60 deg, a second each; then seated extensions out of 90 deg."""
    walking = 30.0 - 30.0 * np.cos(2 * np.pi * t)
    seated = 90.0 - 75.0 * swings(t, walks_until_s + 4.0, 3, lift=1.0, hold=0.2, lower=1.0, rest=0.5)
    return np.where(t < walks_until_s, walking, seated)


@pytest.mark.parametrize("signal", [None, "tilt"])
def test_walking_to_the_chair_is_no_repetition(signal: str | None) -> None:
    definition = repetition_definition(exercise(rest_angle_deg=90, target_angle_deg=10, signal=signal))
    t = np.arange(0.0, 25.0, 0.01)
    counter = RepetitionCounter(definition)
    found = counter.update(angle_block(knee_angle(t, walks_until_s=10.0)))
    assert len(found) == 3
    assert all(one.start_ns > 12 * 10**9 for one in found)


def test_a_rotation_has_no_place_to_start_from() -> None:
    assert repetition_definition(exercise(signal="rotation")).start_deg is None
    params = one_sensor_params(exercise(signal="rotation", rest_angle_deg=20, target_angle_deg=80))
    assert (params.signal, params.rest_angle_deg, params.increasing) == (OneSensorSignal.ROTATION, 20, True)
