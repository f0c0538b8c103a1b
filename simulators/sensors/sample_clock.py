"""When a sensor samples: equal steps of its own clock, which is too fast or too slow, or changes its mind."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftChange:
    """From `at_s` on the clock runs `drift_ppm` fast (negative: slow)."""

    at_s: float
    drift_ppm: float


class SampleClock:
    """True instants of samples 0, 1, 2... of a run that begins at `start_s`.

    Args:
        rate_hz: Nominal rate.
        start_s: True instant of sample 0.
        drift_ppm: How much too fast it runs at first.
        changes: Later drifts, in order of time.
    """

    def __init__(
        self, *, rate_hz: float, start_s: float, drift_ppm: float, changes: Sequence[DriftChange] = ()
    ) -> None:
        before = [one.drift_ppm for one in changes if one.at_s <= start_s]
        instants, indices = [start_s], [0.0]
        rates = [rate_hz * (1.0 + 1e-6 * (before[-1] if before else drift_ppm))]
        for change in changes:
            if change.at_s > start_s:
                indices.append(indices[-1] + (change.at_s - instants[-1]) * rates[-1])
                instants.append(change.at_s)
                rates.append(rate_hz * (1.0 + 1e-6 * change.drift_ppm))
        self._instants = np.array(instants)
        self._indices = np.array(indices)
        self._rates = np.array(rates)

    def time_of(self, index: NDArray[np.float64]) -> NDArray[np.float64]:
        """True instants in s, shape of `index`."""
        piece = np.maximum(np.searchsorted(self._indices, index, side="right") - 1, 0)
        return np.asarray(
            self._instants[piece] + (index - self._indices[piece]) / self._rates[piece], dtype=np.float64
        )

    def first_after(self, t_s: float) -> int:
        """Index of the first sample at or after `t_s`."""
        piece = max(int(np.searchsorted(self._instants, t_s, side="right")) - 1, 0)
        index = self._indices[piece] + (t_s - self._instants[piece]) * self._rates[piece]
        # A sample that lies on the instant must not be lost to the last bit of a product.
        return max(0, int(np.ceil(index - 1e-9)))
