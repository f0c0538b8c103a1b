"""A PPG with known beats, for the tests."""

import numpy as np
from numpy.typing import NDArray

from monitor.samples import PpgBlock

Floats = NDArray[np.float64]


def ppg(
    beats_s: Floats, t_s: Floats, *, noise: float = 0.02, dicrotic: float = 0.35, seed: int = 0
) -> Floats:
    """Systolic and dicrotic wave for every beat, breathing, noise; systolic peaks at `beats_s`."""
    x = np.zeros_like(t_s)
    for beat in beats_s:
        x += np.exp(-0.5 * ((t_s - beat) / 0.07) ** 2)
        x += dicrotic * np.exp(-0.5 * ((t_s - beat - 0.25) / 0.1) ** 2)
    rng = np.random.default_rng(seed)
    return x + 0.2 * np.sin(2 * np.pi * 0.25 * t_s) + noise * rng.normal(size=t_s.size) + 10.0


def block(x: Floats, *, rate_hz: float, start: int = 0, gap_before: bool = False) -> PpgBlock:
    t_ns = np.round((np.arange(x.size) + start) * 1e9 / rate_hz).astype(np.int64)
    received_ns = int(t_ns[-1]) if t_ns.size else 0
    return PpgBlock(device="ppg", t_ns=t_ns, ppg=x, received_ns=received_ns, gap_before=gap_before)
