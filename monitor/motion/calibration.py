"""From a still pose and a few swings to everything that the hinge angle needs, with its quality.

The still pose gives the gyroscopes' offsets and the zero; the swings give the hinge axis in both sensors,
whether the two axes point the same way, and which way is flexion: the plan says which movement comes first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.motion.alignment import SegmentRow
from monitor.motion.hinge_axis import estimate_hinge_axes
from monitor.motion.joint_angle import InclinationAngle
from monitor.motion.quaternion import (
    Quaternion,
    Vector,
    about_vertical,
    conjugate_rows,
    multiply_rows,
    rotate_rows,
)
from monitor.samples import Quality

DEG = math.pi / 180.0
# The upper segment has to turn this much (rms) for the pairing to be read from the movement: at 0.1 rad/s
# the scores of simulated sitting patients were wrong in 3 of 8, at 1 rad/s (running knees) they hold.
PAIRING_SEEN_RAD_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class HingeCalibration:
    """What the online angle needs. Axes are unit vectors, positive rotation about them is flexion."""

    axis_proximal: Vector
    axis_distal: Vector
    q_zero: Quaternion  # relative orientation at the zero pose
    inclination_zero_rad: float
    delta_rad: float  # heading at the end of the calibration


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationReport:
    """How good a calibration is, for the person who decides whether to repeat it.

    `sign_margin` is the difference of the two pairings' scores (0 to 4), `pairing_seen` whether they were
    used (a still upper segment shows no pairing: then the sensors are taken as worn alike).
    `axis_error_deg` is one standard deviation of the worse axis, `range_deg` what was moved,
    `swing_rms_deg` how far the joint left the hinge, `single_axis_ratio` the second to the first singular
    value of the relative angular rate (0 = perfect hinge).
    """

    quality: Quality
    reasons: tuple[str, ...]
    still_s: float
    swings: int
    range_deg: float
    sign_margin: float
    pairing_seen: bool
    axis_error_deg: float
    proximal_axis_seen: bool
    swing_rms_deg: float
    single_axis_ratio: float
    bias_deg_s: tuple[Vector, Vector]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementWindow:
    """Both sensors over the calibration movement, row by row: `q` (n, 4), `gyr`, `acc` (n, 3)."""

    q1: NDArray[np.float64]
    q2: NDArray[np.float64]
    gyr1: NDArray[np.float64]
    gyr2: NDArray[np.float64]
    acc1: NDArray[np.float64]
    acc2: NDArray[np.float64]


def movement_window(pairs: Sequence[tuple[SegmentRow, SegmentRow]]) -> MovementWindow:
    """Rows of both sensors as arrays."""
    return MovementWindow(
        q1=np.array([p.q for p, _ in pairs]),
        q2=np.array([d.q for _, d in pairs]),
        gyr1=np.array([p.gyr_rad_s for p, _ in pairs]),
        gyr2=np.array([d.gyr_rad_s for _, d in pairs]),
        acc1=np.array([p.acc_m_s2 for p, _ in pairs]),
        acc2=np.array([d.acc_m_s2 for _, d in pairs]),
    )


def solve_hinge(
    window: MovementWindow,
    still: MovementWindow,
    *,
    first_movement_is_flexion: bool,
    still_s: float,
    swings: int,
    bias_deg_s: tuple[Vector, Vector],
) -> tuple[HingeCalibration, CalibrationReport]:
    """Calibrate the hinge from `window` (the swings) and `still` (the zero pose right before them)."""
    axes = estimate_hinge_axes(window.gyr1, window.gyr2, window.acc1, window.acc2)
    same, opposite = (_pairing_score(window, axes.proximal, sign * axes.distal) for sign in (1.0, -1.0))
    # While the upper segment hardly moves the scores compare orientation errors; then it counts that both
    # sensors are worn with the same face outward, which makes the two axes point the same way.
    proximal_rad_s = float(np.sqrt(np.mean(np.sum(window.gyr1**2, axis=1))))
    pairing_seen = proximal_rad_s >= PAIRING_SEEN_RAD_S
    prior = 2.0 * min(1.0, (PAIRING_SEEN_RAD_S / proximal_rad_s) ** 2) * float(axes.proximal @ axes.distal)
    sign_margin = same[0] - opposite[0]
    j2, delta_rad = (axes.distal, same[1]) if sign_margin + prior >= 0 else (-axes.distal, opposite[1])
    j1 = axes.proximal

    q_rel = _relative_rows(window, delta_rad)
    zero = _mean_quaternion(_relative_rows(still, delta_rad))
    twist, swing = _twist_and_swing(q_rel, zero, j1)
    # The first excursion is the first time that a third of the whole range is left behind.
    reach = np.abs(twist) > max(np.ptp(twist) / 3.0, 3.0 * DEG)
    first = float(twist[int(np.argmax(reach))]) if reach.any() else 1.0
    if (first > 0) is not first_movement_is_flexion:
        j1, j2 = -j1, -j2
    axis1, axis2 = _vector(j1), _vector(j2)
    inclination = InclinationAngle(axis1, axis2)
    angles = [
        inclination.angle(_quaternion(a), _quaternion(b)) for a, b in zip(still.q1, still.q2, strict=True)
    ]
    calibration = HingeCalibration(
        axis_proximal=axis1,
        axis_distal=axis2,
        q_zero=_quaternion(zero),
        inclination_zero_rad=_circular_mean(np.array(angles)),
        delta_rad=delta_rad,
    )
    report = _report(
        still_s=still_s,
        swings=swings,
        range_deg=float(np.ptp(twist)) / DEG,
        sign_margin=abs(sign_margin),
        pairing_seen=pairing_seen,
        sigma_deg=(axes.proximal_sigma_rad / DEG, axes.distal_sigma_rad / DEG),
        swing_rms_deg=float(np.sqrt(np.mean(swing**2))) / DEG,
        single_axis_ratio=_single_axis_ratio(window, q_rel),
        bias_deg_s=bias_deg_s,
    )
    return calibration, report


def _report(
    *,
    still_s: float,
    swings: int,
    range_deg: float,
    sign_margin: float,
    pairing_seen: bool,
    sigma_deg: tuple[float, float],
    swing_rms_deg: float,
    single_axis_ratio: float,
    bias_deg_s: tuple[Vector, Vector],
) -> CalibrationReport:
    poor: list[str] = []
    doubtful: list[str] = []
    # Below 10 degrees axis and noise cannot be told apart; a knee swing has 60-90, a hip's extension 20.
    if range_deg < 10.0:
        poor.append("movement too small: swing through at least half of the range")
    elif range_deg < 20.0:
        doubtful.append("small movement: swing further if the joint allows it")
    if swing_rms_deg > 15.0:
        poor.append("not a hinge movement: check that both sensors are tight, then swing in one plane")
    elif swing_rms_deg > 10.0:
        doubtful.append("the movement left the plane of the joint")
    if sigma_deg[1] > 5.0:
        poor.append("the lower sensor's axis was not seen")
    seen = sigma_deg[0] <= 5.0
    if not seen:
        doubtful.append("the upper sensor hardly moved: its axis is assumed parallel to the lower one's")
    elif pairing_seen and sign_margin < 0.2:
        doubtful.append("the two axes may be paired the wrong way: turn the body a little while swinging")
    quality = Quality.POOR if poor else Quality.QUESTIONABLE if doubtful else Quality.GOOD
    return CalibrationReport(
        quality=quality,
        reasons=tuple(poor + doubtful),
        still_s=still_s,
        swings=swings,
        range_deg=range_deg,
        sign_margin=sign_margin,
        pairing_seen=pairing_seen,
        axis_error_deg=max(sigma_deg) if seen else sigma_deg[1],
        proximal_axis_seen=seen,
        swing_rms_deg=swing_rms_deg,
        single_axis_ratio=single_axis_ratio,
        bias_deg_s=bias_deg_s,
    )


def _pairing_score(
    window: MovementWindow, j1: NDArray[np.float64], j2: NDArray[np.float64]
) -> tuple[float, float]:
    """How well specific force and angular rate agree in a common frame if j1 and j2 point the same way.

    Returns (score from -2 to 2, heading in rad). Both terms are correlations of earth-frame vectors: the
    horizontal specific force, and the angular rate without its part along the axis.
    """
    a, b = rotate_rows(window.q1, j1), rotate_rows(window.q2, j2)
    evidence = (a[:, 0] + 1j * a[:, 1]) * np.conj(b[:, 0] + 1j * b[:, 1])
    delta_rad = float(np.angle(evidence.sum()))
    q2 = multiply_rows(np.array(about_vertical(delta_rad)), window.q2)
    f1, f2 = rotate_rows(window.q1, window.acc1)[:, :2], rotate_rows(q2, window.acc2)[:, :2]
    w1, w2 = (
        w - np.sum(w * a, axis=1, keepdims=True) * a
        for w in (rotate_rows(window.q1, window.gyr1), rotate_rows(q2, window.gyr2))
    )
    return _correlation(f1, f2) + _correlation(w1, w2), delta_rad


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    scale = math.sqrt(float(np.sum(x * x)) * float(np.sum(y * y)))
    return float(np.sum(x * y)) / scale if scale > 0 else 0.0


def _relative_rows(window: MovementWindow, delta_rad: float) -> NDArray[np.float64]:
    turned = multiply_rows(np.array(about_vertical(delta_rad)), window.q2)
    return multiply_rows(conjugate_rows(window.q1), turned)


def _mean_quaternion(q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Main eigenvector of the sum of outer products: the mean that does not care about signs."""
    return np.asarray(np.linalg.eigh(q.T @ q)[1][:, -1])


