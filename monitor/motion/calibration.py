"""From a still pose and a few movements to everything that the hinge angle needs, with its quality.

The still pose gives the gyroscopes' offsets and the zero; the movements give the hinge axis in both sensors,
whether the two axes point the same way, and which way is flexion: the plan says which movement comes first.
What the plan knows of the joint is held against it (`monitor.motion.calibration_report`).
"""

import math

import numpy as np
from numpy.typing import NDArray

from monitor.motion.calibration_report import CalibrationReport, Seen, judge
from monitor.motion.calibration_values import HingeCalibration
from monitor.motion.goniometer_values import GoniometerParams
from monitor.motion.hinge_axis import estimate_hinge_axes
from monitor.motion.joint_angle import InclinationAngle
from monitor.motion.pairing import decide_pairing
from monitor.motion.quaternion import (
    Quaternion,
    Vector,
    about_vertical,
    conjugate_rows,
    multiply_rows,
    rotate_rows,
)
from monitor.motion.scale_check import checked
from monitor.motion.window import MovementWindow
from protocols.units import DEG

# The first movement is the first turn of the angle by this share of the whole range, and by so much: a dip
# before the swing is none, a movement up of a third of the one down is.
FIRST_SHARE = 0.15
FIRST_LEAST_DEG = 4.0
# A proximal axis that is known no better tells nothing of how its sensor is worn.
BOTH_SEEN_RAD = math.radians(30.0)


def solve_hinge(
    window: MovementWindow,
    still: MovementWindow,
    *,
    params: GoniometerParams,
    still_s: float,
    swings: int,
    bias_deg_s: tuple[Vector, Vector],
) -> tuple[HingeCalibration, CalibrationReport]:
    """Calibrate the hinge from `window` (the swings) and `still` (the zero pose right before them)."""
    rate_hz = params.grid.rate_hz
    axes = estimate_hinge_axes(window.gyr1, window.gyr2, window.acc1, window.acc2, sampling_rate_hz=rate_hz)
    pairing = decide_pairing(
        window,
        axes.proximal,
        axes.distal,
        both_seen=axes.proximal_sigma_rad < BOTH_SEEN_RAD,
        sampling_rate_hz=rate_hz,
    )
    j1, j2 = axes.proximal, pairing.sign * axes.distal
    delta_rad = pairing.delta_rad

    q_rel = _relative_rows(window, delta_rad)
    zero = _mean_quaternion(_relative_rows(still, delta_rad))
    twist, swing = _twist_and_swing(q_rel, zero, j1)
    if (_first_turn_rad(twist) > 0.0) is not (params.first_movement == "flexion"):
        j1, j2, twist = -j1, -j2, -twist
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
    seen = Seen(
        still_s=still_s,
        swings=swings,
        lowest_deg=params.rest_angle_deg + float(twist.min()) / DEG,
        highest_deg=params.rest_angle_deg + float(twist.max()) / DEG,
        pairing=pairing,
        alike=float(j1 @ j2),
        axes=axes,
        pairing_matters_deg=2.0 * _proximal_turn_rms_rad(window, j1) / DEG,
        swing_rms_deg=float(np.sqrt(np.mean(swing**2))) / DEG,
        single_axis_ratio=_single_axis_ratio(window, q_rel),
        horizontal=_horizontal_share(window, j1),
        pose_deg=calibration.inclination_zero_rad / DEG,
        bias_deg_s=bias_deg_s,
    )
    return calibration, checked(judge(seen, params), window, still, rate_hz=rate_hz)


def _first_turn_rad(twist: NDArray[np.float64]) -> float:
    """The angle at the first turning point that is worth the name; positive when there is none."""
    prominence = max(FIRST_SHARE * float(np.ptp(twist)), FIRST_LEAST_DEG * DEG)
    far = np.flatnonzero(np.abs(twist) >= prominence)
    return float(twist[far[0]]) if far.size else 1.0


def _proximal_turn_rms_rad(window: MovementWindow, j1: NDArray[np.float64]) -> float:
    """How far the upper segment inclines about the axis; it counts the wrong way with the wrong pairing."""
    up = rotate_rows(conjugate_rows(window.q1), np.array([0.0, 0.0, 1.0]))
    e = np.cross(j1, np.eye(3)[int(np.argmin(np.abs(j1)))])
    e /= np.linalg.norm(e)
    return float(np.std(np.unwrap(np.arctan2(up @ np.cross(j1, e), up @ e))))


def _horizontal_share(window: MovementWindow, j1: NDArray[np.float64]) -> float:
    """How horizontal the axis was: mean square of its horizontal part, 0 (upright) to 1."""
    return 1.0 - float(np.mean(rotate_rows(window.q1, j1)[:, 2] ** 2))


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
