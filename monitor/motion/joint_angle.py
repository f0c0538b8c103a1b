"""The angle of a hinge from two orientations: with heading, from inclination alone, and their blend.

With heading: the relative orientation against the zero pose, and of that the twist about the hinge axis.
From inclination alone: where "up" stands round the axis in each sensor; needs no heading, but fails when
the axis is vertical. The blend weighs the second by the squared horizontal part of the axis.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.motion.quaternion import (
    Quaternion,
    Vector,
    about_vertical,
    conjugate,
    cross,
    dot,
    multiply,
    unit,
    up,
    wrapped_rad,
)
from monitor.samples import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class JointAngleBlock:
    """Consecutive joint angles on the 100 Hz grid.

    `t_ns` int64 (n,); `angle_deg` in the convention of the exercise (flexion positive, straight = 0) and
    `rate_deg_s`, both NaN where `valid` (n,) is False; `error_deg` (n,) one standard deviation to expect.
    `quality` is that of the last row. A missing angle is a row that is not valid, never a repeated value.
    """

    joint: str
    t_ns: NDArray[np.int64]
    angle_deg: NDArray[np.float64]
    rate_deg_s: NDArray[np.float64]
    valid: NDArray[np.bool_]
    error_deg: NDArray[np.float64]
    quality: Quality
    gap_before: bool = False


def relative_orientation(q1: Quaternion, q2: Quaternion, delta_rad: float) -> Quaternion:
    """Turns distal sensor coordinates into proximal ones, given the heading between the earth frames."""
    return multiply(conjugate(q1), multiply(about_vertical(delta_rad), q2))


def hinge_angle(q_rel: Quaternion, q_zero: Quaternion, axis: Vector) -> tuple[float, float]:
    """Rotation about `axis` (proximal coordinates) from the zero pose, and what is left of the rotation.

    Returns (twist in (-pi, pi], swing in [0, pi]), rad.
    """
    w, x, y, z = multiply(q_rel, conjugate(q_zero))
    along = x * axis[0] + y * axis[1] + z * axis[2]
    twist = 2.0 * math.atan2(along, w)
    swing = 2.0 * math.acos(min(1.0, math.sqrt(w * w + along * along)))
    return wrapped_rad(twist), swing


class InclinationAngle:
    """Hinge angle from the two "up" directions alone."""

    def __init__(self, axis1: Vector, axis2: Vector) -> None:
        self._e1, self._f1 = _plane(axis1)
        self._e2, self._f2 = _plane(axis2)

    def angle(self, q1: Quaternion, q2: Quaternion) -> float:
        """Angle in (-pi, pi], rad, up to the constant that the zero pose fixes."""
        u1, u2 = up(q1), up(q2)
        return wrapped_rad(
            math.atan2(dot(u1, self._f1), dot(u1, self._e1))
            - math.atan2(dot(u2, self._f2), dot(u2, self._e2))
        )


class HingeGeometry:
    """Both angles of a calibrated hinge at once: what the functions above say, in two thirds of the time.

    The relative orientation r = conj(q1) Rz(delta) q2 meets the constants of the joint in two products.
    Of r conj(q_zero) the scalar part is r . q_zero, and the part along the axis r . (v . axis,
    w axis + v x axis), where (w, v) is conj(q_zero).
    """

    def __init__(
        self, *, axis1: Vector, axis2: Vector, q_zero: Quaternion, inclination_zero_rad: float
    ) -> None:
        w, x, y, z = conjugate(q_zero)
        across = cross((x, y, z), axis1)
        self._zero = q_zero
        self._along = (
            dot((x, y, z), axis1),
            w * axis1[0] + across[0],
            w * axis1[1] + across[1],
            w * axis1[2] + across[2],
        )
        self._planes = (*_plane(axis1), *_plane(axis2))
        self._inclination_zero_rad = inclination_zero_rad

    def heading_angle(self, q1: Quaternion, q2: Quaternion, delta_rad: float) -> tuple[float, float]:
        """(twist against the zero pose in (-pi, pi], swing in [0, pi]) with the heading `delta_rad`, rad."""
        w, x, y, z = q1
        cosine, sine = math.cos(0.5 * delta_rad), math.sin(0.5 * delta_rad)
        # The proximal sensor in the distal one's earth frame.
        pw, px, py, pz = (
            cosine * w + sine * z,
            cosine * x + sine * y,
            cosine * y - sine * x,
            cosine * z - sine * w,
        )
        qw, qx, qy, qz = q2
        rw = pw * qw + px * qx + py * qy + pz * qz
        rx = pw * qx - px * qw - py * qz + pz * qy
        ry = pw * qy + px * qz - py * qw - pz * qx
        rz = pw * qz - px * qy + py * qx - pz * qw
        zw, zx, zy, zz = self._zero
        aw, ax, ay, az = self._along
        scalar = rw * zw + rx * zx + ry * zy + rz * zz
        along = rw * aw + rx * ax + ry * ay + rz * az
        length = math.sqrt(scalar * scalar + along * along)
        return wrapped_rad(2.0 * math.atan2(along, scalar)), 2.0 * math.acos(min(1.0, length))

    def inclination_angle(self, q1: Quaternion, q2: Quaternion) -> float:
        """The angle against the zero pose from both "up" directions, in (-2 pi, 2 pi), rad."""
        (e1x, e1y, e1z), (f1x, f1y, f1z), (e2x, e2y, e2z), (f2x, f2y, f2z) = self._planes
        w, x, y, z = q1
        ux, uy, uz = 2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)
        c1, s1 = ux * e1x + uy * e1y + uz * e1z, ux * f1x + uy * f1y + uz * f1z
        w, x, y, z = q2
        ux, uy, uz = 2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)
        c2, s2 = ux * e2x + uy * e2y + uz * e2z, ux * f2x + uy * f2y + uz * f2z
        return math.atan2(s1 * c2 - c1 * s2, c1 * c2 + s1 * s2) - self._inclination_zero_rad


def _plane(axis: Vector) -> tuple[Vector, Vector]:
    """Two unit vectors e, f with e, f, axis right-handed; e is the same for axes that nearly agree."""
    # Within 20 degrees of z another helper has to do.
    helper = (0.0, 0.0, 1.0) if abs(axis[2]) < math.cos(math.radians(20.0)) else (1.0, 0.0, 0.0)
    e = unit(cross(axis, helper))
    return e, cross(axis, e)
