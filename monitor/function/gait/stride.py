"""What a foot did between two stances: distance, height, turn, when it left the ground and when it landed.

Between two quiet instants the sensor's turns and accelerations are integrated; at both ends the foot stands,
so what velocity is left at the end is drift and is taken out in proportion to time (zero-velocity update,
Foxlin 2005). The walking direction and the vertical give the axis of pitch, so nothing needs to be known
about how the sensor sits on the shoe. Final contact is where the toe-down rotation of push-off ends, initial
contact where the toe-up rotation of swing does (Sabatini 2005; the same definitions as optical heel and toe
markers give).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.motion.quaternion import Quaternion, conjugate, exponential, multiply, normalised, rotate


@dataclass(frozen=True, slots=True, kw_only=True)
class Stride:
    """One movement of the foot from stance to stance; `FootStrides` judges which of them are strides.

    `direction` is the horizontal direction of the displacement in the sensor's frame at its begin (unit
    vector); `residual_m_s` the velocity that the integration was left with at the end, before it was taken
    out; `inclination_deg` how much the two stances differ in inclination. Contacts are None where the pitch
    does not show a push-off and a swing in this order.
    """

    begin_ns: int
    end_ns: int
    final_contact_ns: int | None
    initial_contact_ns: int | None
    length_m: float
    rise_m: float
    turn_deg: float
    inclination_deg: float
    residual_m_s: float
    peak_pitch_rad_s: float
    direction: tuple[float, float, float]


def stride_between(
    t_ns: NDArray[np.int64],
    acc_m_s2: NDArray[np.float64],
    gyr_rad_s: NDArray[np.float64],
    *,
    stance: int,
) -> Stride:
    """Integrate one movement.

    `t_ns` (n,), `acc_m_s2` and `gyr_rad_s` (n, 3) in the sensor's frame begin and end with a quiet instant,
    with `stance` further samples on either side that belong to the stances.
    """
    inner = slice(stance, len(t_ns) - stance)
    begin_up = np.mean(acc_m_s2[: 2 * stance + 1], axis=0)
    end_up = np.mean(acc_m_s2[len(t_ns) - 2 * stance - 1 :], axis=0)
    t_s = (t_ns[inner] - t_ns[stance]) * 1e-9
    turns = _orientations(t_s, gyr_rad_s[inner], _upright(begin_up))
    force = _rotated(turns, acc_m_s2[inner])
    force[:, 2] -= np.linalg.norm(begin_up)  # the sensor's own gravity: a scale error of 2 % is 0.2 m/s2
    velocity = _integral(t_s, force)
    residual = velocity[-1].copy()
    velocity -= (t_s / t_s[-1])[:, None] * residual
    path = _integral(t_s, velocity)
    length = float(np.hypot(path[-1, 0], path[-1, 1]))
    forward = np.array([path[-1, 0], path[-1, 1], 0.0]) / max(length, 1e-9)
    # Toe up is positive: the rotation about the axis that points to the right of the walking direction.
    pitch = _rotated(turns, gyr_rad_s[inner]) @ np.array([forward[1], -forward[0], 0.0])
    final, initial = _contacts(pitch)
    first = tuple(float(x) for x in turns[0])
    return Stride(
        begin_ns=int(t_ns[inner][0]),
        end_ns=int(t_ns[inner][-1]),
        final_contact_ns=None if final is None else _at(t_ns[inner], final),
        initial_contact_ns=None if initial is None else _at(t_ns[inner], initial),
        length_m=length,
        rise_m=float(path[-1, 2]),
        turn_deg=float(np.degrees(np.trapezoid(_rotated(turns, gyr_rad_s[inner])[:, 2], t_s))),
        inclination_deg=angle_between_deg(begin_up, end_up),
        residual_m_s=float(np.linalg.norm(residual)),
        peak_pitch_rad_s=float(np.max(np.abs(pitch))),
        direction=rotate(conjugate((first[0], first[1], first[2], first[3])), _triple(forward)),
    )


def _contacts(pitch: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Final and initial contact as fractional sample numbers of the pitch rate (toe up positive)."""
    push = int(np.argmin(pitch))
    final = _crossing(pitch, push, rising=True)
    if pitch[push] >= 0 or final is None:
        return None, None
    swing = int(np.ceil(final)) + int(np.argmax(pitch[int(np.ceil(final)) :]))
    initial = _crossing(pitch, swing, rising=False)
    return (final, initial) if initial is not None else (None, None)


def _crossing(values: NDArray[np.float64], begin: int, *, rising: bool) -> float | None:
    """Where `values` first change sign after `begin`, between two samples by their ratio."""
    signed = values if rising else -values
    positive = np.flatnonzero(signed[begin:] > 0)
    if not len(positive):
        return None
    after = begin + int(positive[0])
    if after == 0:
        return 0.0
    below, above = signed[after - 1], signed[after]
    return float(after - 1 + below / (below - above)) if below < 0 else float(after)


def _at(t_ns: NDArray[np.int64], position: float) -> int:
    whole = int(position)
    step = t_ns[min(whole + 1, len(t_ns) - 1)] - t_ns[whole]
    return int(t_ns[whole] + round((position - whole) * float(step)))


def _upright(up: NDArray[np.float64]) -> Quaternion:
    """The shortest turn that brings `up` (sensor's frame) to the vertical."""
    x, y, z = (float(v) for v in up / max(float(np.linalg.norm(up)), 1e-9))
    if z < -0.999999:
        return (0.0, 1.0, 0.0, 0.0)
    return normalised((1.0 + z, y, -x, 0.0))


def _orientations(
    t_s: NDArray[np.float64], gyr_rad_s: NDArray[np.float64], first: Quaternion
) -> NDArray[np.float64]:
    """Sensor to earth at each sample (n, 4), the rate between two samples being their mean."""
    steps = (0.5 * (gyr_rad_s[1:] + gyr_rad_s[:-1]) * np.diff(t_s)[:, None]).tolist()
    turns = [first]
    for step in steps:
        turns.append(normalised(multiply(turns[-1], exponential(tuple(step)))))
    return np.array(turns)


def _rotated(turns: NDArray[np.float64], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each vector (n, 3) turned by its quaternion (n, 4)."""
    axis = turns[:, 1:]
    twice = 2.0 * np.cross(axis, vectors)
    return np.asarray(vectors + turns[:, :1] * twice + np.cross(axis, twice))


def _integral(t_s: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = 0.5 * (values[1:] + values[:-1]) * np.diff(t_s)[:, None]
    return np.concatenate((np.zeros((1, 3)), np.cumsum(steps, axis=0)))


def angle_between_deg(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """The angle of two directions (3,), 0 to 180."""
    cosine = float(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9)
    return float(np.degrees(np.arccos(min(1.0, max(-1.0, cosine)))))


def _triple(v: NDArray[np.float64]) -> tuple[float, float, float]:
    return (float(v[0]), float(v[1]), float(v[2]))
