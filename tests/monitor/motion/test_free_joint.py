import numpy as np

from monitor.motion.alignment import ImuGridParams
from monitor.motion.free_joint import FreeJoint, RelativeOrientationBlock
from tests.monitor.motion.two_imus import TwoImus, seated_knee

KNEE = seated_knee(duration_s=14.0, seed=2, sway_deg=10.0, turn_deg=30.0)


def run(
    joint: FreeJoint, knee: TwoImus, part: range, *, away: tuple[float, float] = (0.0, 0.0)
) -> list[RelativeOrientationBlock]:
    blocks: list[RelativeOrientationBlock] = []
    for start in part:
        blocks += joint.push(0, knee.block(0, start, start + part.step))
        if not away[0] <= knee.t_s[start] < away[1]:
            blocks += joint.push(1, knee.block(1, start, start + part.step))
    return blocks


def test_orientations_come_on_the_grid() -> None:
    blocks = run(FreeJoint(grid=ImuGridParams()), KNEE, range(0, 1400, 5))
    t_ns = np.concatenate([b.t_ns for b in blocks])
    assert (np.diff(t_ns) == 10_000_000).all()
    q = np.concatenate([b.q for b in blocks])
    np.testing.assert_allclose(np.linalg.norm(q, axis=1), 1.0, atol=1e-6)
    assert np.concatenate([b.valid for b in blocks]).all()


def test_a_lost_sensor_is_marked_and_starts_anew() -> None:
    blocks = run(FreeJoint(grid=ImuGridParams()), KNEE, range(0, 1400, 5), away=(8.0, 10.0))
    t_s = (np.concatenate([b.t_ns for b in blocks]) - 10**12) / 1e9
    valid = np.concatenate([b.valid for b in blocks])
    sigma = np.concatenate([b.sigma_deg for b in blocks])
    away = (t_s > 8.05) & (t_s < 9.95)
    assert not valid[away].any()
    assert np.isinf(sigma[away]).all()
    assert sigma[(t_s > 10.0) & (t_s < 10.2)].min() == 90.0


def test_state_restores_within_a_stream() -> None:
    one, other = FreeJoint(grid=ImuGridParams()), FreeJoint(grid=ImuGridParams())
    run(one, KNEE, range(0, 700, 5))
    other.state = one.state
    a, b = run(one, KNEE, range(700, 900, 5)), run(other, KNEE, range(700, 900, 5))
    assert np.concatenate([x.q for x in a]).tolist() == np.concatenate([x.q for x in b]).tolist()
    assert FreeJoint(grid=ImuGridParams()).push(0, KNEE.block(0, 0, 0)) == []
