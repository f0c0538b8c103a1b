"""A knee with two IMUs, made from its own equations: thigh orientation, hinge, levers, gravity."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from monitor.samples import ImuBlock

G = 9.81


@dataclass(frozen=True)
class TwoImus:
    t_s: NDArray[np.float64]
    angle_deg: NDArray[np.float64]  # flexion, truth
    gyr: tuple[NDArray[np.float64], NDArray[np.float64]]
    acc: tuple[NDArray[np.float64], NDArray[np.float64]]

    def block(self, side: int, start: int, stop: int, *, offset_ns: int = 10**12) -> ImuBlock:
        t_ns = np.round(self.t_s[start:stop] * 1e9).astype(np.int64) + offset_ns
        return ImuBlock(
            device=("thigh", "shank")[side],
            t_ns=t_ns,
            acc_m_s2=self.acc[side][start:stop],
            gyr_rad_s=self.gyr[side][start:stop],
            received_ns=int(t_ns[-1]) if t_ns.size else offset_ns,
        )


def minimum_jerk(t: NDArray[np.float64], start: float, duration: float) -> NDArray[np.float64]:
    s = np.clip((t - start) / duration, 0, 1)
    return 10 * s**3 - 15 * s**4 + 6 * s**5


def swings(
    t: NDArray[np.float64], start: float, count: int, *, lift: float, hold: float, lower: float, rest: float
) -> NDArray[np.float64]:
    """Fraction of the full excursion at `t`."""
    y = np.zeros_like(t)
    for i in range(count):
        at = start + i * (lift + hold + lower + rest)
        y += minimum_jerk(t, at, lift) - minimum_jerk(t, at + lift + hold, lower)
    return y


def seated_knee(
    *,
    duration_s: float = 60.0,
    rate_hz: float = 100.0,
    seed: int = 0,
    excursion: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
    range_deg: float = 80.0,
    rest_deg: float = 90.0,
    sway_deg: float = 4.0,
    turn_deg: float = 10.0,
    turn_hz: float = 0.07,
    mounting_deg: float = 10.0,
    noise: bool = True,
    bias_deg_s: float = 1.0,
) -> TwoImus:
    """Still for 5 s, five slow swings, then sets; extension lowers the flexion angle.

    Body: thigh horizontal, hinge axis horizontal; sway and turning begin with the movement.
    """
    rng = np.random.default_rng(seed)
    fine = 10
    t = np.arange(round(duration_s * rate_hz) * fine) / (rate_hz * fine)
    y = swings(t, 5.0, 5, lift=1.2, hold=0.3, lower=1.2, rest=0.5) if excursion is None else excursion(t)
    flexion = rest_deg - range_deg * y
    moving = minimum_jerk(t, 4.8, 0.5)
    pitch = sway_deg * moving * np.sin(2 * np.pi * 0.31 * t)
    yaw = turn_deg * moving * np.sin(2 * np.pi * turn_hz * t)
    # Thigh: x forward (distal), y left (hinge axis), z up. Flexion turns the shank about +y, backwards.
    thigh = Rotation.from_euler("ZY", np.column_stack([yaw, pitch]), degrees=True)
    shank = thigh * Rotation.from_euler("y", flexion[:, None], degrees=True)
    knee = thigh.apply([0.4, 0.0, 0.0])
    gyr, acc = [], []
    for body, lever in ((thigh, [-0.2, 0.05, 0.02]), (shank, [0.15, 0.05, 0.02])):
        mounting = Rotation.from_rotvec(np.radians(mounting_deg) * rng.normal(size=3) / np.sqrt(3))
        p = knee + body.apply(lever)
        dt = t[1] - t[0]
        a = np.gradient(np.gradient(p, dt, axis=0), dt, axis=0)
        sensor = body * mounting
        force = sensor.apply(a + np.array([0, 0, G]), inverse=True)
        rates = (sensor[:-1].inv() * sensor[1:]).as_rotvec() / dt
        rates = np.vstack([rates, rates[-1]])
        g, f = rates[::fine], force[::fine]
        if noise:
            g = g + np.radians(rng.normal(0, 0.06, g.shape) + bias_deg_s * rng.uniform(-1, 1, 3))
            f = f + rng.normal(0, 0.02, f.shape)
        gyr.append(g)
        acc.append(f)
    return TwoImus(t_s=t[::fine], angle_deg=flexion[::fine], gyr=(gyr[0], gyr[1]), acc=(acc[0], acc[1]))
