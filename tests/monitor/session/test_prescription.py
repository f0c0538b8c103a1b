"""The plan's exercise in the terms of the algorithms."""

from monitor.exercise.definition import Direction
from monitor.plan.exercise import Exercise, Joint, Side, Tempo
from monitor.session.prescription import goniometer_params, joint_name, repetition_definition


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
