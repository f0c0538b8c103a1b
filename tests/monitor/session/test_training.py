"""Movement in the session: the demonstration's knee, from calibration to recovery."""

from itertools import pairwise

import pytest

from monitor.exercise.phases import Phase
from monitor.outputs import CalibrationReported, JointAngleUpdate, PhaseChanged, RepetitionCounted
from monitor.samples import Code
from simulators.scenario import load
from tests.support.core_run import CoreRun, run_core


@pytest.fixture(scope="module")
def run() -> CoreRun:
    return run_core(load("knee-extension"))


def test_every_repetition_is_counted_once_and_in_order(run: CoreRun) -> None:
    counted = [one for one in run.outputs if isinstance(one, RepetitionCounted)]
    assert [(one.set_number, one.repetition) for one in counted] == [
        (set_number, repetition) for set_number in (1, 2, 3) for repetition in range(1, 11)
    ]
    assert all(one.repetition_target == 10 and one.flags == () for one in counted)
    for one in counted:
        assert one.maximum_deg - one.minimum_deg == pytest.approx(one.range_of_motion_deg, abs=0.02)
        assert one.t_start_ns < one.t_end_ns <= one.at_ns


def test_the_phases_follow_the_exercise(run: CoreRun) -> None:
    moves = [one for one in run.outputs if isinstance(one, PhaseChanged)]
    assert [one.to_phase for one in moves] == [
        Phase.CALIBRATION,
        Phase.BEFORE,
        Phase.EXERCISE,
        Phase.REST,
        Phase.EXERCISE,
        Phase.REST,
        Phase.EXERCISE,
        Phase.RECOVERY,
    ]
    assert all(a.to_phase is b.from_phase for a, b in pairwise(moves))


def test_calibration_is_told_step_by_step(run: CoreRun) -> None:
    reports = [one for one in run.outputs if isinstance(one, CalibrationReported)]
    assert reports[0].message == "Put on both motion sensors"
    assert any("(3 done)" in one.message for one in reports)
    assert (reports[-1].state, reports[-1].joint) == ("ready", "knee_right")
    assert reports[-1].message.startswith("calibrated, axis within")
    assert reports[-1].quality is not None


def test_angles_come_at_most_ten_times_a_second(run: CoreRun) -> None:
    angles = [one for one in run.outputs if isinstance(one, JointAngleUpdate)]
    gaps = sorted(b.t_ns - a.t_ns for a, b in pairwise(angles))
    assert gaps[0] >= 100_000_000
    assert gaps[len(gaps) // 2] <= 150_000_000
    assert all(0 <= one.confidence <= 1 for one in angles)


def test_an_angle_that_is_not_measured_is_no_angle(run: CoreRun) -> None:
    """The shank's sensor is away for 18 s of the first rest."""
    angles = [one for one in run.outputs if isinstance(one, JointAngleUpdate)]
    away = [one for one in angles if 133e9 < one.t_ns < 145e9]
    assert all(one.angle_deg is None and one.confidence == 0 for one in away)


def test_the_summary_has_the_three_columns_of_a_flow_sheet(run: CoreRun) -> None:
    found = run.session.summary()
    assert set(found.vitals) == {"before", "during", "after"}
    assert found.vitals["before"][Code.SPO2_PERCENT].mean > 96
    assert found.vitals["during"][Code.SPO2_PERCENT].minimum < 89
    assert found.vitals["during"][Code.SYSTOLIC_MMHG].maximum > 220
    assert [(one.set_number, one.repetitions, one.partial) for one in found.sets] == [
        (1, 10, 0),
        (2, 10, 0),
        (3, 10, 0),
    ]


def test_the_snapshot_at_the_end(run: CoreRun) -> None:
    shown = run.session.snapshot()
    assert (shown.phase, shown.set_number, shown.repetition, shown.repetition_target) == (
        Phase.RECOVERY,
        3,
        0,
        10,
    )
    assert shown.calibration == "calibrated"
    assert shown.angle is not None
