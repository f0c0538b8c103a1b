"""How smooth a movement is: spectral arc length (SPARC) and log dimensionless jerk (LDLJ).

Balasubramanian, Melendez-Calderon, Roby-Brami, Burdet, "On the analysis of movement smoothness", J.
NeuroEng. Rehabil. 12:112 (2015), doi 10.1186/s12984-015-0090-9. Both are negative; closer to zero is
smoother. They compare repetitions of one exercise at one tempo, not exercises with each other.
"""

import math

import numpy as np
from numpy.typing import NDArray


def spectral_arc_length(
    speed: NDArray[np.float64],
    *,
    sampling_rate_hz: float,
    # Voluntary movement ends well below; what lies above is sensor noise.
    cutoff_hz: float = 10.0,
    least_amplitude: float = 0.05,
) -> float | None:
    """SPARC of a speed profile (n,), not negative; None without movement or with fewer than 4 samples.

    The arc length of the normalised magnitude spectrum up to the last frequency below `cutoff_hz` with at
    least `least_amplitude`. The mean is part of the profile and stays.
    """
    if speed.size < 4:
        return None
    points = 2 ** (math.ceil(math.log2(speed.size)) + 4)
    magnitude = np.abs(np.fft.rfft(speed, points))
    if not magnitude[0] > 0.0:
        return None
    magnitude /= magnitude[0]
    frequency = np.arange(magnitude.size) * sampling_rate_hz / points
    below = frequency <= cutoff_hz
    strong = np.flatnonzero(magnitude[below] >= least_amplitude)
    last = int(strong[-1])
    if last == 0:
        return None
    steps = np.diff(magnitude[: last + 1])
    return -float(np.sum(np.sqrt((1.0 / last) ** 2 + steps**2)))


def log_dimensionless_jerk(rate: NDArray[np.float64], *, sampling_rate_hz: float) -> float | None:
    """LDLJ of a velocity (n,): -ln(T^3 / v_peak^2 * integral of v''^2); None without movement.

    `rate` must be low-passed: the second derivative of noise is all noise.
    """
    if rate.size < 4:
        return None
    peak = float(np.abs(rate).max())
    jerk = np.diff(rate, 2) * sampling_rate_hz**2
    integral = float(np.sum(jerk**2)) / sampling_rate_hz
    if peak == 0.0 or integral == 0.0:
        return None
    duration_s = (rate.size - 1) / sampling_rate_hz
    return -math.log(duration_s**3 / peak**2 * integral)
