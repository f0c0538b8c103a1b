"""Simulated walks as the core receives them: blocks of samples of a sensor on each shoe, with their truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from monitor.samples import ImuBlock
from simulators.movement.walking import Foot, FootKinematics, Gait, Leg, Stance, walk

NS_PER_S = 1_000_000_000
START_NS = 10_000 * NS_PER_S
RATE_HZ = 100.0


@dataclass(frozen=True)
class Walk:
    """A walk on a course; both sensors mounted differently, with noise and offset of a consumer part."""

    gait: Gait = field(default_factory=Gait)
    course: Sequence[Leg] = (Leg(length_m=10.0, turn_deg=180.0), Leg(length_m=10.0))
    seed: int = 1
    start_s: float = 2.0

    @property
    def stances(self) -> list[Stance]:
        return walk(self.gait, self.course, start_s=self.start_s, seed=self.seed)

    def of(self, foot: Foot) -> list[Stance]:
        return [stance for stance in self.stances if stance.foot is foot]

    def blocks(self, foot: Foot, *, samples: int = 5) -> Iterator[ImuBlock]:
        stances = self.stances
        mounting = Rotation.random(rng=np.random.default_rng([self.seed, foot is Foot.LEFT])).as_matrix()
        t_s = np.arange(0.0, stances[-1].initial_contact_s + 2.5, 1.0 / RATE_HZ)
        acc, gyr = FootKinematics(self.gait, stances, foot, mounting).measure(t_s)
        noise = np.random.default_rng([self.seed, 7, foot is Foot.LEFT])
        acc = acc + noise.normal(0.0, 0.05, acc.shape)
        gyr = gyr + noise.normal(0.0, 0.003, gyr.shape) + noise.normal(0.0, 0.005, 3)
        t_ns = START_NS + np.round(t_s * NS_PER_S).astype(np.int64)
        for first in range(0, len(t_ns), samples):
            part = slice(first, first + samples)
            yield ImuBlock(
                device=f"{foot}-foot",
                t_ns=t_ns[part],
                acc_m_s2=acc[part],
                gyr_rad_s=gyr[part],
                received_ns=int(t_ns[part][-1]),
            )
