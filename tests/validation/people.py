"""Simulated people: is a joint calibrated rightly, or refused, and does the session know how wrong it is?

Forty sessions with soft tissue through the session's own path (`JointSource`), twenty with both sensors worn
alike, ten with one turned over, ten put on anyhow; swings, squats, leg curls and steps, half of them
followed by squats. The model is in `tests.monitor.motion.people`; constants were chosen on seeds below
10000 of it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from vqf import VQF

from monitor.motion.goniometer import Role
from monitor.plan.exercise import Exercise, Joint, Side
from monitor.session.joint_source import JointSource
from tests.monitor.motion.people import Person, Session, Work, Worn, session_of
from tests.validation.metric import Metric

Floats = NDArray[np.float64]
SEED = 20_260_000
SOFT_TISSUE_DEG = 2.0
EPOCH_NS = 10**12
WORN: tuple[Worn, ...] = ("alike", "flipped", "alike", "anyhow")
ROLES: tuple[Role, Role] = ("proximal", "distal")
WRONG_DEG = 10.0
GOOD_DEG = 5.0


@dataclass(frozen=True)
class Outcome:
    """One session: None where nothing was calibrated; errors on rows with an angle."""

    person: Person
    error_deg: Floats
    claimed_deg: Floats
    rows: int
    mispaired: bool
    vqf_rmse_deg: float

    @property
    def rmse_deg(self) -> float:
        return float(np.sqrt(np.mean(self.error_deg**2)))

    @property
    def honest(self) -> bool:
        return bool(np.sqrt(np.mean(self.claimed_deg**2)) >= 0.5 * self.rmse_deg)

    @property
    def good_while_wrong(self) -> int:
        return int(((np.abs(self.error_deg) > WRONG_DEG) & (self.claimed_deg <= GOOD_DEG)).sum())


def people(count: int = 40, *, seed: int = SEED, soft_tissue_deg: float = SOFT_TISSUE_DEG) -> list[Person]:
    works: tuple[Work, ...] = get_args(Work)
    out = []
    for i in range(count):
        work = works[i % 4]
        squats_after = work != "swing" and (i // 16) % 2 == 1
        out.append(
            Person(
                seed=seed + i,
                work=work,
                worn=WORN[(i // 4) % 4],
                then="squat" if squats_after else None,
                soft_tissue_deg=soft_tissue_deg,
            )
        )
    return out


def exercise_of(session: Session) -> Exercise:
    rest = session.zero_pose_deg
    return Exercise(
        name="knee",
        joint=Joint.KNEE,
        side=Side.RIGHT,
        sets=1,
        repetitions=6,
        rest_angle_deg=rest,
        target_angle_deg=0.0 if session.first == "extension" else 90.0,
    )


def outcome(person: Person) -> Outcome | None:
    """None when the session was not calibrated."""
    session = session_of(person)
    source = JointSource(exercise_of(session), set(ROLES))
    blocks = []
    imus = session.imus
    for start in range(0, imus.t_s.size, 10):
        for side, role in enumerate(ROLES):
            blocks += source.push(role, imus.block(side, start, start + 10))
    calibration = source.calibration
    if calibration is None or not blocks:
        return None
    t_s = (np.concatenate([b.t_ns for b in blocks]) - EPOCH_NS) / 1e9
    angle = np.concatenate([b.angle_deg for b in blocks])
    claimed = np.concatenate([b.error_deg for b in blocks])
    error = angle - np.interp(t_s, imus.t_s, imus.angle_deg)
    seen = np.isfinite(error)
    signs = [
        float(np.dot(found, true)) > 0.0
        for found, true in zip(
            (calibration.axis_proximal, calibration.axis_distal), session.axes, strict=True
        )
    ]
    return Outcome(
        person=person,
        error_deg=error[seen],
        claimed_deg=claimed[seen],
        rows=t_s.size,
        mispaired=signs[0] is not signs[1],
        vqf_rmse_deg=vqf_rmse_deg(session, float(t_s[0])),
    )


def vqf_rmse_deg(session: Session, from_s: float) -> float:
    """The peer: two VQF orientations, axes and first heading from the truth, no joint constraint later."""
    imus = session.imus
    rate_hz = 1.0 / float(imus.t_s[1] - imus.t_s[0])
    bodies = []
    for side in range(2):
        still = imus.t_s < session_still_s(session)
        gyr = np.ascontiguousarray(imus.gyr[side] - imus.gyr[side][still].mean(axis=0))
        found = VQF(1.0 / rate_hz).updateBatch(gyr, np.ascontiguousarray(imus.acc[side]))["quat6D"]
        bodies.append(Rotation.from_quat(found, scalar_first=True))
    relative = bodies[0].inv() * bodies[1]
    # The heading that brings both axes together in the still pose.
    start = round(1.0 * rate_hz)
    a, b = (bodies[i][start].apply(session.axes[i]) for i in range(2))
    heading = Rotation.from_euler("z", np.arctan2(a[1], a[0]) - np.arctan2(b[1], b[0]))
    relative = bodies[0].inv() * (heading * bodies[1])
    turned = (relative * relative[start].inv()).as_quat(scalar_first=True)
    twist = np.degrees(np.unwrap(2.0 * np.arctan2(turned[:, 1:] @ session.axes[0], turned[:, 0])))
    error = twist - twist[start] + session.zero_pose_deg - imus.angle_deg
    return float(np.sqrt(np.mean(error[imus.t_s >= from_s] ** 2)))


def session_still_s(session: Session) -> float:
    """When the person begins to move."""
    moved = np.abs(session.imus.angle_deg - session.zero_pose_deg) > 0.5
    return float(session.imus.t_s[int(np.argmax(moved))]) - 0.5


def measure(_folder: Path) -> list[Metric]:
    persons = people()
    return metrics_of(persons, [outcome(person) for person in persons])


def metrics_of(persons: list[Person], outcomes: list[Outcome | None]) -> list[Metric]:
    calibrated = [one for one in outcomes if one is not None]
    alike = [one for person, one in zip(persons, outcomes, strict=True) if person.worn == "alike"]
    others = [one for person, one in zip(persons, outcomes, strict=True) if person.worn != "alike"]
    mispaired = [one for one in calibrated if one.mispaired]
    rows = max(1, sum(one.rows for one in calibrated))
    worst_deg = max((one.rmse_deg for one in mispaired), default=0.0)
    protocol = (
        f"{len(persons)} simulated sessions, seeds from {SEED}, soft tissue {SOFT_TISSUE_DEG:g} deg in 90 "
        "(0.7 to 1.3 times, with hysteresis) on either sensor, wobble, straps 12 deg off: half worn alike, "
        "the others with one sensor turned over or anyhow; the session's own calibration and angle"
    )
    opposite = (
        f"calibrated with opposite axes and more than {WRONG_DEG:g} deg (rms) off. With opposite axes in "
        f"all: {len(mispaired)} (00b0565: 8), assumed of an upper segment at rest; the worst is "
        f"{worst_deg:.1f} deg off"
    )
    peer = (
        "RMSE per session, median; baseline: VQF orientations on the same samples, with the true axes and "
        "the true heading at the start"
    )
    figures: list[
        tuple[str, float, str, float | None, float | None, Literal["lower", "higher"], int, str]
    ] = [
        (
            "wrong_pairings",
            float(sum(one.rmse_deg > WRONG_DEG for one in mispaired)),
            "sessions",
            0.0,
            2.0,
            "lower",
            len(persons),
            opposite,
        ),
        (
            "refused_worn_alike",
            percent(sum(one is None for one in alike), len(alike)),
            "%",
            5.0,
            None,
            "lower",
            len(alike),
            "of those worn alike, refused with a reason",
        ),
        (
            "refused_worn_otherwise",
            percent(sum(one is None for one in others), len(others)),
            "%",
            None,
            None,
            "lower",
            len(others),
            "of the others, refused with a reason",
        ),
        (
            "good_while_wrong",
            percent(sum(one.good_while_wrong for one in calibrated), rows),
            "%",
            0.5,
            3.76,
            "lower",
            len(calibrated),
            f"share of time with quality GOOD while more than {WRONG_DEG:g} deg off; baseline: 00b0565",
        ),
        (
            "honest_error",
            percent(sum(one.honest for one in calibrated), len(calibrated)),
            "%",
            95.0,
            82.5,
            "higher",
            len(calibrated),
            "sessions whose claimed standard deviation is at least half of the true error (rms)",
        ),
        (
            "rmse_deg",
            float(np.median([one.rmse_deg for one in calibrated])),
            "deg",
            3.0,
            float(np.median([one.vqf_rmse_deg for one in calibrated])),
            "lower",
            len(calibrated),
            peer,
        ),
    ]
    return [
        Metric(
            metric=f"people.{name}",
            value=value,
            unit=unit,
            target=target,
            baseline=baseline,
            better=better,
            n=n,
            protocol=f"{protocol}; {more}",
        )
        for name, value, unit, target, baseline, better, n, more in figures
    ]


def percent(part: int, whole: int) -> float:
    return 100.0 * part / max(1, whole)
