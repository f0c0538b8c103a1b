import numpy as np
import pytest

from monitor.motion.calibration_report import CalibrationReport
from monitor.motion.goniometer import Goniometer, GoniometerParams
from monitor.motion.joint_angle import JointAngleBlock
from monitor.samples import Quality
from tests.monitor.motion.two_imus import TwoImus, seated_knee


def calibrate(knee: TwoImus, **params: object) -> tuple[Goniometer, list[JointAngleBlock]]:
    goniometer = Goniometer(GoniometerParams(**params))  # type: ignore[arg-type]
    blocks: list[JointAngleBlock] = []
    for start in range(0, knee.t_s.size, 10):
        blocks += goniometer.push("proximal", knee.block(0, start, start + 10))
        blocks += goniometer.push("distal", knee.block(1, start, start + 10))
    return goniometer, blocks


def report_of(knee: TwoImus) -> CalibrationReport:
    report = calibrate(knee)[0].report
    assert report is not None
    return report


def test_a_good_calibration_says_what_it_saw() -> None:
    report = report_of(seated_knee(duration_s=24.0, seed=0, sway_deg=8.0, turn_deg=25.0))
    assert report.quality is Quality.GOOD
    assert report.reasons == ()
    assert report.range_deg == pytest.approx(80.0, abs=3.0)
    assert report.proximal_axis_seen
    assert report.axis_errors_deg[1] < 4.0
    assert report.angle_error_deg < 4.0
    assert report.swing_rms_deg < 10.0
    assert report.single_axis_ratio < 0.1
    for bias in report.bias_deg_s:
        assert max(abs(b) for b in bias) < 1.5


def test_a_still_thigh_leaves_its_axis_to_the_prior_and_says_so() -> None:
    report = report_of(seated_knee(duration_s=24.0, seed=0, sway_deg=0.0, turn_deg=0.0, bias_deg_s=0.0))
    assert not report.pairing_seen


@pytest.mark.parametrize("seed", range(8))
def test_polarity_and_pairing_hold_for_any_patient_who_hardly_moves_the_thigh(seed: int) -> None:
    knee = seated_knee(duration_s=24.0, seed=seed, sway_deg=3.0, turn_deg=8.0)
    _, blocks = calibrate(knee)
    t_s = (np.concatenate([b.t_ns for b in blocks]) - 10**12) / 1e9
    angle = np.concatenate([b.angle_deg for b in blocks])
    assert np.abs(angle - np.interp(t_s, knee.t_s, knee.angle_deg)).max() < 3.0


def test_flexion_first_turns_the_polarity() -> None:
    knee = seated_knee(duration_s=24.0, seed=0)
    goniometer, blocks = calibrate(knee, first_movement="flexion")
    assert goniometer.calibration is not None
    angle = np.concatenate([b.angle_deg for b in blocks])
    t_s = (np.concatenate([b.t_ns for b in blocks]) - 10**12) / 1e9
    np.testing.assert_allclose(angle, 180.0 - np.interp(t_s, knee.t_s, knee.angle_deg), atol=3.0)


def test_a_small_movement_is_refused_and_a_modest_one_doubtful() -> None:
    goniometer, _ = calibrate(
        seated_knee(duration_s=24.0, seed=0, range_deg=18.0, sway_deg=1.0, turn_deg=3.0)
    )
    assert goniometer.report is not None
    assert goniometer.report.quality is Quality.QUESTIONABLE
    assert any("small" in reason for reason in goniometer.report.reasons)


def test_what_is_no_hinge_is_refused() -> None:
    """The distal sensor slides round the leg while it swings."""
    knee = seated_knee(duration_s=24.0, seed=0)
    slip = np.radians(60.0) * np.sin(2 * np.pi * 0.9 * knee.t_s) * (knee.t_s > 5.0)
    knee.gyr[1][:, 0] += np.gradient(slip, 0.01)
    c, s = np.cos(slip), np.sin(slip)
    y, z = knee.acc[1][:, 1].copy(), knee.acc[1][:, 2].copy()
    knee.acc[1][:, 1], knee.acc[1][:, 2] = c * y + s * z, c * z - s * y
    goniometer, blocks = calibrate(knee)
    assert goniometer.report is not None
    assert goniometer.report.quality is not Quality.GOOD
    assert goniometer.calibration is None or goniometer.report.reasons
    assert blocks == [] or goniometer.report.quality is Quality.QUESTIONABLE
