import numpy as np
import pytest

from simulators.errors import MovementError
from simulators.movement.activities import Activity, CalibrationMovement, ExerciseSet, Restlessness
from simulators.movement.exercises import EXERCISES, find_exercise
from simulators.movement.motion import MotionPath
from simulators.movement.schedule import Fatigue

KNEE = find_exercise("knee_extension")


def path(*activities: Activity, **more: object) -> MotionPath:
    return MotionPath(seed=5, activities=activities, **more)  # type: ignore[arg-type]


def a_set(start_s: float = 10.0, repetitions: int = 10, **more: object) -> ExerciseSet:
    return ExerciseSet(start_s=start_s, exercise=KNEE, repetitions=repetitions, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_every_exercise_is_done_as_often_and_as_far_as_asked(name: str) -> None:
    exercise = EXERCISES[name]
    walked = path(ExerciseSet(start_s=8.0, exercise=exercise, repetitions=6), resting=exercise)
    (done,) = walked.sets
    assert done.exercise == name
    assert len(done.repetitions) == 6
    # Scatter of 2 % a repetition, up to 4 % of fatigue, and about 1 deg of sway.
    assert done.rom_deg == pytest.approx(exercise.range_of_motion_deg, rel=0.08, abs=2.0)
    rested = walked.joint_angle_deg(np.array([0.0, done.end_s + 5.0]))
    assert rested == pytest.approx(exercise.rest_deg, abs=1.5)


def test_repetitions_follow_each_other_and_their_truth_is_in_the_path() -> None:
    walked = path(a_set())
    (done,) = walked.sets
    for before, after in zip(done.repetitions, done.repetitions[1:], strict=False):
        assert before.start_s < before.turn_s <= before.lower_s < before.end_s <= after.start_s
    for one in done.repetitions:
        angle = walked.joint_angle_deg(np.linspace(one.start_s, one.end_s, 400))
        assert np.ptp(angle) == pytest.approx(one.rom_deg, abs=0.05)
        turn = walked.joint_angle_deg(np.array([one.turn_s]))[0]
        assert abs(turn - angle.min()) < 1.0
        assert one.concentric_s + one.hold_s + one.eccentric_s == pytest.approx(one.end_s - one.start_s)


def test_an_instant_can_be_asked_for_in_any_order() -> None:
    walked = path(a_set())
    t_s = np.linspace(0.0, 60.0, 601)
    forwards = walked.joint_angle_deg(t_s)
    assert np.array_equal(forwards[::-1], walked.joint_angle_deg(t_s[::-1]))
    assert np.array_equal(forwards, path(a_set()).joint_angle_deg(t_s))
    assert not np.array_equal(forwards, MotionPath(seed=6, activities=[a_set()]).joint_angle_deg(t_s))


def test_fatigue_shrinks_and_slows_the_repetitions() -> None:
    fresh = path(a_set(repetitions=30), fatigue=Fatigue(rom_loss=0.0, speed_loss=0.0)).sets[0]
    tired = path(a_set(repetitions=30), fatigue=Fatigue(rom_loss=0.3, speed_loss=0.5)).sets[0]
    assert tired.repetitions[-1].rom_deg / fresh.repetitions[-1].rom_deg == pytest.approx(0.7, abs=0.02)
    slower = [
        (t.end_s - t.start_s) / (f.end_s - f.start_s)
        for t, f in zip(tired.repetitions, fresh.repetitions, strict=True)
    ]
    assert slower[0] == pytest.approx(1.0, abs=1e-6)
    # The scatter of the tempo adds to the loss instead of multiplying it.
    assert slower[-1] == pytest.approx(1.5, abs=0.06)


def test_partial_repetitions_are_marked_and_do_not_count_for_the_range() -> None:
    done = path(a_set(partial=(2, 5), partial_scale=0.4)).sets[0]
    assert [one.partial for one in done.repetitions] == [index in (2, 5) for index in range(10)]
    whole = np.median([one.rom_deg for one in done.repetitions if not one.partial])
    assert done.rom_deg == pytest.approx(whole)
    assert done.repetitions[2].rom_deg < 0.5 * whole
    only = path(a_set(repetitions=2, partial=(0, 1))).sets[0]
    assert only.rom_deg == pytest.approx(np.median([one.rom_deg for one in only.repetitions]))


def test_a_stiff_knee_does_not_go_beyond_its_cap() -> None:
    done = path(a_set(), range_cap_deg=40.0).sets[0]
    assert max(one.rom_deg for one in done.repetitions) == pytest.approx(40.0, abs=2.0)


@pytest.mark.parametrize(("towards_work", "sign"), [(True, -1.0), (False, 1.0)])
def test_the_calibration_movement_is_no_set_and_begins_where_it_should(
    towards_work: bool, sign: float
) -> None:
    swing = CalibrationMovement(
        start_s=10.0, swings=5, swing_s=4.0, amplitude_deg=50.0, towards_work=towards_work
    )
    moved = path(swing)
    assert moved.sets == ()
    first = moved.joint_angle_deg(np.linspace(10.0, 13.9, 100)) - KNEE.rest_deg
    assert sign * first[np.argmax(np.abs(first))] == pytest.approx(50.0, rel=0.2)
    # Five excursions, each out and back.
    t_s = np.linspace(10.0, 30.0, 2001)
    beyond = sign * (moved.joint_angle_deg(t_s) - KNEE.rest_deg) > 25.0
    assert np.count_nonzero(np.diff(beyond.astype(int)) == 1) == 5
    # The proximal segment and the limb's heading move as well: without them its axis would not show.
    assert np.ptp(moved.proximal_tilt_deg(t_s)) > 10.0
    assert np.ptp(moved.turn_deg(t_s)) > 10.0
    still = np.linspace(35.0, 45.0, 1000)
    assert np.ptp(moved.joint_angle_deg(still)) < 3.0


def test_restlessness_moves_without_a_set_and_comes_back() -> None:
    moved = path(Restlessness(start_s=5.0, end_s=25.0, amplitude_deg=20.0))
    assert moved.sets == ()
    assert np.ptp(moved.joint_angle_deg(np.linspace(5.0, 25.0, 2000))) > 10.0
    assert moved.joint_angle_deg(np.array([30.0]))[0] == pytest.approx(KNEE.rest_deg, abs=1.5)


def test_the_patient_takes_the_next_exercises_pose_in_time() -> None:
    squat = find_exercise("squat")
    moved = path(ExerciseSet(start_s=20.0, exercise=squat, repetitions=2))
    assert moved.joint_angle_deg(np.array([10.0]))[0] == pytest.approx(KNEE.rest_deg, abs=1.5)
    assert moved.joint_angle_deg(np.array([19.5]))[0] == pytest.approx(squat.rest_deg, abs=1.5)
    assert moved.proximal_tilt_deg(np.array([19.5]))[0] == pytest.approx(squat.proximal_rest_deg, abs=1.5)


def test_nobody_does_two_things_at_once() -> None:
    with pytest.raises(MovementError, match="busy until"):
        path(a_set(10.0), a_set(20.0))
    with pytest.raises(MovementError, match="no time to take the pose"):
        path(a_set(10.0, 1), ExerciseSet(start_s=13.0, exercise=find_exercise("squat"), repetitions=1))


def test_sitting_still_is_nearly_still() -> None:
    still = path()
    t_s = np.linspace(0.0, 120.0, 12_001)
    assert np.ptp(still.joint_angle_deg(t_s)) < 2.5
    assert not still.effort(t_s).any()
    assert np.abs(still.lean_deg(t_s)).max() < 1.0
