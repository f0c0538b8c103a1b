import pytest

from simulators.errors import UnknownNameError
from simulators.movement.exercises import EXERCISES, Joint, find_exercise

# The usual clinical norms (AAOS): what a joint can do at all, with 5 deg of hyperextension.
NORMS_DEG = {
    Joint.KNEE: (-5.0, 140.0),
    Joint.HIP: (-30.0, 120.0),
    Joint.ANKLE: (-50.0, 20.0),
    Joint.SHOULDER: (-70.0, 180.0),
    Joint.ELBOW: (-5.0, 150.0),
}


def test_there_are_exercises_for_every_joint() -> None:
    assert len(EXERCISES) >= 12
    assert {exercise.joint for exercise in EXERCISES.values()} == set(Joint)


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_an_exercise_stays_within_what_the_joint_can_do(name: str) -> None:
    exercise = EXERCISES[name]
    low, high = NORMS_DEG[exercise.joint]
    assert exercise.name == name
    assert low <= min(exercise.rest_deg, exercise.work_deg)
    assert max(exercise.rest_deg, exercise.work_deg) <= high
    assert exercise.range_of_motion_deg >= 15.0
    assert exercise.repetition_s >= 1.0
    assert 0.0 < exercise.workload <= 1.0
    shares = [frame.share for frame in exercise.keyframes]
    assert shares == sorted(shares)
    assert all(0.0 < share < 1.0 for share in shares)


def test_an_unknown_exercise_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="knee_extension") as caught:
        find_exercise("knee_extention")
    assert caught.value.kind == "exercise"
    assert caught.value.name == "knee_extention"
    assert caught.value.known == tuple(sorted(EXERCISES))
