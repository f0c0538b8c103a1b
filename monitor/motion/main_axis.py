"""The axis about which a segment turns as its joint bends, and what that is worth as the joint's own axis.

A segment that turns about one axis only, in step with the joint, turns about the joint's axis but for soft
tissue: squats, steps, swings. A segment that turns in all directions, or that rests, says little, and the
expected error says so.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Skin and muscle turn a sensor by some degrees as the joint bends, in step with it: 2-5 deg in 90.
SOFT_TISSUE_RAD = math.radians(4.0)
# Of the turning out of the plane, the share that is in step with the movement.
OUT_OF_PLANE_SHARE = 0.5
# An axis of which nothing is known.
UNKNOWN_RAD = math.pi


@dataclass(frozen=True, slots=True, kw_only=True)
class MainAxis:
    """`axis` (3,), without a direction; `sigma_rad` one standard deviation as the joint's axis.

    `turn_rad` is how far the segment turned about it, there and back.
    """

    axis: Floats
    sigma_rad: float
    turn_rad: float


def main_axes(gyr1: Floats, gyr2: Floats, *, sampling_rate_hz: float) -> tuple[MainAxis, MainAxis]:
    """Of both segments; rates (n, 3) rad/s. The one that turns more leads, the other has to keep step."""
    axes, shares, rates = zip(*(_main(g) for g in (gyr1, gyr2)), strict=True)
    turns = [_turn_rad(rate, sampling_rate_hz) for rate in rates]
    scale = float(np.linalg.norm(rates[0]) * np.linalg.norm(rates[1]))
    in_step = abs(float(rates[0] @ rates[1])) / scale if scale > 0.0 else 0.0
    leads = int(turns[1] >= turns[0])
    one, two = (
        MainAxis(
            axis=axes[i],
            sigma_rad=_sigma_rad(turns[i], shares[i], 1.0 if i == leads else in_step),
            turn_rad=turns[i],
        )
        for i in (0, 1)
    )
    return one, two


def _main(gyr: Floats) -> tuple[Floats, float, Floats]:
    """Main axis, the rms beside it over the rms about it, the rate about it."""
    values, vectors = np.linalg.eigh(gyr.T @ gyr)
    axis = vectors[:, -1]
    share = math.sqrt(max(0.0, float(values[1] / values[2]))) if values[2] > 0.0 else 1.0
    return axis, share, gyr @ axis


def _turn_rad(rate: Floats, sampling_rate_hz: float) -> float:
    """Range of the angle, without what an offset adds up to."""
    angle = np.cumsum(rate - rate.mean()) / sampling_rate_hz
    low, high = np.percentile(angle, (5.0, 95.0)) if angle.size else (0.0, 0.0)
    return float(high - low)


def _sigma_rad(turn_rad: float, share: float, in_step: float) -> float:
    if turn_rad * in_step <= 0.0:
        return UNKNOWN_RAD
    sigma = math.hypot(SOFT_TISSUE_RAD / turn_rad, OUT_OF_PLANE_SHARE * share) / in_step
    return min(sigma, UNKNOWN_RAD)
