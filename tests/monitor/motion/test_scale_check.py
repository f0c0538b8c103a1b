"""A sensor that was set differently is found while the joint is calibrated; others are left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.motion.scale_check import gyroscope_factor, rest_length_m_s2

RATE_HZ = 100.0
G = 9.80665


def swing(
    *, range_deg: float, period_s: float, radius_m: float, noise: float = 0.05, swings: int = 5
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(acceleration, rate of turn) of a sensor on a limb that swings about a level axis, the third."""
    t = np.arange(round(swings * period_s * RATE_HZ)) / RATE_HZ
    turn = np.deg2rad(range_deg) / 2
    theta = turn * (1 - np.cos(2 * np.pi * t / period_s))
    omega = np.gradient(theta) * RATE_HZ
    alpha = np.gradient(omega) * RATE_HZ
    c, s = np.cos(theta), np.sin(theta)
    # In the sensor: gravity's reaction turned back, and what the way around the joint adds.
    acc = np.stack([-G * c - radius_m * omega**2, G * s + radius_m * alpha, 0 * t], axis=1)
    rng = np.random.default_rng(5)
    gyr = np.stack([0 * t, 0 * t, omega], axis=1)
    return acc + noise * rng.standard_normal(acc.shape), gyr + 0.01 * rng.standard_normal(gyr.shape)


@given(st.floats(30, 110), st.floats(1.2, 5.0), st.floats(0.05, 0.45), st.floats(0.0, 0.3))
def test_a_sensor_as_it_should_be_is_left_alone(
    range_deg: float, period_s: float, radius_m: float, noise: float
) -> None:
    acc, gyr = swing(range_deg=range_deg, period_s=period_s, radius_m=radius_m, noise=noise)
    assert gyroscope_factor(acc, gyr, rate_hz=RATE_HZ) is None


@pytest.mark.parametrize("scale", [0.25, 0.5, 2.0])
@pytest.mark.parametrize("period_s", [2.0, 3.0, 4.0])
@pytest.mark.parametrize("range_deg", [60.0, 80.0])
def test_a_gyroscope_of_another_range_is_found(scale: float, period_s: float, range_deg: float) -> None:
    acc, gyr = swing(range_deg=range_deg, period_s=period_s, radius_m=0.25)
    found = gyroscope_factor(acc, scale * gyr, rate_hz=RATE_HZ)
    assert found is not None
    assert found == pytest.approx(min(1.0 / scale, 3.4), rel=0.15)


def test_a_limb_that_hardly_turns_or_turns_about_an_upright_axis_shows_nothing() -> None:
    acc, gyr = swing(range_deg=10, period_s=3, radius_m=0.2)
    assert gyroscope_factor(acc, 0.5 * gyr, rate_hz=RATE_HZ) is None
    upright = np.tile([0.0, 0.0, G], (len(gyr), 1))
    assert gyroscope_factor(upright, 8 * gyr, rate_hz=RATE_HZ) is None


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0, 2.0, 4.0])
def test_the_length_at_rest(scale: float) -> None:
    assert rest_length_m_s2(scale * np.tile([0.0, 6.0, 7.757], (50, 1))) == pytest.approx(
        scale * G, rel=0.001
    )
