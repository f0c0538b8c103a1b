"""Movement in the session: a knee, from calibration to recovery."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from monitor.exercise.phases import Phase
from monitor.exercise.repetitions import Repetition
from monitor.exercise.tempo import Tempo
from monitor.outputs import CalibrationReported, JointAngleUpdate, PhaseChanged, RepetitionCounted
from monitor.samples import Code, Quality
from monitor.session.effects import Effects
from monitor.session.joint_source import zero_message
from monitor.session.training import Training
from simulators.scenario.loader import Scenario
from tests.monitor.exercise.made import angle_block
from tests.support.alert_bench import plan_of
from tests.support.core_run import CoreRun, run_core

pytestmark = pytest.mark.untraced

NS_PER_S = 1_000_000_000

IMUS = [
    {"name": name, "family": "witmotion", "role": role, "samples_per_notification": 12}
    for name, role in (("thigh", "imu_proximal"), ("shank", "imu_distal"))
]


def short(timeline: list[dict[str, object]], duration_s: float, **plan: object) -> CoreRun:
    """A session with motion sensors only."""
    scenario = {
        "name": "short",
        "title": "short",
        "seed": 7,
        "duration_s": duration_s,
        "devices": IMUS,
        "timeline": timeline,
        "plan": plan,
    }
    return run_core(Scenario.model_validate(scenario))


def order(at_s: float, verb: str, **arguments: object) -> dict[str, object]:
    return {"at_s": at_s, "do": "command", "verb": verb, "arguments": arguments}


def exercise(name: str, joint: str) -> dict[str, object]:
    return {
        "name": name,
        "joint": joint,
        "side": "right",
        "sets": 1,
        "repetitions": 3,
        "rest_angle_deg": 90,
        "target_angle_deg": 10,
    }


CALIBRATION = {"at_s": 8, "do": "calibration_movement"}


def do_set(at_s: float) -> dict[str, object]:
    return {"at_s": at_s, "do": "set", "exercise": "knee_extension", "repetitions": 3}


def phases_of(run: CoreRun) -> list[tuple[Phase, str]]:
    return [(one.to_phase, one.reason) for one in run.outputs if isinstance(one, PhaseChanged)]


def test_begin_leads_through_calibration_and_the_last_set_to_the_end() -> None:
    timeline = [order(3, "begin"), CALIBRATION, do_set(40), do_set(70)]
    both = [exercise("one", "knee"), exercise("two", "knee")]
    run = short(timeline, 160, exercises=both, recovery_s=60)
    assert phases_of(run) == [
        (Phase.CALIBRATION, "calibrate"),
        (Phase.EXERCISE, "calibrated"),
        (Phase.REST, "set_ended"),
        (Phase.EXERCISE, "set_started"),
        (Phase.RECOVERY, "last_set_ended"),
        (Phase.ENDED, "recovered"),
    ]
    counted = [one for one in run.outputs if isinstance(one, RepetitionCounted)]
    assert [(one.exercise, one.set_number, one.repetition) for one in counted] == [
        (name, 1, repetition) for name in ("one", "two") for repetition in (1, 2, 3)
    ]


def test_another_joint_needs_another_calibration() -> None:
    timeline = [order(3, "begin"), CALIBRATION, do_set(40), order(70, "begin")]
    run = short(timeline, 75, exercises=[exercise("one", "knee"), exercise("two", "elbow")])
    assert phases_of(run)[-2:] == [(Phase.REST, "set_ended"), (Phase.CALIBRATION, "calibrate")]
    assert run.session.snapshot().exercise == "two"
    assert run.session.snapshot().calibration != "calibrated"


def test_the_end_closes_an_open_set() -> None:
    timeline = [order(3, "begin"), CALIBRATION, do_set(40), order(48, "end")]
    run = short(timeline, 50, exercises=[exercise("one", "knee")])
    (closed,) = run.sets
    assert (closed.set_number, closed.repetitions, closed.repetition_target) == (1, len(run.repetitions), 3)
    assert 1 <= closed.repetitions < 3
    assert phases_of(run)[-1] == (Phase.ENDED, "end")


def test_begin_may_come_while_the_calibration_goes_on() -> None:
    timeline = [order(3, "calibrate"), order(5, "begin"), CALIBRATION]
    run = short(timeline, 36, exercises=[exercise("one", "knee")])
    assert phases_of(run) == [(Phase.CALIBRATION, "calibrate"), (Phase.EXERCISE, "calibrated")]
    assert run.refusals == []


def test_calibration_is_not_for_the_middle_of_exercise() -> None:
    timeline = [order(3, "begin"), CALIBRATION, order(36, "calibrate"), order(38, "begin")]
    run = short(timeline, 40, exercises=[exercise("one", "knee")])
    assert [one.reason for one in run.refusals] == [
        "no calibration in the phase exercise, or no motion sensor",
        "nothing to begin in the phase exercise",
    ]


def test_somebody_may_insist_on_beginning_uncalibrated() -> None:
    run = short([order(3, "begin", accept_missing=True)], 6, exercises=[exercise("one", "knee")])
    assert phases_of(run) == [(Phase.EXERCISE, "begin")]


@pytest.fixture(scope="module")
def run() -> CoreRun:
    """Two sets of four with all sensors; the shank's sensor is away for a while between them."""
    others = [
        {"name": "oximeter", "family": "pulse_oximeter", "role": "oximeter"},
        {"name": "strap", "family": "heart_rate", "role": "heart_rate_strap"},
    ]
    knee = {**exercise("knee extension", "knee"), "sets": 2, "repetitions": 4}
    scenario = {
        "name": "two-sets",
        "title": "two sets",
        "seed": 11,
        "duration_s": 128,
        "devices": [*others, *IMUS],
        "timeline": [
            order(3, "calibrate"),
            CALIBRATION,
            order(42, "begin"),
            {"at_s": 46, "do": "set", "exercise": "knee_extension", "repetitions": 4},
            {"at_s": 74, "do": "fault", "fault": "link_loss", "device": "shank", "for_s": 8},
            {"at_s": 92, "do": "set", "exercise": "knee_extension", "repetitions": 4},
        ],
        "plan": {"exercises": [knee]},
    }
    return run_core(Scenario.model_validate(scenario))


