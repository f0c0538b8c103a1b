"""The plan's exercise in the terms of the goniometer and the repetition counter."""

from monitor.exercise.definition import Direction, RepetitionDefinition
from monitor.exercise.one_sensor import OneSensorParams, OneSensorSignal
from monitor.motion.goniometer import GoniometerParams
from monitor.plan.exercise import Exercise, SignalChoice

# A plan without a band asks for the prescribed movement, give or take what goniometry can tell apart.
BAND_AROUND_DEG = 10.0
# Calibration makes the still pose the plan's own; who sits down again sits within this of it.
START_WITHIN_DEG = 15.0


def goniometer_params(exercise: Exercise) -> GoniometerParams:
    """The joint, its angle in the still pose, and which way it moves first."""
    extends = exercise.target_angle_deg < exercise.rest_angle_deg
    return GoniometerParams(
        joint=joint_name(exercise),
        rest_angle_deg=still_angle_deg(exercise),
        first_movement="extension" if extends else "flexion",
        prescribed_range_deg=exercise.prescribed_range_deg,
    )


def one_sensor_params(exercise: Exercise) -> OneSensorParams:
    """The same for one sensor: its inclination, or its turning about a shown axis."""
    rotates = exercise.signal is SignalChoice.ROTATION
    return OneSensorParams(
        name=joint_name(exercise),
        signal=OneSensorSignal.ROTATION if rotates else OneSensorSignal.TILT,
        rest_angle_deg=still_angle_deg(exercise),
        increasing=exercise.target_angle_deg > exercise.rest_angle_deg,
        first_deg=min(15.0, max(5.0, 0.2 * exercise.prescribed_range_deg)),
    )


def still_angle_deg(exercise: Exercise) -> float:
    """The joint's angle in the still pose."""
    return exercise.rest_angle_deg if exercise.zero_pose_deg is None else exercise.zero_pose_deg


def repetition_definition(exercise: Exercise) -> RepetitionDefinition:
    """Direction, range and tempo of one repetition."""
    prescribed = exercise.prescribed_range_deg
    low, high = exercise.range_of_motion_deg or (
        max(prescribed - BAND_AROUND_DEG, prescribed / 2),
        prescribed + BAND_AROUND_DEG,
    )
    rises = exercise.target_angle_deg > exercise.rest_angle_deg
    tempo = exercise.tempo
    return RepetitionDefinition(
        direction=Direction.INCREASING if rises else Direction.DECREASING,
        target_low_deg=low,
        target_high_deg=high,
        # What begins far from the rest angle is another movement: steps on a knee that is to be extended out
        # of 90 deg, say (they flex it to 60). The zero of a rotation creeps; it has no such place.
        start_deg=None if exercise.signal is SignalChoice.ROTATION else exercise.rest_angle_deg,
        start_tolerance_deg=max(START_WITHIN_DEG, prescribed / 3),
        tempo_lifting_s=tempo.lift_s or None,
        tempo_holding_s=tempo.hold_s or None,
        tempo_lowering_s=tempo.lower_s or None,
    )


def joint_name(exercise: Exercise) -> str:
    """`knee_right`."""
    return f"{exercise.joint.value}_{exercise.side.value}"
