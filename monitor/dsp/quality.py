"""How good a waveform is, as numbers with a meaning.

Perfusion and clipping say whether there is a signal, flatness whether the sensor lives; what they cannot
say is whether a regular wave is a pulse (see `monitor.dsp.cross_check`).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.samples import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveformQuality:
    """Of one stretch of samples.

    `finite`: share of finite samples; `flat`: longest run of one value, share of the stretch; `clipped`:
    share of samples at the stretch's own lowest or highest value; `modulation`: peak to peak (2-98 %) over
    the absolute median, as the perfusion index counts it, None when the signal has no offset.
    """

    finite: float
    flat: float
    clipped: float
    modulation: float | None
    quality: Quality


def judge_waveform(
    samples: NDArray[np.float64],
    *,
    # A live signal changes its last bit many times a second: a fifth of a stretch of seconds is a frozen one.
    flat_limit: float = 0.2,
    # A sine touches its extremes in 2 % of samples when it is sampled 50 times a period.
    clipped_limit: float = 0.1,
) -> WaveformQuality:
    """Judge samples (n,) of some seconds; an empty stretch is MISSING."""
    if samples.size == 0:
        return WaveformQuality(finite=0.0, flat=0.0, clipped=0.0, modulation=None, quality=Quality.MISSING)
    good = samples[np.isfinite(samples)]
    finite = good.size / samples.size
    if good.size < 2:
        return WaveformQuality(finite=finite, flat=0.0, clipped=0.0, modulation=None, quality=Quality.MISSING)
    flat = longest_run(good) / good.size
    low, high = float(good.min()), float(good.max())
    # One sample each is always at the extremes.
    clipped = max(0.0, (int((good == low).sum()) + int((good == high).sum()) - 2) / good.size)
    spread = float(np.subtract(*np.percentile(good, [98.0, 2.0])))
    offset = abs(float(np.median(good)))
    modulation = spread / offset if offset > 0.0 and math.isfinite(spread / offset) else None
    if flat > 0.5 or spread == 0.0 or finite < 0.5:
        quality = Quality.POOR
    elif flat > flat_limit or clipped > clipped_limit or finite < 0.95:
        quality = Quality.QUESTIONABLE
    else:
        quality = Quality.GOOD
    return WaveformQuality(finite=finite, flat=flat, clipped=clipped, modulation=modulation, quality=quality)


def longest_run(samples: NDArray[np.float64]) -> int:
    """Length of the longest run of one value in a non-empty array."""
    changes = np.flatnonzero(np.diff(samples) != 0.0)
    edges = np.concatenate([[-1], changes, [samples.size - 1]])
    return int(np.diff(edges).max())
