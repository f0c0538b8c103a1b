"""A runner's wrist: pulse below the steps, the arm's swing at half of their rhythm, drifting light; noise."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NOISES = ("white", "red", "pink")


def noise(kind: str, seed: int, *, seconds: float, rate_hz: float) -> Floats:
    """Light without any pulse."""
    white = np.random.default_rng(seed).normal(size=round(seconds * rate_hz))
    if kind == "white":
        return white
    hz = np.maximum(np.fft.rfftfreq(white.size, 1.0 / rate_hz), 1.0 / seconds)
    slope = np.sqrt(hz) if kind == "pink" else np.hypot(hz, 0.25)
    return np.asarray(np.fft.irfft(np.fft.rfft(white) / slope, white.size))


def runner(seed: int, *, seconds: float, rate_hz: float) -> tuple[Floats, Floats, Floats]:
    """(light, acceleration (n, 3), heart rate per minute): rest, a walk-in, then a run that gets faster."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    rates = [75.0 + rng.uniform(-8, 8), rng.uniform(110, 130), rng.uniform(145, 172)]
    heart = np.interp(t, [0.0, 40.0, seconds], rates)
    steps = np.interp(t, [20.0, 21.0, seconds], [0.0, rng.uniform(100, 120), rng.uniform(150, 172)])
    moving = (t > 20.0).astype(np.float64)
    beat, step = (np.cumsum(per_min / 60.0) / rate_hz for per_min in (heart, steps))
    pulse = np.cos(2 * np.pi * beat) + 0.35 * np.cos(4 * np.pi * beat + 0.5)
    swing, walk, bounce = (
        rng.uniform(0.2, 1.6) * np.sin(2 * np.pi * step * k + rng.uniform(0, 6)) for k in (0.5, 1.0, 2.0)
    )
    drift = noise("pink", seed + 99, seconds=seconds, rate_hz=rate_hz) * 1.3
    light = pulse + moving * (swing * rng.uniform(0.3, 1.3) + walk + 0.7 * bounce)
    light += drift * (1.0 + moving * rng.uniform(0.5, 2.0))
    acc = np.tile([0.0, 0.0, 9.81], (t.size, 1)) + 0.05 * rng.normal(size=(t.size, 3))
    for axis in range(3):
        for k, least, most in ((0.5, 0.1, 0.8), (1.0, 1.0, 4.0), (2.0, 0.5, 2.0)):
            phase = rng.uniform(0, 6)
            acc[:, axis] += moving * rng.uniform(least, most) * np.sin(2 * np.pi * step * k + phase)
    return light, acc, heart
