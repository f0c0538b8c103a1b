"""Stillness before the first set."""

import numpy as np

from monitor.motion.joint_angle import JointAngleBlock
from monitor.samples import Quality
from monitor.session.stillness import Stillness

NS = 10_000_000


def block(start: int, rates: list[float], *, valid: bool = True) -> JointAngleBlock:
    n = len(rates)
    return JointAngleBlock(
        joint="knee_right",
        t_ns=(start + np.arange(n, dtype=np.int64)) * NS,
        angle_deg=np.full(n, 90.0),
        rate_deg_s=np.array(rates),
        valid=np.full(n, valid),
        error_deg=np.full(n, 2.0),
        quality=Quality.GOOD,
    )


def test_a_second_of_stillness() -> None:
    stillness = Stillness(for_ns=100 * NS)
    assert not stillness.update(block(0, [1.0] * 100))
    assert stillness.update(block(100, [1.0]))


def test_movement_and_missing_angles_begin_it_anew() -> None:
    stillness = Stillness(for_ns=100 * NS)
    assert not stillness.update(block(0, [1.0] * 99 + [20.0]))
    assert not stillness.update(block(100, [-1.0] * 99))
    assert not stillness.update(block(199, [0.0], valid=False))
    assert not stillness.update(block(200, [0.0] * 100))
    assert stillness.update(block(300, [0.0]))
