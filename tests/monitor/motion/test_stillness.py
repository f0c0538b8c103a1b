import math

import numpy as np

from monitor.motion.stillness import StillDetector

DEG = math.pi / 180.0
LEVEL = (0.0, 0.0, 9.81)
NONE = (0.0, 0.0, 0.0)


def test_a_still_sensor_with_an_offset_is_still() -> None:
    rng = np.random.default_rng(0)
    still = StillDetector(rate_hz=100.0)
    for g in (rng.normal(0.0, 0.1, (301, 3)) + np.array([3.0, -2.0, 1.0])) * DEG:
        still.update(tuple(g), LEVEL)
    assert still.still_s == 3.0
    np.testing.assert_allclose(np.array(still.mean_gyr_rad_s) / DEG, [3.0, -2.0, 1.0], atol=0.1)


def test_movement_begins_the_pose_anew() -> None:
    still = StillDetector(rate_hz=100.0)
    for _ in range(200):
        still.update(NONE, LEVEL)
    for _ in range(40):
        still.update((0.2, 0.0, 0.0), LEVEL)
    assert still.still_s < 0.4
    for _ in range(200):
        still.update(NONE, LEVEL)
    assert still.still_s > 1.5
    still.update((1.5, 0.0, 0.0), LEVEL)
    assert still.still_s == 0.0
    for _ in range(200):
        still.update(NONE, LEVEL)
    for _ in range(40):
        still.update(NONE, (1.0, 0.0, 9.81))
    assert still.still_s < 0.4


def test_a_tremor_and_a_sway_hold_the_pose() -> None:
    """Half a degree at 5 Hz is 16 deg/s; 2 deg at 0.2 Hz is how people stand."""
    t = np.arange(0.0, 8.0, 0.01)
    tremor = 0.5 * np.sin(2 * np.pi * 5.0 * t) + 2.0 * np.sin(2 * np.pi * 0.2 * t)
    still = StillDetector(rate_hz=100.0)
    for angle, rate in zip(np.radians(tremor), np.gradient(np.radians(tremor), 0.01), strict=True):
        still.update((rate, 0.0, 0.0), (0.0, 9.81 * math.sin(angle), 9.81 * math.cos(angle)))
    assert still.still_s > 6.0
    # The offset is less certain for it: VQF goes on looking.
    assert 0.1 < still.offset_sigma_rad_s / DEG < 2.0


def test_a_steady_turn_is_no_offset() -> None:
    still = StillDetector(rate_hz=100.0)
    for _ in range(300):
        still.update((12.0 * DEG, 0.0, 0.0), LEVEL)
    assert still.still_s < 0.1


def test_forgetting() -> None:
    still = StillDetector(rate_hz=100.0)
    for _ in range(100):
        still.update((0.02, 0.0, 0.0), LEVEL)
    still.forget_offset()
    assert still.mean_gyr_rad_s == (0.0, 0.0, 0.0)
    still.update((0.0, 0.0, 0.0), LEVEL)
    assert still.still_s == 1.0
    still.reset()
    assert still.still_s == 0.0
    other = StillDetector(rate_hz=100.0)
    other.state = still.state
    assert other.state == still.state
