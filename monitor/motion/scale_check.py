"""Are both sensors set as their readers believe? Looked at while the joint is calibrated.

A maker's application sets range, rate and axes of a sensor for its own use (node-sensortag #62), and the
numbers that come then are off by two or four: an angle that looks right and is wrong. Two things are known of
a sensor on a limb. At rest it feels 1 g. And when it turns, gravity turns in it by as much as the gyroscope
says: the acceleration in the plane of the movement is gravity, turned by the gyroscope's angle, and what the
sensor's own way around the joint adds,

    acc = R(-k theta) g0 + k (d omega/dt) J r - k^2 omega^2 r,

linear in g0 and r for a given factor k of the gyroscope. k is tried on a grid; a sensor is refused only
where k = 1 explains its acceleration much worse than another factor does.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monitor.motion.calibration_report import CalibrationReport
from monitor.motion.window import MovementWindow
from monitor.samples import Quality
from protocols.units import STANDARD_GRAVITY_M_S2

REST_WITHIN = 0.10
# Ranges come in steps of two; what a soft strap and a moving joint add stays well inside.
FACTORS = np.geomspace(0.3, 3.4, 57)
FACTOR_FITS = (0.75, 1.35)
# The other factor must explain it this much better, and k = 1 leave more than a limb's jerks do.
MUCH_WORSE = 2.0
LEFT_OVER_M_S2 = 0.5
# How much acceleration a metre away from the joint is worth.
PLACE_WEIGHT = 1.0
# A segment that turns less, or about an upright axis, shows nothing.
LEAST_TURN_RAD = math.radians(20.0)
LEAST_GRAVITY_SHARE = 0.5

Rows = NDArray[np.float64]
NAMES = ("upper", "lower")
SET_AGAIN = (
    "switch the sensor off and on and let the station connect again, or reset it in its maker's application, "
    "then calibrate"
)


def checked(
    report: CalibrationReport, window: MovementWindow, still: MovementWindow, *, rate_hz: float
) -> CalibrationReport:
    """`report`, refused where a sensor's numbers cannot be true."""
    faults = [
        fault
        for name, acc_still, acc, gyr in (
            (NAMES[0], still.acc1, window.acc1, window.gyr1),
            (NAMES[1], still.acc2, window.acc2, window.gyr2),
        )
        if (fault := _fault(name, acc_still, acc, gyr, rate_hz=rate_hz))
    ]
    if not faults:
        return report
    return replace(report, quality=Quality.POOR, reasons=(*faults, *report.reasons))


def _fault(name: str, acc_still: Rows, acc: Rows, gyr: Rows, *, rate_hz: float) -> str:
    rest_m_s2 = rest_length_m_s2(acc_still)
    if abs(rest_m_s2 / STANDARD_GRAVITY_M_S2 - 1.0) > REST_WITHIN:
        return (
            f"the {name} sensor feels {rest_m_s2:.1f} m/s2 at rest instead of {STANDARD_GRAVITY_M_S2:.1f}: "
            f"its acceleration range was set by another application; {SET_AGAIN}"
        )
    factor = gyroscope_factor(acc, gyr, rate_hz=rate_hz)
    if factor is not None and not FACTOR_FITS[0] <= factor <= FACTOR_FITS[1]:
        return (
            f"the {name} sensor turns {factor:.1f} times as far as its gyroscope says: its range or rate was "
            f"set by another application; {SET_AGAIN}"
        )
    return ""


def rest_length_m_s2(acc_still: Rows) -> float:
    """Mean length of the acceleration in the still pose."""
    return float(np.mean(np.linalg.norm(acc_still, axis=1)))


def gyroscope_factor(acc: Rows, gyr: Rows, *, rate_hz: float) -> float | None:
    """By what the gyroscope has to be multiplied to fit the acceleration; None where that was not seen."""
    axis = np.linalg.svd(gyr, full_matrices=False)[2][0]
    omega = gyr @ axis
    theta = np.cumsum(omega) / rate_hz
    first = np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))])
    first /= np.linalg.norm(first)
    plane = np.stack([acc @ first, acc @ np.cross(axis, first)], axis=1)
    share = float(np.mean(np.hypot(*plane.T))) / STANDARD_GRAVITY_M_S2
    inclined = np.unwrap(np.arctan2(plane[:, 1], plane[:, 0]))
    turned_rad = max(float(np.ptp(theta)), float(np.ptp(inclined)))
    if turned_rad < LEAST_TURN_RAD or share < LEAST_GRAVITY_SHARE:
        return None
    alpha = np.gradient(omega) * rate_hz
    left = np.array([_left_over(plane, theta, omega, alpha, factor) for factor in FACTORS])
    best = int(np.argmin(left))
    as_is = _left_over(plane, theta, omega, alpha, 1.0)
    if as_is < LEFT_OVER_M_S2 or as_is < MUCH_WORSE * left[best]:
        return None
    return float(FACTORS[best])


def _left_over(plane: Rows, theta: Rows, omega: Rows, alpha: Rows, factor: float) -> float:
    """RMS of what gravity and the way around the joint do not explain, m/s2."""
    c, s = np.cos(factor * theta), np.sin(factor * theta)
    a, w = factor * alpha, (factor * omega) ** 2
    # Columns: gravity at the beginning (2), place of the sensor from the joint (2).
    along = np.stack([c, s, -w, -a], axis=1)
    across = np.stack([-s, c, a, -w], axis=1)
    # A sensor sits within some tens of centimetres of its joint: a place far away is paid for.
    near = np.zeros((2, 4))
    near[0, 2] = near[1, 3] = PLACE_WEIGHT * math.sqrt(len(theta))
    rows = np.concatenate([along, across, near])
    wanted = np.concatenate([plane[:, 0], plane[:, 1], [0.0, 0.0]])
    solved = np.linalg.lstsq(rows, wanted, rcond=None)[0]
    return float(np.sqrt(np.sum((wanted - rows @ solved) ** 2) / (2 * len(theta))))
