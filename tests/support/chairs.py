"""A thigh that rises from a chair and sits down again, as its sensor measures it, with truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from monitor.samples import ImuBlock

NS_PER_S = 1_000_000_000
START_NS = 10_000 * NS_PER_S
RATE_HZ = 100.0
_THIGH_M = 0.2  # from the hip to the sensor; the knee stays in place


@dataclass(frozen=True)
class Rise:
    """One rise: when the thigh leaves the seat, how long up, standing and down take, how far it goes."""

    leaving_s: float
    up_s: float = 0.9
    stand_s: float = 0.3
    down_s: float = 0.9
    angle_deg: float = 88.0

    @property
    def sitting_s(self) -> float:
        return self.leaving_s + self.up_s + self.stand_s + self.down_s


def rises(count: int, *, begin_s: float = 2.0, seat_s: float = 0.3, **kwargs: float) -> list[Rise]:
    found: list[Rise] = []
    for _ in range(count):
        found.append(Rise(leaving_s=found[-1].sitting_s + seat_s if found else begin_s, **kwargs))
    return found


def _angle_rad(plan: Sequence[Rise], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
    angle = np.zeros_like(t_s)
    for rise in plan:
        up = np.clip((t_s - rise.leaving_s) / rise.up_s, 0.0, 1.0)
        down = np.clip((t_s - rise.leaving_s - rise.up_s - rise.stand_s) / rise.down_s, 0.0, 1.0)
        shape = [x**3 * (10.0 - 15.0 * x + 6.0 * x**2) for x in (up, down)]
        angle += np.radians(rise.angle_deg) * (shape[0] - shape[1])
    return angle


def blocks(
    plan: Sequence[Rise], *, seed: int = 1, samples: int = 5, tail_s: float = 3.0
) -> Iterator[ImuBlock]:
    """Samples of the sensor on the thigh: it turns about the knee, so gravity and motion are both felt."""
    end_s = (plan[-1].sitting_s if plan else 10.0) + tail_s
    t_s = np.arange(0.0, end_s, 1.0 / RATE_HZ)
    step = 0.01

    def place(at_s: NDArray[np.float64]) -> NDArray[np.float64]:
        angle = _angle_rad(plan, at_s)
        return _THIGH_M * np.stack([-np.cos(angle), np.zeros_like(angle), np.sin(angle)], axis=1)

    force = (place(t_s + step) - 2.0 * place(t_s) + place(t_s - step)) / step**2
    force[:, 2] += 9.81
    rate = (_angle_rad(plan, t_s + 0.5 * step) - _angle_rad(plan, t_s - 0.5 * step)) / step
    random = np.random.default_rng(seed)
    mounting = Rotation.random(rng=random)
    turn = Rotation.from_rotvec(np.outer(_angle_rad(plan, t_s), [0.0, 1.0, 0.0]))
    acc = mounting.inv().apply(turn.inv().apply(force)) + random.normal(0.0, 0.05, force.shape)
    gyr = mounting.inv().apply(np.outer(rate, [0.0, 1.0, 0.0])) + random.normal(0.0, 0.005, force.shape)
    t_ns = START_NS + np.round(t_s * NS_PER_S).astype(np.int64)
    for first in range(0, len(t_ns), samples):
        part = slice(first, first + samples)
        yield ImuBlock(
            device="thigh",
            t_ns=t_ns[part],
            acc_m_s2=acc[part],
            gyr_rad_s=gyr[part],
            received_ns=int(t_ns[part][-1]),
        )