def test_every_repetition_is_counted_once_and_in_order(run: CoreRun) -> None:
    counted = [one for one in run.outputs if isinstance(one, RepetitionCounted)]
    assert [(one.set_number, one.repetition) for one in counted] == [
        (set_number, repetition) for set_number in (1, 2) for repetition in range(1, 5)
    ]
    assert all(one.repetition_target == 4 and one.flags == () for one in counted)
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
    angles = [one for one in run.outputs if isinstance(one, JointAngleUpdate)]
    away = [one for one in angles if 76e9 < one.t_ns < 81e9]
    assert away
    assert all(one.angle_deg is None and one.confidence == 0 for one in away)


def test_the_summary_has_the_three_columns_of_a_flow_sheet(run: CoreRun) -> None:
    found = run.session.summary()
    assert set(found.vitals) == {"before", "during", "after"}
    assert 94 < found.vitals["before"][Code.SPO2_PERCENT].mean < 99
    assert found.vitals["during"][Code.HEART_RATE_PER_MIN].samples > 50
    assert [(one.set_number, one.repetitions, one.partial) for one in found.sets] == [(1, 4, 0), (2, 4, 0)]


def test_the_snapshot_at_the_end(run: CoreRun) -> None:
    shown = run.session.snapshot()
    assert (shown.phase, shown.set_number, shown.repetition, shown.repetition_target) == (
        Phase.RECOVERY,
        2,
        0,
        4,
    )
    assert shown.calibration == "calibrated"
    assert shown.angle is not None


def test_a_set_that_slows_down_is_marked() -> None:
    training = Training(plan_of(), (), start_ns=0)
    training.phases.phase = Phase.EXERCISE
    effects = Effects()
    for number, speed in enumerate((120.0, 120.0, 120.0, 90.0, 88.0)):
        start_ns = number * 4 * NS_PER_S
        done = Repetition(
            index=number,
            start_ns=start_ns,
            turn_ns=start_ns + NS_PER_S,
            end_ns=start_ns + 2 * NS_PER_S,
            rom_deg=80.0,
            min_deg=10.0,
            max_deg=90.0,
            rom_error_deg=1.0,
            tempo=Tempo(
                lifting_s=1, holding_s=0, lowering_s=1, start_ns=start_ns, end_ns=start_ns + 2 * NS_PER_S
            ),
            peak_rate_deg_s=speed,
            sparc=-1.6,
            log_dimensionless_jerk=-5.0,
            partial=False,
            too_fast=False,
            interrupted=False,
            quality=Quality.GOOD,
        )
        training._on_repetition(done, done.end_ns, effects)
    counted = [one for one in effects.outputs if isinstance(one, RepetitionCounted)]
    assert [one.flags for one in counted] == [(), (), (), (), ("fatigue",)]


def a_set_with_a_gap(at_s: float, for_s: float, duration_s: float = 130) -> CoreRun:
    """Ten repetitions from 44 s on, about 3.6 s each; a sensor is gone meanwhile."""
    lost = {"at_s": at_s, "do": "fault", "fault": "link_loss", "device": "shank", "for_s": for_s}
    ten = {"at_s": 44, "do": "set", "exercise": "knee_extension", "repetitions": 10}
    return short([order(3, "begin"), CALIBRATION, ten, lost], duration_s)


@pytest.mark.untraced
@pytest.mark.parametrize(("at_s", "for_s"), [(52, 4), (54, 8), (60, 8), (60, 12)])
def test_a_sensor_that_drops_out_in_a_set_does_not_cut_it_in_two(at_s: float, for_s: float) -> None:
    run = a_set_with_a_gap(at_s, for_s)
    (ended,) = run.sets
    # Gone, found again, subscribed, oriented.
    assert for_s <= ended.unseen_s <= for_s + 2.5
    assert 10 - ended.repetitions <= ended.unseen_s / 3.4 + 1
    assert run.session.summary().sets[0].unseen_s == pytest.approx(ended.unseen_s, abs=0.05)


