import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from monitor.motion.inclinometer import Inclinometer, InclinometerParams
from monitor.motion.joint_angle import JointAngleBlock
from monitor.samples import ImuBlock, Quality
from tests.monitor.motion.two_imus import TwoImus, seated_knee

KNEE = seated_knee(duration_s=24.0, seed=1, sway_deg=0.0, turn_deg=20.0, mounting_deg=0.0)


def run(
    params: InclinometerParams, *, movement: TwoImus = KNEE, away: tuple[float, float] = (0.0, 0.0)
) -> tuple[Inclinometer, list[JointAngleBlock]]:
    one = Inclinometer(params)
    blocks: list[JointAngleBlock] = []
    for start in range(0, movement.t_s.size, 7):
        if not away[0] <= movement.t_s[start] < away[1]:
            blocks += one.push(movement.block(1, start, start + 7))
    return one, blocks


def joined(blocks: list[JointAngleBlock]) -> tuple[np.ndarray, np.ndarray]:
    t_s = (np.concatenate([b.t_ns for b in blocks]) - 10**12) / 1e9
    return t_s, np.concatenate([b.angle_deg for b in blocks])


@pytest.mark.parametrize(("axis", "sign"), [(None, 1.0), ((0.0, 1.0, 0.0), -1.0), ((0.0, -1.0, 0.0), 1.0)])
def test_measures_the_tilt_of_one_segment(axis: tuple | None, sign: float) -> None:
    one, blocks = run(InclinometerParams(axis=axis, rest_angle_deg=5.0))
    assert one.ready
    t_s, angle = joined(blocks)
    truth = 5.0 + sign * (90.0 - np.interp(t_s, KNEE.t_s, KNEE.angle_deg))
    assert np.abs(angle - truth).max() < 3.0
    assert blocks[-1].quality is Quality.GOOD
    rate = np.concatenate([b.rate_deg_s for b in blocks])
    np.testing.assert_allclose(rate[200:], np.gradient(angle, 0.01)[200:], atol=6.0)


def test_an_axis_along_gravity_still_gives_an_angle() -> None:
    _, blocks = run(InclinometerParams(axis=(-1.0, 0.0, 0.0)))
    _, angle = joined(blocks)
    assert np.isfinite(angle).all()


def test_waits_for_a_still_pose_and_zeroes_again() -> None:
    one = Inclinometer(InclinometerParams())
    assert one.push(KNEE.block(1, 0, 100)) == []
    assert not one.ready
    one.push(KNEE.block(1, 100, 300))
    assert one.ready
    one.zero()
    assert not one.ready


def test_a_gap_is_marked_and_what_follows_is_doubtful() -> None:
    _, blocks = run(InclinometerParams(), away=(8.0, 8.2))
    t_s, angle = joined(blocks)
    assert np.isnan(angle[(t_s > 8.08) & (t_s < 8.18)]).all()
    _, blocks = run(InclinometerParams(), away=(8.0, 10.0))
    back = next(b for b in blocks if (b.t_ns[0] - 10**12) / 1e9 > 9.9)
    assert back.quality is Quality.QUESTIONABLE
    assert back.error_deg[0] > 5.0


def test_state_restores() -> None:
    one, _ = run(InclinometerParams())
    other = Inclinometer(InclinometerParams())
    other.state = one.state
    again = seated_knee(duration_s=26.0, seed=1, sway_deg=0.0, turn_deg=20.0, mounting_deg=0.0)
    a, b = one.push(again.block(1, 2400, 2500)), other.push(again.block(1, 2400, 2500))
    assert a[0].angle_deg.tolist() == b[0].angle_deg.tolist()


def swaying(angle_deg: np.ndarray, *, about: str = "y") -> list[JointAngleBlock]:
    """A sensor that turns by `angle_deg` about a level axis (y) or the vertical (z)."""
    one = Inclinometer(InclinometerParams(first_deg=10.0))
    body = Rotation.from_euler(about, angle_deg[:, None], degrees=True)
    rates = np.vstack([(body[:-1].inv() * body[1:]).as_rotvec() * 100.0, np.zeros((1, 3))])
    force = body.inv().apply([0.0, 0.0, 9.81])
    rng = np.random.default_rng(0)
    out: list[JointAngleBlock] = []
    t_ns = np.arange(angle_deg.size, dtype=np.int64) * 10**7 + 10**12
    for start in range(0, angle_deg.size, 10):
        part = slice(start, start + 10)
        gyr = rates[part] + rng.normal(0.0, 0.001, rates[part].shape)
        received_ns = int(t_ns[part][-1])
        out += one.push(
            ImuBlock(
                device="s", t_ns=t_ns[part], acc_m_s2=force[part], gyr_rad_s=gyr, received_ns=received_ns
            )
        )
    return out


def test_a_movement_through_neutral_is_signed_by_the_first_one() -> None:
    t = np.arange(0.0, 20.0, 0.01)
    swing = 30.0 * np.sin(2 * np.pi * 0.2 * np.maximum(t - 4.0, 0.0))
    t_s, angle = joined(swaying(swing))
    truth = np.interp(t_s, t, swing)
    assert np.abs(angle - truth).max() < 3.0
    assert angle.min() < -27.0


def test_turning_about_the_vertical_is_no_good_zero() -> None:
    t = np.arange(0.0, 20.0, 0.01)
    swing = 40.0 * np.sin(2 * np.pi * 0.3 * np.maximum(t - 4.0, 0.0))
    blocks = swaying(swing, about="z")
    assert blocks[-1].quality is not Quality.GOOD
    assert blocks[15].quality is Quality.GOOD
