"""Every exercise that the virtual patient knows, through the session's core: counted, and measured."""

from statistics import median

import pytest

from monitor.outputs import CalibrationReported, JointAngleUpdate
from simulators.movement.exercises import EXERCISES
from simulators.scenario.loader import Scenario
from tests.support.core_run import CoreRun, run_core

pytestmark = [pytest.mark.untraced, pytest.mark.slow]

# A cycle of gait bends the knee twice, under load and in swing: repetitions of an exercise are another thing.
STRIDES = "gait"
# The axis is upright: gravity says nothing of the angle, and the session shows none.
UPRIGHT = "shoulder_external_rotation"
REPETITIONS = 5
# Coalesced as much as the link allows: a third of the work.
IMU = {"family": "witmotion", "samples_per_notification": 12}


def run_of(exercise: str) -> CoreRun:
    """Calibration, then one set."""
    swing_deg = min(55.0, max(20.0, 0.6 * EXERCISES[exercise].range_of_motion_deg))
    scenario = {
        "name": "one-set",
        "title": "One set",
        "seed": 900 + list(EXERCISES).index(exercise),
        "duration_s": 84.0,
        "motion": {"resting": exercise},
        "devices": [
            {"name": "upper", "role": "imu_proximal", "clock_drift_ppm": 40, **IMU},
            {"name": "lower", "role": "imu_distal", "clock_drift_ppm": -60, **IMU},
        ],
        "timeline": [
            {"at_s": 8, "do": "command", "verb": "calibrate"},
            {"at_s": 13, "do": "calibration_movement", "amplitude_deg": swing_deg},
            {"at_s": 44, "do": "command", "verb": "begin"},
            {"at_s": 48, "do": "set", "exercise": exercise, "repetitions": REPETITIONS},
        ],
    }
    return run_core(Scenario.model_validate(scenario))


@pytest.mark.parametrize("exercise", sorted(set(EXERCISES) - {STRIDES, UPRIGHT}))
def test_each_repetition_is_counted_and_its_range_is_right(exercise: str) -> None:
    run = run_of(exercise)
    (true,) = run.truth.sets
    assert len(run.repetitions) == REPETITIONS
    assert {flag for one in run.repetitions for flag in one.flags} == set()
    measured = median(one.range_of_motion_deg for one in run.repetitions)
    # Soft tissue alone is 2 deg at 90 deg here.
    assert measured == pytest.approx(true.rom_deg, abs=3.5)


def test_an_upright_axis_is_refused_and_the_other_signal_offered() -> None:
    run = run_of(UPRIGHT)
    angles = [one for one in run.outputs if isinstance(one, JointAngleUpdate)]
    assert {one.angle_deg for one in angles} <= {None}
    assert run.repetitions == []
    messages = [one.message for one in run.outputs if isinstance(one, CalibrationReported)]
    assert any('signal = "rotation"' in message for message in messages)