def _twist_and_swing(
    q_rel: NDArray[np.float64], zero: NDArray[np.float64], axis: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    p = multiply_rows(q_rel, zero * np.array([1.0, -1.0, -1.0, -1.0]))
    along = p[:, 1:] @ axis
    twist = np.unwrap(2.0 * np.arctan2(along, p[:, 0]))
    twist -= 2.0 * math.pi * round(float(twist[0]) / (2.0 * math.pi))
    swing = 2.0 * np.arccos(np.minimum(1.0, np.hypot(p[:, 0], along)))
    return twist, swing


def _single_axis_ratio(window: MovementWindow, q_rel: NDArray[np.float64]) -> float:
    values = np.linalg.svd(rotate_rows(q_rel, window.gyr2) - window.gyr1, compute_uv=False)
    return float(values[1] / values[0]) if values[0] > 0 else 1.0


def _circular_mean(angles: NDArray[np.float64]) -> float:
    return math.atan2(float(np.sin(angles).sum()), float(np.cos(angles).sum()))


def _vector(v: NDArray[np.float64]) -> Vector:
    return (float(v[0]), float(v[1]), float(v[2]))


def _quaternion(q: NDArray[np.float64]) -> Quaternion:
    return (float(q[0]), float(q[1]), float(q[2]), float(q[3]))
