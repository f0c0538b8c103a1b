"""Quaternions as four plain floats, (w, x, y, z).

A quaternion maps sensor coordinates to that sensor's own earth frame, z up. Plain floats, because one
operation on a small numpy array costs more than the whole product.
"""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Quaternion: TypeAlias = tuple[float, float, float, float]
Vector: TypeAlias = tuple[float, float, float]

IDENTITY: Quaternion = (1.0, 0.0, 0.0, 0.0)


def multiply(p: Quaternion, q: Quaternion) -> Quaternion:
    """Quaternion product p q: first q, then p."""
    pw, px, py, pz = p
    qw, qx, qy, qz = q
    return (
        pw * qw - px * qx - py * qy - pz * qz,
        pw * qx + px * qw + py * qz - pz * qy,
        pw * qy - px * qz + py * qw + pz * qx,
        pw * qz + px * qy - py * qx + pz * qw,
    )


def conjugate(q: Quaternion) -> Quaternion:
    """The inverse rotation."""
    w, x, y, z = q
    return (w, -x, -y, -z)


def rotate(q: Quaternion, v: Vector) -> Vector:
    """Turn the vector `v` by the unit quaternion `q`."""
    w, x, y, z = q
    a, b, c = v
    tx, ty, tz = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
    return (a + w * tx + y * tz - z * ty, b + w * ty + z * tx - x * tz, c + w * tz + x * ty - y * tx)


def exponential(turn_rad: tuple[float, ...]) -> Quaternion:
    """The rotation about the direction of `turn_rad` (three components) by its length."""
    x, y, z = turn_rad
    half = 0.5 * math.sqrt(x * x + y * y + z * z)
    scale = 0.5 * math.sin(half) / half if half > 1e-9 else 0.5
    return (math.cos(half), scale * x, scale * y, scale * z)


def matrix(q: Quaternion) -> tuple[Vector, Vector, Vector]:
    """Rows of the rotation matrix of the unit quaternion `q`."""
    w, x, y, z = q
    return (
        (1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)),
        (2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)),
        (2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)),
    )


def about_vertical(angle_rad: float) -> Quaternion:
    """Rotation about the earth's z axis."""
    return (math.cos(0.5 * angle_rad), 0.0, 0.0, math.sin(0.5 * angle_rad))


def normalised(q: Quaternion) -> Quaternion:
    """Unit length; the zero quaternion becomes the identity."""
    norm = math.sqrt(sum(x * x for x in q))
    if norm < 1e-12:
        return IDENTITY
    w, x, y, z = q
    return (w / norm, x / norm, y / norm, z / norm)


def up(q: Quaternion) -> Vector:
    """The earth's z axis in sensor coordinates."""
    w, x, y, z = q
    return (2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y))


def cross(a: Vector, b: Vector) -> Vector:
    """Vector product."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def dot(a: Vector, b: Vector) -> float:
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def add(a: Vector, b: Vector) -> Vector:
    """Sum."""
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def unit(v: Vector) -> Vector:
    """`v` at length 1; raises ZeroDivisionError for the zero vector."""
    norm = math.sqrt(dot(v, v))
    return (v[0] / norm, v[1] / norm, v[2] / norm)


def wrapped_rad(angle_rad: float) -> float:
    """The same angle in (-pi, pi]."""
    if -math.pi < angle_rad <= math.pi:
        return angle_rad
    return angle_rad - 2.0 * math.pi * math.ceil((angle_rad - math.pi) / (2.0 * math.pi))


def rotate_rows(q: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn `v` (n, 3) or (3,) by the unit quaternions `q` (n, 4), row by row."""
    u = q[:, 1:]
    t = 2.0 * np.cross(u, v)
    return np.asarray(v + q[:, :1] * t + np.cross(u, t))


def multiply_rows(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Row-wise product of `p` and `q`, each (n, 4) or (4,)."""
    pw, px, py, pz = np.moveaxis(p, -1, 0)
    qw, qx, qy, qz = np.moveaxis(q, -1, 0)
    return np.stack(
        [
            pw * qw - px * qx - py * qy - pz * qz,
            pw * qx + px * qw + py * qz - pz * qy,
            pw * qy - px * qz + py * qw + pz * qx,
            pw * qz + px * qy - py * qx + pz * qw,
        ],
        axis=-1,
    )


def conjugate_rows(q: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse rotations of `q` (n, 4)."""
    return np.asarray(q * np.array([1.0, -1.0, -1.0, -1.0]))
