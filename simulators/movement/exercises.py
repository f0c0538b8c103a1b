"""The exercises that the virtual patient can do: poses, tempo and effort, as a table.

Angles are anatomical: 0 in the neutral standing pose, flexion, abduction, dorsiflexion and external rotation
positive. Ranges of motion lie within the usual clinical norms (knee 0-135, hip flexion 120, abduction 45,
shoulder 180, elbow 0-150, ankle -50..20 deg); tempo and effort are assumptions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from simulators.errors import UnknownNameError


class Joint(StrEnum):
    """The joint that two IMUs span: proximal and distal segment in the comment."""

    KNEE = "knee"  # thigh, shank
    HIP = "hip"  # pelvis, thigh
    ANKLE = "ankle"  # shank, foot
    SHOULDER = "shoulder"  # trunk, upper arm
    ELBOW = "elbow"  # upper arm, forearm


class Axis(StrEnum):
    """Joint axis in the proximal segment's frame (x forward, y left, z up when standing)."""

    FLEXION_BACKWARD = "flexion_backward"  # +y: the distal end moves backwards (knee)
    FLEXION_FORWARD = "flexion_forward"  # -y: the distal end moves forwards (hip, shoulder, elbow, ankle)
    ABDUCTION = "abduction"  # +x: a left limb moves outwards
    ROTATION = "rotation"  # +z: along the proximal segment


