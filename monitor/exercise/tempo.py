"""Tempo of one repetition: lifting, holding, lowering."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.units import NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """Seconds of each part, and where the movement started and ended."""

    lifting_s: float
    holding_s: float
    lowering_s: float
    start_ns: int
    end_ns: int

    def __str__(self) -> str:
        """As on a plan: lifting-holding-lowering, in seconds."""
        return f"{self.lifting_s:.1f}-{self.holding_s:.1f}-{self.lowering_s:.1f}"


def tempo_of(
    t_ns: NDArray[np.int64],
    signal: NDArray[np.float64],
    rate: NDArray[np.float64],
    *,
    turn: int,
    end: int,
    moving_fraction: float = 0.08,
    moving_rate: float = 3.0,
) -> Tempo:
    """Split a repetition at the samples where it moves.

    Args:
        t_ns: instants (n,).
        signal: rises to the `turn` and falls until the `end`, (n,).
        rate: its derivative per second, (n,).
        turn: index of the highest sample.
        end: index of the lowest one behind it.
        moving_fraction: of the peak rate, above which the movement is under way.
        moving_rate: lowest rate that counts as movement, in units of the signal per second.
    """
    lifting = _longest_reach(rate[: turn + 1], moving_fraction, moving_rate)
    lowering = _longest_reach(-rate[turn : end + 1], moving_fraction, moving_rate)
    # Where the rate says nothing, the signal's own turning points stand in.
    start, top = lifting if lifting is not None else (int(np.argmin(signal[: turn + 1])), turn)
    leave, stop = (lowering[0] + turn, lowering[1] + turn) if lowering is not None else (turn, end)
    return Tempo(
        lifting_s=float(t_ns[top] - t_ns[start]) / NS_PER_S,
        holding_s=float(t_ns[leave] - t_ns[top]) / NS_PER_S,
        lowering_s=float(t_ns[stop] - t_ns[leave]) / NS_PER_S,
        start_ns=int(t_ns[start]),
        end_ns=int(t_ns[stop]),
    )


def _longest_reach(
    rate: NDArray[np.float64], moving_fraction: float, moving_rate: float
) -> tuple[int, int] | None:
    """First and last sample of the movement around the fastest one."""
    if rate.size == 0 or rate.max() <= moving_rate:
        return None
    peak = int(np.argmax(rate))
    slow = rate < max(moving_rate, moving_fraction * float(rate[peak]))
    before = np.flatnonzero(slow[:peak])
    after = np.flatnonzero(slow[peak:])
    first = int(before[-1]) + 1 if before.size else 0
    last = peak + int(after[0]) - 1 if after.size else rate.size - 1
    return first, last
