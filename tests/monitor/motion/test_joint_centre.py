import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from monitor.motion.alignment import RowState
from monitor.motion.joint_centre import JointCentreFilter, JointCentreParams, RelativeOrientation

RATE_HZ = 100.0
LEVERS = (np.array([-0.12, 0.03, 0.02]), np.array([0.15, -0.02, 0.04]))


class BallJoint:
    """Two rigid segments on a joint of three degrees of freedom whose centre is thrown about."""

    def __init__(self, *, seed: int = 0, seconds: float = 40.0, heading: float = 2.0) -> None:
        rng = np.random.default_rng(seed)
        fine = 4
        dt = 1.0 / (RATE_HZ * fine)
        t = np.arange(round(seconds * RATE_HZ) * fine) * dt
        wave = lambda a, f: sum(  # noqa: E731 - one line, used three times below
            a[:, i] * np.sin(2 * np.pi * f[i] * t[:, None] + rng.uniform(0, 6, 3)) for i in range(3)
        )
        upper = Rotation.from_rotvec(wave(rng.normal(0, 0.4, (3, 3)), [0.21, 0.53, 0.9]))
        relative = Rotation.from_rotvec(
            wave(rng.normal(0, 0.5, (3, 3)), [0.17, 0.47, 1.1]) + np.array([0, 0, heading])
        )
        lower = upper * relative
        centre = wave(rng.normal(0, 0.15, (3, 3)), [0.3, 0.7, 1.1])
        self.gyr, self.acc = [], []
        for segment, lever in ((upper, LEVERS[0]), (lower, LEVERS[1])):
            p = centre + segment.apply(lever)
            a = np.gradient(np.gradient(p, dt, axis=0), dt, axis=0) + np.array([0, 0, 9.81])
            rate = (segment[:-1].inv() * segment[1:]).as_rotvec() / dt
            self.gyr.append(
                np.vstack([rate, rate[-1:]])[::fine] + rng.normal(0, 0.002, (t.size // fine, 3)) + 0.008
            )
            self.acc.append(segment.inv().apply(a)[::fine] + rng.normal(0, 0.03, (t.size // fine, 3)))
        self.truth = relative[::fine]

    def run(self, joint: JointCentreFilter, part: slice, state: int | np.ndarray = 0) -> RelativeOrientation:
        n = self.gyr[0][part].shape[0]
        rows = np.broadcast_to(np.asarray(state, dtype=np.int8), n)
        return joint.update(self.gyr[0][part], self.acc[0][part], self.gyr[1][part], self.acc[1][part], rows)

    def error_deg(self, q: np.ndarray, part: slice) -> np.ndarray:
        estimate = Rotation.from_quat(q, scalar_first=True)
        return np.degrees((self.truth[part].inv() * estimate).magnitude())


def made() -> JointCentreFilter:
    return JointCentreFilter(JointCentreParams(rate_hz=RATE_HZ))


@pytest.mark.parametrize("heading", [0.0, 1.5, 3.1])
def test_finds_orientation_levers_and_offsets_from_nothing(heading: float) -> None:
    joint, filter_ = BallJoint(heading=heading), made()
    everything = slice(0, 4000)
    found = joint.run(filter_, everything)
    error = joint.error_deg(found.q, everything)
    assert np.sqrt(np.mean(error[1500:] ** 2)) < 2.0
    for lever, truth in zip(filter_.lever_arms_m, LEVERS, strict=True):
        np.testing.assert_allclose(lever, truth, atol=0.015)
    assert found.sigma_deg[0] == 90.0
    assert found.sigma_deg[-1] < 5.0


def test_before_the_first_row_nothing_is_known() -> None:
    proximal, distal = made().lever_arms_m
    assert not proximal.any()
    assert not distal.any()


def test_measured_levers_start_where_they_are() -> None:
    joint, filter_ = BallJoint(), made()
    filter_.set_lever_arms(*LEVERS, sigma_m=0.002)
    joint.run(filter_, slice(0, 10))
    np.testing.assert_allclose(filter_.lever_arms_m[0], LEVERS[0], atol=0.002)


def test_missing_rows_are_not_invented() -> None:
    joint, filter_ = BallJoint(), made()
    joint.run(filter_, slice(0, 100))
    gone = joint.run(filter_, slice(100, 110), RowState.MISSING)
    assert np.isnan(gone.q).all()
    assert np.isinf(gone.sigma_deg).all()


def test_bridged_rows_carry_the_orientation_without_correcting_it() -> None:
    joint, filter_ = BallJoint(), made()
    joint.run(filter_, slice(0, 3000))
    sigma = joint.run(filter_, slice(3000, 3050), RowState.BRIDGED).sigma_deg
    assert sigma[-1] > sigma[0]
    error = joint.error_deg(joint.run(filter_, slice(3050, 3400)).q, slice(3050, 3400))
    assert error.max() < 5.0


def test_after_a_restart_the_heading_is_found_again_and_the_levers_are_kept() -> None:
    joint, filter_ = BallJoint(), made()
    joint.run(filter_, slice(0, 2500))
    levers = filter_.lever_arms_m
    state = np.zeros(1200, dtype=np.int8)
    state[0] = RowState.RESTART
    found = joint.run(filter_, slice(2800, 4000), state)
    assert found.sigma_deg[0] == 90.0
    np.testing.assert_allclose(filter_.lever_arms_m[0], levers[0], atol=0.03)
    assert joint.error_deg(found.q, slice(2800, 4000))[600:].mean() < 3.0


def test_begins_anew_when_it_has_settled_on_something_wrong() -> None:
    """The distal sensor is turned round on the leg: everything learnt is wrong."""
    joint, filter_ = BallJoint(), made()
    joint.run(filter_, slice(0, 1500))
    flip = Rotation.from_euler("x", 180, degrees=True)
    for values in (joint.gyr, joint.acc):
        values[1] = flip.apply(values[1], inverse=True)
    joint.truth = joint.truth * flip
    found = joint.run(filter_, slice(1500, 4000))
    assert (~np.isfinite(found.q[:, 0])).any() or (found.sigma_deg == 90.0).any()
    usable = np.isfinite(found.q[:, 0])
    error = joint.error_deg(np.where(usable[:, None], found.q, [1.0, 0, 0, 0]), slice(1500, 4000))
    assert np.median(error[-800:]) < 5.0


def test_a_falling_or_upside_down_sensor_does_not_stop_it() -> None:
    filter_ = made()
    zero = np.zeros((1, 3))
    found = filter_.update(zero, zero, zero, zero, np.zeros(1, dtype=np.int8))
    assert np.isfinite(found.q).all()
    for up in ([0.0, 0.0, 9.81], [9.81, 0.0, 0.0]):
        upside = np.array([up])
        found = made().update(zero, upside, zero, -upside, np.zeros(1, dtype=np.int8))
        assert np.linalg.norm(found.q) == pytest.approx(1.0)
