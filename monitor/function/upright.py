"""Which way is up for one sensor, as the samples come: for segments that move without jumping.

The gyroscope turns the vertical along, the accelerometer pulls it back with a time constant (complementary
filter, Mahony et al. 2008). While the specific force is not about 1 g it is not gravity alone and does not
pull.
"""

import math

import numpy as np
from numpy.typing import NDArray

from monitor.motion.quaternion import Vector
from monitor.samples import ImuBlock
from protocols.units import NS_PER_S, STANDARD_GRAVITY_M_S2


class UprightFilter:
    """`push` blocks of one sensor; returns up in sensor coordinates at each sample, unit vectors (n, 3).

    `settle_s` is the time constant of the accelerometer's pull; after a gap longer than `longest_gap_s` the
    filter begins anew from the accelerometer.
    """

    def __init__(self, *, settle_s: float = 2.0, tolerance: float = 0.15, longest_gap_s: float = 0.5) -> None:
        self._settle_s = settle_s
        self._least = (1.0 - tolerance) * STANDARD_GRAVITY_M_S2
        self._most = (1.0 + tolerance) * STANDARD_GRAVITY_M_S2
        self._longest_gap_s = longest_gap_s
        self._up: Vector | None = None
        self._t_ns = 0

    def push(self, block: ImuBlock) -> NDArray[np.float64]:
        """Take the next samples."""
        ups = np.empty((len(block.t_ns), 3))
        rows = zip(block.t_ns.tolist(), block.acc_m_s2.tolist(), block.gyr_rad_s.tolist(), strict=True)
        for number, (t_ns, acc, gyr) in enumerate(rows):
            ups[number] = self._one(t_ns, acc, gyr)
        return ups

    def _one(self, t_ns: int, acc: list[float], gyr: list[float]) -> Vector:
        length = math.sqrt(acc[0] * acc[0] + acc[1] * acc[1] + acc[2] * acc[2])
        step_s = (t_ns - self._t_ns) / NS_PER_S
        self._t_ns = t_ns
        if self._up is None or not 0.0 < step_s <= self._longest_gap_s:
            scale = 1.0 / max(length, 1e-9)
            self._up = (acc[0] * scale, acc[1] * scale, acc[2] * scale)
            return self._up
        x, y, z = self._up
        # A fixed direction, seen from a turning sensor, turns the other way.
        wx, wy, wz = gyr[0] * step_s, gyr[1] * step_s, gyr[2] * step_s
        x, y, z = x + y * wz - z * wy, y + z * wx - x * wz, z + x * wy - y * wx
        if self._least <= length <= self._most:
            share = step_s / self._settle_s
            x += share * (acc[0] / length - x)
            y += share * (acc[1] / length - y)
            z += share * (acc[2] / length - z)
        scale = 1.0 / math.sqrt(x * x + y * y + z * z)
        self._up = (x * scale, y * scale, z * scale)
        return self._up
