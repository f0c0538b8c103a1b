"""Is a calibration to be used? What the movement showed, against what the plan knows of the joint.

A wrong angle that looks right is worse than none: whatever contradicts itself, the way the sensors are
worn, the named pose or the joint's anatomy is refused, with what the person should do differently.
"""

import math
from dataclasses import dataclass

from monitor.motion.anatomy import beyond_deg, limits_deg
from monitor.motion.goniometer_values import GoniometerParams
from monitor.motion.hinge_axis import HingeAxes
from monitor.motion.pairing import Pairing, PairingWitness
from monitor.motion.quaternion import Vector
from monitor.samples import Quality
from protocols.units import DEG

# Below 10 degrees axis and noise cannot be told apart; a knee swing has 60-90, a hip's extension 20.
TOO_SMALL_DEG = 10.0
SMALL_DEG = 20.0
# Less than a third of the prescribed range is another movement, or the two axes are paired wrongly (a squat
# of 90 deg then reads 20).
LEAST_OF_PRESCRIBED = 1.0 / 3.0
# A squat leaves the plane by up to 15 deg (knee rotation, soft tissue); a sensor that slides by more.
SWING_REFUSED_DEG = 22.0
SWING_DOUBTFUL_DEG = 12.0
# How far a calibration's angles may lie beyond anatomy before they must be wrong.
BEYOND_ANATOMY_DEG = 25.0
# Sensors worn alike stand in the named pose as the segments do, give or take straps and soft thighs.
POSE_MISFIT_DEG = 60.0
WORN_ALIKE = 0.85
# Mean square of the axis' horizontal part: within 20 deg of upright, within 35 deg.
UPRIGHT, NEARLY_UPRIGHT = 0.12, 0.33
# By how much (rms) the angle depends on the pairing, above which the pairing has to be known.
PAIRING_MATTERS_DEG = 6.0
# The same where both axes were seen, lie in the same place, and the sensors stand as the named pose does.
PAIRING_MATTERS_WORN_ALIKE_DEG = 12.0
AXIS_REFUSED_RAD = math.radians(15.0)
AXIS_DOUBTFUL_RAD = math.radians(8.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationReport:
    """How good a calibration is, for the person who decides whether to repeat it.

    `sign_margin` is the evidence for the pairing of the axes (log ratio, 0.5 is clear), `pairing_seen`
    whether the movement showed it (a still upper segment shows none: then the sensors are taken as worn
    alike). `axis_error_deg` is one standard deviation of the worse axis that was seen, `angle_error_deg`
    what axes and soft tissue make of the angle, `range_deg` what was moved, `swing_rms_deg` how far the
    joint left the hinge, `single_axis_ratio` the second to the first singular value of the relative angular
    rate (0 = perfect hinge).
    """

    quality: Quality
    reasons: tuple[str, ...]
    still_s: float
    swings: int
    range_deg: float
    sign_margin: float
    pairing_seen: bool
    axis_error_deg: float
    angle_error_deg: float
    axis_errors_deg: tuple[float, float]
    proximal_axis_seen: bool
    swing_rms_deg: float
    single_axis_ratio: float
    bias_deg_s: tuple[Vector, Vector]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the movement showed, before anybody judges it.

    `lowest_deg`, `highest_deg` in the plan's convention; `alike` the cosine between both axes in their
    sensors; `horizontal` 0 for an upright axis, 1 for a level one; `pose_deg` the joint's angle in the
    still pose if both sensors are worn alike; `pairing_matters_deg` the rms by which the angle would change
    with the other pairing.
    """

    still_s: float
    swings: int
    lowest_deg: float
    highest_deg: float
    pairing: Pairing
    alike: float
    axes: HingeAxes
    pairing_matters_deg: float
    swing_rms_deg: float
    single_axis_ratio: float
    horizontal: float
    pose_deg: float
    bias_deg_s: tuple[Vector, Vector]


WEAR_ALIKE = "put both sensors on with the same face outward and the same end up"
SHOW_PAIRING = "keep the upper segment still, or move the whole limb (a small squat or step), and swing again"


def judge(seen: Seen, params: GoniometerParams) -> CalibrationReport:
    """The calibration's quality, and why: what is refused comes first."""
    poor = [*_movement_refused(seen, params), *_wearing_refused(seen, params)]
    doubtful = _doubts(seen, params)
    proximal_seen = seen.axes.proximal_sigma_rad <= AXIS_REFUSED_RAD
    sigma_deg = (seen.axes.proximal_sigma_rad / DEG, seen.axes.distal_sigma_rad / DEG)
    return CalibrationReport(
        quality=Quality.POOR if poor else Quality.QUESTIONABLE if doubtful else Quality.GOOD,
        reasons=(*poor, *doubtful),
        still_s=seen.still_s,
        swings=seen.swings,
        range_deg=seen.highest_deg - seen.lowest_deg,
        sign_margin=abs(seen.pairing.margin),
        pairing_seen=seen.pairing.witness is PairingWitness.FORCES,
        axis_error_deg=max(sigma_deg) if proximal_seen else seen.axes.leading_sigma_rad / DEG,
        angle_error_deg=math.hypot(seen.axes.angle_sigma_rad / DEG, 0.25 * seen.swing_rms_deg),
        axis_errors_deg=sigma_deg,
        proximal_axis_seen=proximal_seen,
        swing_rms_deg=seen.swing_rms_deg,
        single_axis_ratio=seen.single_axis_ratio,
        bias_deg_s=seen.bias_deg_s,
    )


def _movement_refused(seen: Seen, params: GoniometerParams) -> list[str]:
    """What the movement itself rules out."""
    reasons = []
    range_deg = seen.highest_deg - seen.lowest_deg
    prescribed_deg = params.prescribed_range_deg
    if seen.horizontal < UPRIGHT:
        reasons.append(
            "this joint turns about an upright axis, which two sensors cannot see: do it lying or with the "
            'limb level, or count it with one sensor (signal = "rotation" in the plan)'
        )
    if range_deg < TOO_SMALL_DEG:
        reasons.append("movement too small: swing through at least half of the range")
    elif prescribed_deg is not None and range_deg < LEAST_OF_PRESCRIBED * prescribed_deg:
        reasons.append(
            f"only {range_deg:.0f} of {prescribed_deg:.0f} deg seen: swing through at least half of the "
            f"range; if that was done, {WEAR_ALIKE}"
        )
    if seen.swing_rms_deg > SWING_REFUSED_DEG:
        reasons.append("not a hinge movement: check that both sensors are tight, then swing in one plane")
    if seen.axes.leading_sigma_rad > AXIS_REFUSED_RAD:
        reasons.append("the joint's axis was not seen: swing further, in one plane")
    beyond = max(beyond_deg(params.joint, seen.lowest_deg), beyond_deg(params.joint, seen.highest_deg))
    if beyond > BEYOND_ANATOMY_DEG:
        least, greatest = limits_deg(params.joint)
        reasons.append(
            f"{seen.lowest_deg:.0f} to {seen.highest_deg:.0f} deg is more than this joint can do "
            f"({least:.0f} to {greatest:.0f}): begin in the starting position, {params.first_movement} first"
        )
    return reasons


def _wearing_refused(seen: Seen, params: GoniometerParams) -> list[str]:
    """What the sensors' places rule out."""
    witness = seen.pairing.witness
    unknown = witness in (PairingWitness.NONE, PairingWitness.WORN_ALIKE)
    if witness is PairingWitness.CONTRADICTION:
        return [f"the two sensors seem to be worn differently: {WEAR_ALIKE}, then swing again"]
    misfit = abs((seen.pose_deg - params.rest_angle_deg + 180.0) % 360.0 - 180.0)
    both_seen = seen.axes.proximal_sigma_rad <= AXIS_REFUSED_RAD and seen.alike > WORN_ALIKE
    surely_alike = both_seen and params.pose_named and misfit < 0.5 * POSE_MISFIT_DEG
    most_deg = PAIRING_MATTERS_WORN_ALIKE_DEG if surely_alike else PAIRING_MATTERS_DEG
    if unknown and seen.pairing_matters_deg > most_deg:
        return [f"it was not seen how the two sensors belong together: {SHOW_PAIRING}"]
    if params.pose_named and both_seen and misfit > POSE_MISFIT_DEG and seen.horizontal > NEARLY_UPRIGHT:
        stand = f"{seen.pose_deg:.0f} deg apart where the starting position has {params.rest_angle_deg:.0f}"
        return [f"the sensors stand {stand}: {WEAR_ALIKE}, and begin with {params.first_movement}"]
    return []


def _doubts(seen: Seen, params: GoniometerParams) -> list[str]:
    doubts = []
    range_deg = seen.highest_deg - seen.lowest_deg
    prescribed_deg = params.prescribed_range_deg
    if TOO_SMALL_DEG <= range_deg < SMALL_DEG:
        doubts.append("small movement: swing further if the joint allows it")
    elif prescribed_deg is not None and range_deg < 0.5 * prescribed_deg:
        doubts.append(f"only {range_deg:.0f} of {prescribed_deg:.0f} deg seen")
    if seen.swing_rms_deg > SWING_DOUBTFUL_DEG:
        doubts.append("the movement left the plane of the joint")
    if seen.axes.leading_sigma_rad > AXIS_DOUBTFUL_RAD:
        doubts.append("the joint's axis is uncertain: swing further")
    if seen.pairing.witness is PairingWitness.NONE:
        doubts.append(f"the sensors are worn differently and the upper one hardly moved: {WEAR_ALIKE}")
    if UPRIGHT <= seen.horizontal < NEARLY_UPRIGHT:
        doubts.append("the joint's axis is nearly upright: the angle is less certain")
    return doubts