def test_a_set_that_nobody_sees_any_more_ends() -> None:
    run = a_set_with_a_gap(58.5, 70)
    ended_ns = next(
        one.at_ns for one in run.outputs if isinstance(one, PhaseChanged) and one.to_phase is Phase.REST
    )
    assert 88 <= ended_ns / NS_PER_S <= 91
    assert [one.repetitions for one in run.sets] == [4]


def alone(
    role: str, timeline: list[dict[str, object]], duration_s: float, **exercise_fields: object
) -> CoreRun:
    """The same patient with one motion sensor."""
    scenario = {
        "name": "alone",
        "title": "alone",
        "seed": 7,
        "duration_s": duration_s,
        "devices": [one for one in IMUS if one["role"] == role],
        "timeline": timeline,
        "plan": {"exercises": [{**exercise("one", "knee"), **exercise_fields}]},
    }
    return run_core(Scenario.model_validate(scenario))


def test_one_sensor_counts_by_its_inclination() -> None:
    run = alone("imu_distal", [order(3, "begin"), do_set(20)], 50)
    assert phases_of(run)[:2] == [(Phase.CALIBRATION, "calibrate"), (Phase.EXERCISE, "calibrated")]
    assert [one.repetition for one in run.repetitions] == [1, 2, 3]
    assert all(60.0 < one.range_of_motion_deg < 95.0 for one in run.repetitions)
    reports = [one for one in run.outputs if isinstance(one, CalibrationReported)]
    assert reports[0].message == "Hold the starting position for 2 seconds"
    assert (reports[-1].message, reports[-1].quality) == ("calibrated, rest pose taken", None)


def test_one_sensor_counts_by_the_rotation_that_was_shown() -> None:
    timeline = [order(3, "begin"), {**do_set(8), "repetitions": 1}, do_set(25)]
    run = alone("imu_distal", timeline, 55, signal="rotation")
    assert [one.repetition for one in run.repetitions] == [1, 2, 3]
    reports = [one.message for one in run.outputs if isinstance(one, CalibrationReported)]
    assert "Show one whole repetition, then be still" in reports
    assert reports[-1].endswith("deg shown")


def test_two_sensors_may_be_read_as_one() -> None:
    timeline = [order(3, "begin"), do_set(20)]
    run = short(timeline, 50, exercises=[{**exercise("one", "knee"), "signal": "tilt"}])
    assert [one.repetition for one in run.repetitions] == [1, 2, 3]


def test_a_still_second_is_zero_when_somebody_says_so() -> None:
    timeline = [order(2, "zero"), order(3, "begin"), CALIBRATION, order(33, "zero"), do_set(40)]
    run = short(timeline, 70, exercises=[exercise("one", "knee")])
    assert [one.reason for one in run.refusals] == ["no angle to zero: calibrate first"]
    told = [one for one in run.outputs if isinstance(one, CalibrationReported) and "zero" in one.state]
    assert [one.state for one in told] == ["zero_waiting", "zero_done"]
    assert told[1].message.startswith("zeroed, by ")
    after = [one for one in run.outputs if isinstance(one, JointAngleUpdate) and one.at_ns > told[1].at_ns]
    assert after[5].angle_deg == pytest.approx(90.0, abs=1.0)
    assert [one.repetition for one in run.repetitions] == [1, 2, 3]


def test_a_slip_is_refused_as_zero() -> None:
    run = short([order(3, "begin"), CALIBRATION], 34, exercises=[exercise("one", "knee")])
    training = run.session._running._training
    source = training._source
    assert source is not None
    assert training.zero()
    assert zero_message(source.zeroing) == "hold the starting position for a second"
    first = run.session.now_ns // 10_000_000
    source.zeroing.update(angle_block(np.full(300, 45.0), start=first))
    effects = Effects()
    training._follow_zeroing(source, run.session.now_ns, effects)
    (report,) = effects.outputs
    assert isinstance(report, CalibrationReported)
    assert (report.state, report.message) == (
        "zero_refused",
        "not zeroed: 45 deg off, a sensor has moved: calibrate anew",
    )
    # A calibration takes an old zero back.
    source.begin_calibration(run.session.now_ns)
    assert source.zeroing.shift_deg == 0.0
    assert not source.zero()


@pytest.mark.parametrize(("attempts", "is_done"), [(25, False), (26, True)])
def test_an_exercise_with_half_of_a_set_missing_is_not_over(attempts: int, is_done: bool) -> None:
    """Three sets of ten: five missing are half of a set."""
    training = Training(plan_of(), (), start_ns=0)
    last = SimpleNamespace(index=3, repetitions=[None] * attempts)
    training.sets = [(training.exercise, last)]  # type: ignore[list-item]
    assert training._is_done(last) is is_done  # type: ignore[arg-type]
