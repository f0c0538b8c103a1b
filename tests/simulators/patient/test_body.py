from pathlib import Path

import numpy as np
import pytest

from simulators.patient.body import Body
from simulators.patient.vitals import Vital
from simulators.scenario.loader import load, parse


def test_effort_is_that_of_the_sets_as_they_were_really_done() -> None:
    body = Body(load("knee-extension"))
    t_s = np.arange(0.0, 372.0, 0.1)
    effort = body.workload(t_s)
    working = np.zeros(len(t_s), dtype=bool)
    for done in body.path.sets:
        working |= (t_s >= done.start_s) & (t_s < done.end_s)
    assert np.all(effort[working] == pytest.approx(0.38))
    assert effort[~working].max() <= 0.06


def test_movement_and_circulation_are_of_one_piece() -> None:
    body = Body(load("knee-extension"))
    for done in body.path.sets:
        rise = body.patient.value(Vital.HEART_RATE_PER_MIN, done.end_s) - body.patient.value(
            Vital.HEART_RATE_PER_MIN, done.start_s
        )
        assert rise > 8.0
    rate = 60.0 / np.mean(body.beats.between(285.0, 300.0))
    t_s = np.linspace(285.0, 300.0, 100)
    assert rate == pytest.approx(body.patient.series(Vital.HEART_RATE_PER_MIN, t_s).mean(), rel=0.02)


def test_the_profile_slows_and_limits_the_movement() -> None:
    text = """
name = "stiff"
title = "A stiff knee"
seed = 1
duration_s = 120
[patient]
profile = "PROFILE"
[[timeline]]
at_s = 10
do = "set"
exercise = "knee_extension"
repetitions = 5
[[timeline]]
at_s = 60
do = "restless"
for_s = 10
[[timeline]]
at_s = 80
do = "calibration_movement"
"""
    free = Body(parse(text.replace("PROFILE", "general"), Path("stiff.toml"))).path.sets[0]
    stiff = Body(parse(text.replace("PROFILE", "post_op_knee"), Path("stiff.toml"))).path.sets[0]
    assert stiff.rom_deg < 66.0 < free.rom_deg
    assert stiff.end_s - stiff.start_s > 1.25 * (free.end_s - free.start_s)


def test_a_body_is_the_same_whenever_it_is_made() -> None:
    t_s = np.linspace(0.0, 372.0, 1000)
    first, second = (Body(load("knee-extension")) for _ in range(2))
    assert np.array_equal(first.path.joint_angle_deg(t_s), second.path.joint_angle_deg(t_s))
    assert np.array_equal(first.beats.t_s, second.beats.t_s)