class Anchor(StrEnum):
    """Which end of the two segments stays where it is."""

    PROXIMAL = "proximal"
    DISTAL = "distal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyframe:
    """A pose inside one repetition: reached after `share` of its time, fractions of the way rest -> work."""

    share: float
    joint: float
    proximal: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One exercise as it is prescribed; a patient's repetitions vary around it.

    `rest_deg` and `work_deg` are the joint angle at rest and at the turn; `proximal_*_deg` the tilt of the
    proximal segment (forward positive, 0 = hanging or standing upright). `workload` is relative, 0..1.
    `keyframes` replaces the plain raise-hold-lower of one repetition (gait).
    """

    name: str
    joint: Joint
    axis: Axis
    rest_deg: float
    work_deg: float
    proximal_rest_deg: float
    proximal_work_deg: float
    raise_s: float
    hold_s: float
    lower_s: float
    pause_s: float
    workload: float
    anchor: Anchor = Anchor.PROXIMAL
    keyframes: tuple[Keyframe, ...] = ()

    @property
    def range_of_motion_deg(self) -> float:
        """Size of the prescribed excursion."""
        return abs(self.work_deg - self.rest_deg)

    @property
    def repetition_s(self) -> float:
        """Time of one repetition, the pause after it included."""
        return self.raise_s + self.hold_s + self.lower_s + self.pause_s


# Extremes of knee and thigh over one stride, heel strike first: knee 15-20 deg in loading response, straight
# near 40 %, 60 deg near 72 %; thigh furthest back near 52 % (Perry & Burnfield, Gait Analysis, 2nd ed.,
# ch. 5-6).
_STRIDE = (
    Keyframe(share=0.14, joint=0.28, proximal=0.15),
    Keyframe(share=0.40, joint=0.04, proximal=0.85),
    Keyframe(share=0.52, joint=0.30, proximal=1.0),
    Keyframe(share=0.72, joint=1.0, proximal=0.35),
    Keyframe(share=0.90, joint=0.15, proximal=-0.1),
)


def _knee(name: str, rest: float, work: float, thigh: tuple[float, float], **tempo: float) -> Exercise:
    return Exercise(
        name=name,
        joint=Joint.KNEE,
        axis=Axis.FLEXION_BACKWARD,
        rest_deg=rest,
        work_deg=work,
        proximal_rest_deg=thigh[0],
        proximal_work_deg=thigh[1],
        raise_s=tempo.get("raise_s", 1.3),
        hold_s=tempo.get("hold_s", 0.5),
        lower_s=tempo.get("lower_s", 1.3),
        pause_s=tempo.get("pause_s", 0.5),
        workload=tempo.get("workload", 0.3),
        anchor=Anchor.DISTAL if tempo.get("standing_on_it") else Anchor.PROXIMAL,
    )


def _other(joint: Joint, name: str, axis: Axis, rest: float, work: float, **more: float) -> Exercise:
    return Exercise(
        name=name,
        joint=joint,
        axis=axis,
        rest_deg=rest,
        work_deg=work,
        proximal_rest_deg=more.get("proximal_rest_deg", 0.0),
        proximal_work_deg=more.get("proximal_work_deg", 0.0),
        raise_s=more.get("raise_s", 1.4),
        hold_s=more.get("hold_s", 0.4),
        lower_s=more.get("lower_s", 1.4),
        pause_s=more.get("pause_s", 0.5),
        workload=more.get("workload", 0.2),
    )


EXERCISES: Mapping[str, Exercise] = {
    exercise.name: exercise
    for exercise in (
        # Seated: the thigh lies on the chair and lifts a little when the quadriceps works.
        _knee("knee_extension", 88.0, 10.0, (84.0, 87.0), workload=0.28),
        _knee("knee_flexion_standing", 5.0, 95.0, (0.0, -4.0), workload=0.22),
        # Supine: the thigh lifts as the heel slides; supine thigh = 90 deg from hanging.
        _knee("heel_slide", 8.0, 105.0, (92.0, 142.0), raise_s=2.0, lower_s=2.0, workload=0.12),
        _knee("terminal_knee_extension", 35.0, 3.0, (108.0, 106.0), raise_s=1.0, hold_s=1.0, workload=0.15),
        _knee(
            "sit_to_stand",
            90.0,
            5.0,
            (82.0, 2.0),
            raise_s=1.4,
            hold_s=0.8,
            lower_s=1.6,
            pause_s=0.8,
            workload=0.5,
            standing_on_it=1.0,
        ),
        _knee("squat", 4.0, 80.0, (2.0, 55.0), raise_s=1.6, lower_s=1.4, workload=0.5, standing_on_it=1.0),
        _knee("step_up", 5.0, 65.0, (2.0, 58.0), raise_s=1.0, hold_s=0.3, lower_s=1.2, workload=0.55),
        Exercise(
            name="gait",
            joint=Joint.KNEE,
            axis=Axis.FLEXION_BACKWARD,
            rest_deg=4.0,
            work_deg=62.0,
            proximal_rest_deg=24.0,
            proximal_work_deg=-16.0,
            raise_s=0.45,
            hold_s=0.0,
            lower_s=0.65,
            pause_s=0.0,
            workload=0.4,
            keyframes=_STRIDE,
        ),
        _other(
            Joint.HIP,
            "straight_leg_raise",
            Axis.FLEXION_FORWARD,
            0.0,
            55.0,
            proximal_rest_deg=90.0,
            proximal_work_deg=92.0,
            hold_s=1.0,
            workload=0.2,
        ),
        _other(Joint.HIP, "hip_abduction", Axis.ABDUCTION, 0.0, 35.0, proximal_work_deg=1.0),
        _other(
            Joint.HIP, "hip_flexion", Axis.FLEXION_FORWARD, 0.0, 80.0, proximal_work_deg=-4.0, workload=0.3
        ),
        _other(
            Joint.HIP,
            "hip_extension",
            Axis.FLEXION_FORWARD,
            0.0,
            -20.0,
            proximal_work_deg=6.0,
            raise_s=1.1,
            lower_s=1.1,
            workload=0.2,
        ),
        _other(
            Joint.ANKLE,
            "ankle_pump",
            Axis.FLEXION_FORWARD,
            -35.0,
            15.0,
            proximal_rest_deg=80.0,
            proximal_work_deg=80.0,
            raise_s=0.8,
            hold_s=0.2,
            lower_s=0.8,
            workload=0.05,
        ),
        _other(
            Joint.ANKLE,
            "calf_raise",
            Axis.FLEXION_FORWARD,
            0.0,
            -30.0,
            raise_s=0.9,
            lower_s=1.1,
            workload=0.3,
        ),
        _other(
            Joint.SHOULDER,
            "shoulder_flexion",
            Axis.FLEXION_FORWARD,
            5.0,
            145.0,
            proximal_work_deg=-4.0,
            raise_s=1.8,
            lower_s=1.8,
        ),
        _other(Joint.SHOULDER, "shoulder_abduction", Axis.ABDUCTION, 5.0, 120.0, raise_s=1.7, lower_s=1.7),
        _other(
            Joint.SHOULDER,
            "shoulder_external_rotation",
            Axis.ROTATION,
            -30.0,
            45.0,
            raise_s=1.2,
            lower_s=1.2,
            workload=0.1,
        ),
        _other(
            Joint.ELBOW,
            "elbow_flexion",
            Axis.FLEXION_FORWARD,
            8.0,
            130.0,
            proximal_work_deg=6.0,
            raise_s=1.3,
            lower_s=1.3,
            workload=0.15,
        ),
    )
}


def find_exercise(name: str) -> Exercise:
    """Give the exercise of that name.

    Raises:
        UnknownNameError: There is none.
    """
    try:
        return EXERCISES[name]
    except KeyError:
        raise UnknownNameError("exercise", name, EXERCISES) from None
