import numpy as np
import pytest

from monitor.motion.goniometer import Goniometer, GoniometerParams
from monitor.motion.goniometer_values import GoniometerStage
from monitor.motion.joint_angle import JointAngleBlock
from monitor.samples import Quality
from tests.monitor.motion.people import Person, Session, session_of

pytestmark = pytest.mark.untraced


def run(session: Session, **params: object) -> tuple[Goniometer, list[JointAngleBlock], set[str]]:
    goniometer = Goniometer(
        GoniometerParams(
            rest_angle_deg=session.zero_pose_deg,
            first_movement=session.first,
            **params,  # type: ignore[arg-type]
        )
    )
    blocks: list[JointAngleBlock] = []
    said: set[str] = set()
    imus = session.imus
    for start in range(0, imus.t_s.size, 10):
        blocks += goniometer.push("proximal", imus.block(0, start, start + 10))
        blocks += goniometer.push("distal", imus.block(1, start, start + 10))
        said |= {goniometer.status.reason, goniometer.warning}
    return goniometer, blocks, said - {""}


def error_deg(session: Session, blocks: list[JointAngleBlock]) -> np.ndarray:
    t_s = (np.concatenate([b.t_ns for b in blocks]) - 10**12) / 1e9
    angle = np.concatenate([b.angle_deg for b in blocks])
    return np.asarray(angle - np.interp(t_s, session.imus.t_s, session.imus.angle_deg))


@pytest.mark.parametrize(("work", "worn"), [("squat", "alike"), ("step", "alike"), ("step", "anyhow")])
def test_the_forces_tell_the_pairing_of_limbs_that_move(work: str, worn: str) -> None:
    session = session_of(Person(seed=3, work=work, worn=worn))  # type: ignore[arg-type]
    goniometer, blocks, _ = run(session)
    assert goniometer.report is not None
    assert goniometer.report.pairing_seen
    assert np.sqrt(np.mean(error_deg(session, blocks) ** 2)) < 3.0


def test_a_sensor_turned_over_is_refused_or_read_rightly() -> None:
    for seed in range(4):
        session = session_of(Person(seed=seed, work="squat", worn="flipped"))
        _, blocks, said = run(session, prescribed_range_deg=90.0)
        if blocks:
            assert np.sqrt(np.mean(error_deg(session, blocks) ** 2)) < 5.0
        else:
            assert any("same face outward" in words for words in said)


def test_a_pairing_that_was_assumed_of_a_resting_thigh_is_checked_when_it_moves() -> None:
    """One sensor is turned over and the leg curls: nothing shows it, until the patient squats."""
    verdicts = set()
    for seed in range(12):
        session = session_of(Person(seed=seed, work="curl", worn="flipped", then="squat", sway_deg=1.0))
        goniometer, blocks, said = run(session)
        if goniometer.status.stage is not GoniometerStage.READY or goniometer.report is None:
            continue
        if goniometer.report.pairing_seen:
            continue
        error = np.abs(error_deg(session, blocks))
        claimed = np.concatenate([b.error_deg for b in blocks])
        assert ((error > 10.0) & (claimed <= 5.0)).mean() < 0.005
        verdicts.add(any("worn differently" in words for words in said))
        if True in verdicts:
            assert blocks[-1].quality in (Quality.POOR, Quality.MISSING)
            return
    pytest.fail(f"no assumed pairing was found wrong: {verdicts}")


def test_a_first_movement_of_a_third_is_the_first_one() -> None:
    """An ankle goes 15 deg up and then 30 deg down: up is what the plan calls first."""
    session = session_of(Person(seed=1, work="curl", range_deg=30.0, soft_tissue_deg=1.0))
    t_s, truth = session.imus.t_s, session.imus.angle_deg
    assert truth.max() > 25.0
    from monitor.motion.calibration import _first_turn_rad

    twist = np.radians(np.where(t_s < 8.0, -0.5 * truth, truth))
    assert _first_turn_rad(twist) < 0.0
    assert _first_turn_rad(np.zeros(10)) == 1.0


def test_the_other_pose_is_refused() -> None:
    """The plan says sitting, the patient stands."""
    session = session_of(Person(seed=3, work="squat"))
    goniometer = Goniometer(GoniometerParams(rest_angle_deg=90.0, first_movement="extension"))
    imus = session.imus
    reasons = set()
    for start in range(0, imus.t_s.size, 10):
        goniometer.push("proximal", imus.block(0, start, start + 10))
        goniometer.push("distal", imus.block(1, start, start + 10))
        reasons.add(goniometer.status.reason)
    assert goniometer.calibration is None
    assert any("starting position" in reason for reason in reasons)


def test_a_joint_with_an_upright_axis_is_refused_and_offered_the_other_signal() -> None:
    """Lying on the side: the whole body is rolled, the knee's axis points up."""
    session = session_of(Person(seed=2, work="swing", sway_deg=1.0, turn_deg=0.0))
    imus = session.imus
    for side in range(2):
        # Gravity along the axis of either sensor instead of across it.
        axis = session.axes[side]
        imus.acc[side][:] = imus.acc[side] - 9.81 * gravity(session, side) + 9.81 * axis
    _, blocks, said = run(session)
    assert not blocks
    assert any('signal = "rotation"' in words for words in said)


def gravity(session: Session, side: int) -> np.ndarray:
    """Direction of up in the sensor, from its specific force."""
    acc = session.imus.acc[side]
    return np.asarray(acc / np.linalg.norm(acc, axis=1, keepdims=True))


def test_people_who_tremble_or_sway_are_calibrated() -> None:
    for person in (
        Person(seed=5, work="swing", tremor_deg=0.5),
        Person(seed=6, work="squat", sway_deg=6.0),
        Person(seed=7, work="curl", sway_deg=4.0, tremor_deg=0.3),
    ):
        session = session_of(person)
        goniometer, blocks, _ = run(session)
        assert goniometer.status.stage is GoniometerStage.READY
        assert np.sqrt(np.mean(error_deg(session, blocks) ** 2)) < 5.0


def test_an_angle_beyond_what_the_joint_can_do_is_never_good() -> None:
    """The plan says flexion first, the patient extends: 90 to 0 deg reads as 90 to 180."""
    session = session_of(Person(seed=1, work="swing"))
    goniometer = Goniometer(GoniometerParams(rest_angle_deg=90.0, first_movement="flexion"))
    blocks: list[JointAngleBlock] = []
    for start in range(0, session.imus.t_s.size, 10):
        blocks += goniometer.push("proximal", session.imus.block(0, start, start + 10))
        blocks += goniometer.push("distal", session.imus.block(1, start, start + 10))
    if not blocks:
        assert goniometer.report is not None
        assert goniometer.report.quality is Quality.POOR
        return
    angle = np.concatenate([b.angle_deg for b in blocks])
    claimed = np.concatenate([b.error_deg for b in blocks])
    beyond = np.nan_to_num(angle) > 172.0
    assert (claimed[beyond] > 10.0).all()
