import numpy as np
import pytest

from monitor.motion.goniometer import Goniometer, GoniometerParams, GoniometerStage
from monitor.motion.joint_angle import JointAngleBlock
from monitor.samples import Quality
from tests.monitor.motion.two_imus import TwoImus, seated_knee, swings

EPOCH_NS = 10**12


def session(t: np.ndarray) -> np.ndarray:
    """Five calibration swings, then one set of repetitions."""
    return swings(t, 5.0, 5, lift=1.2, hold=0.3, lower=1.2, rest=0.5) + swings(
        t, 25.0, 8, lift=1.0, hold=0.2, lower=1.0, rest=0.3
    )


def run(
    knee: TwoImus, *, distal_away: tuple[float, float] = (0.0, 0.0), chunk: int = 5
) -> tuple[Goniometer, list[JointAngleBlock]]:
    goniometer = Goniometer(GoniometerParams())
    blocks: list[JointAngleBlock] = []
    for start in range(0, knee.t_s.size, chunk):
        blocks += goniometer.push("proximal", knee.block(0, start, start + chunk))
        if not distal_away[0] <= knee.t_s[start] < distal_away[1]:
            blocks += goniometer.push("distal", knee.block(1, start, start + chunk))
    return goniometer, blocks


def joined(blocks: list[JointAngleBlock]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    t_s = (np.concatenate([b.t_ns for b in blocks]) - EPOCH_NS) / 1e9
    return (
        t_s,
        np.concatenate([b.angle_deg for b in blocks]),
        np.concatenate([b.error_deg for b in blocks]),
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_calibrates_by_itself_and_measures_the_angle(seed: int) -> None:
    knee = seated_knee(duration_s=46.0, seed=seed, excursion=session)
    goniometer, blocks = run(knee)
    assert goniometer.status.stage is GoniometerStage.READY
    report = goniometer.report
    assert report is not None
    assert report.swings == 5
    assert report.range_deg == pytest.approx(80.0, abs=3.0)
    t_s, angle, _ = joined(blocks)
    assert t_s[0] < 22.0
    truth = np.interp(t_s, knee.t_s, knee.angle_deg)
    assert np.isfinite(angle).all()
    assert np.sqrt(np.mean((angle - truth) ** 2)) < 1.5


def test_a_lost_sensor_is_marked_and_comes_back() -> None:
    knee = seated_knee(duration_s=46.0, seed=0, excursion=session)
    _, blocks = run(knee, distal_away=(30.0, 33.0))
    t_s, angle, error = joined(blocks)
    away = (t_s > 30.1) & (t_s < 32.9)
    assert np.isnan(angle[away]).all()
    assert next(b.quality for b in blocks if 31 < (b.t_ns[0] - EPOCH_NS) / 1e9 < 32) is Quality.MISSING
    back = t_s > 33.2
    truth = np.interp(t_s, knee.t_s, knee.angle_deg)
    assert np.isfinite(angle[back]).all()
    assert error[back][0] > 5.0
    assert np.abs(angle - truth)[back].max() < 10.0
    assert np.abs(angle - truth)[t_s > 40].max() < 4.0
