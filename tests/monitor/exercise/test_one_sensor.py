import dataclasses

import numpy as np
import pytest

from monitor.exercise.one_sensor import OneSensor, OneSensorParams, OneSensorSignal
from monitor.motion.goniometer_values import GoniometerStage
from monitor.motion.joint_angle import JointAngleBlock
from tests.monitor.motion.two_imus import TwoImus, seated_knee, swings

# One repetition is shown, then a set of four.
KNEE = seated_knee(
    duration_s=36.0,
    seed=2,
    sway_deg=0.0,
    turn_deg=0.0,
    mounting_deg=0.0,
    range_deg=60.0,
    excursion=lambda t: (
        swings(t, 5.0, 1, lift=1.0, hold=0.3, lower=1.0, rest=0.0)
        + swings(t, 15.0, 4, lift=1.0, hold=0.3, lower=1.0, rest=0.6)
    ),
)
SHANK = 1


def params(signal: OneSensorSignal, **changed: float) -> OneSensorParams:
    fields = {"name": "knee_right", "signal": signal, "rest_angle_deg": 90.0, "increasing": False}
    return OneSensorParams(**{**fields, **changed})  # type: ignore[arg-type]


def run(
    one: OneSensor, knee: TwoImus = KNEE, start: int = 0, stop: int | None = None
) -> list[JointAngleBlock]:
    end = knee.t_s.size if stop is None else stop
    return [b for i in range(start, end, 7) for b in one.push(knee.block(SHANK, i, min(end, i + 7)))]


def against_truth(blocks: list[JointAngleBlock], *, from_s: float) -> np.ndarray:
    t_s = (np.concatenate([b.t_ns for b in blocks]) - 10**12) / 1e9
    angle = np.concatenate([b.angle_deg for b in blocks])
    return (angle - np.interp(t_s, KNEE.t_s, KNEE.angle_deg))[t_s > from_s]


@pytest.mark.parametrize("signal", OneSensorSignal)
def test_measures_the_knee_of_a_patient_whose_thigh_rests(signal: OneSensorSignal) -> None:
    one = OneSensor(params(signal))
    blocks = run(one)
    assert one.ready
    assert {b.joint for b in blocks} == {"knee_right"}
    assert np.abs(against_truth(blocks, from_s=12.0)).max() < 4.0
    rate = np.concatenate([b.rate_deg_s for b in blocks])
    angle = np.concatenate([b.angle_deg for b in blocks])
    np.testing.assert_allclose(rate[400:], np.gradient(angle, 0.01)[400:], atol=12.0)


def test_says_what_to_do() -> None:
    one = OneSensor(params(OneSensorSignal.ROTATION))
    assert one.status.stage is GoniometerStage.WAITING
    run(one, stop=100)
    assert one.status.stage is GoniometerStage.STILL
    assert "2 seconds" in one.status.instruction
    run(one, start=100, stop=450)
    assert one.status.stage is GoniometerStage.CALIBRATING
    assert "one whole repetition" in one.status.instruction
    run(one, start=450, stop=1100)
    assert one.status.stage is GoniometerStage.READY
    assert one.template is not None
    assert one.template.amplitude_deg == pytest.approx(60.0, abs=4.0)
    one.begin_calibration()
    assert not one.ready
    assert one.template is None
    assert one.status.stage is GoniometerStage.STILL


def test_what_is_too_small_or_goes_on_is_shown_again() -> None:
    small = OneSensor(params(OneSensorSignal.ROTATION, least_turn_deg=80.0))
    run(small, stop=1100)
    assert not small.ready
    assert "too small" in small.status.reason
    endless = OneSensor(params(OneSensorSignal.ROTATION, longest_shown_s=1.5))
    run(endless, stop=700)
    assert not endless.ready
    assert "no single repetition" in endless.status.reason


def test_bad_and_old_samples_are_not_shown() -> None:
    one, other = (OneSensor(params(OneSensorSignal.ROTATION)) for _ in range(2))
    run(other, stop=1100)
    for i in range(0, 1100, 7):
        block = KNEE.block(SHANK, i, min(1100, i + 7))
        one.push(block)
        one.push(block)
        if i == 602:
            later = dataclasses.replace(
                block, t_ns=block.t_ns + 10_000_000, gyr_rad_s=block.gyr_rad_s * np.nan
            )
            one.push(later)
    assert one.template is not None
    assert other.template is not None
    assert one.template.amplitude_deg == pytest.approx(other.template.amplitude_deg, abs=1.0)


@pytest.mark.parametrize("cut", [100, 650, 1500])
def test_a_state_restores_at_every_stage(cut: int) -> None:
    one, other = (OneSensor(params(OneSensorSignal.ROTATION)) for _ in range(2))
    run(one, stop=cut)
    other.state = one.state
    for a, b in zip(run(one, start=cut), run(other, start=cut), strict=True):
        assert np.array_equal(a.angle_deg, b.angle_deg, equal_nan=True)
    assert other.ready


def shown_with(hold: float) -> TwoImus:
    return seated_knee(
        duration_s=24.0,
        seed=2,
        sway_deg=0.0,
        turn_deg=0.0,
        mounting_deg=0.0,
        range_deg=60.0,
        excursion=lambda t: swings(t, 5.0, 1, lift=1.0, hold=hold, lower=1.0, rest=0.0),
    )


def test_a_shown_repetition_may_be_held() -> None:
    one = OneSensor(params(OneSensorSignal.ROTATION))
    run(one, shown_with(3.0))
    assert one.template is not None
    assert one.template.amplitude_deg == pytest.approx(60.0, abs=4.0)
    assert one.template.left_share < 0.2
    assert one.template.duration_s > 5.0


def test_half_a_repetition_is_none() -> None:
    one = OneSensor(params(OneSensorSignal.ROTATION))
    run(one, shown_with(14.0))
    assert one.template is None
    assert "half a repetition" in one.status.reason


def test_tilt_warns_of_what_it_does_not_see() -> None:
    one = OneSensor(params(OneSensorSignal.TILT))
    assert one.warning == ""
