"""What joints can do: the widest ranges of healthy people, with some room. Beyond them an angle is wrong.

After the normal ranges of the American Academy of Orthopaedic Surgeons; flexion positive, 0 = straight. They
are for telling a wrong measurement from a right one, not for judging a patient.
"""

from collections.abc import Mapping

# (least, greatest) deg.
JOINT_LIMITS_DEG: Mapping[str, tuple[float, float]] = {
    "knee": (-20.0, 165.0),
    "hip": (-45.0, 150.0),
    "ankle": (-75.0, 60.0),
    "shoulder": (-90.0, 200.0),
    "elbow": (-25.0, 170.0),
    "wrist": (-100.0, 100.0),
    "trunk": (-60.0, 130.0),
    "neck": (-95.0, 95.0),
}
ANY_JOINT_DEG = (-200.0, 200.0)


def limits_deg(joint: str) -> tuple[float, float]:
    """Of a joint by its name, with or without a side (`knee_right`)."""
    return JOINT_LIMITS_DEG.get(joint.split("_", maxsplit=1)[0], ANY_JOINT_DEG)


def beyond_deg(joint: str, angle_deg: float) -> float:
    """How far an angle lies outside of what the joint can do; 0 inside."""
    least, greatest = limits_deg(joint)
    return max(0.0, least - angle_deg, angle_deg - greatest)
