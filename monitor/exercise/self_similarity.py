"""Does a movement repeat after one turn of the sensor or after two?

The correlation of all channels with themselves, one turn and two turns ago. Of movements that turn once a
repetition the first is as high as the second (0.5 to 0.97 on 84 recorded sets); half of a repetition ago it
is below zero.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Two turns ago has to be like now, and by so much more than one turn ago.
LEAST, MORE = 0.3, 0.3
# Turns are not equally long.
STRETCH = (0.8, 1.2)


def repeats_after_two(rows: Floats, turn_rows: float) -> bool | None:
    """Whether the rows (n, channels) repeat after two turns of `turn_rows` and not after one.

    None when there are too few rows to tell: less than three turns.
    """
    if turn_rows < 2.0 or rows.shape[0] < 3.0 * turn_rows:
        return None
    centred = rows - rows.mean(axis=0)
    # Rates and forces weigh alike, each as a whole.
    scales = [float(np.sqrt(np.mean(np.sum(part**2, axis=1)))) for part in (centred[:, :3], centred[:, 3:])]
    if min(scales) <= 0.0:
        return None
    scaled = np.hstack([centred[:, :3] / scales[0], centred[:, 3:] / scales[1]])
    one, two = (_best(scaled, turns * turn_rows) for turns in (1, 2))
    return two > LEAST and two > one + MORE


def _best(rows: Floats, lag_rows: float) -> float:
    """The greatest correlation with the rows about `lag_rows` earlier."""
    least, greatest = (max(1, round(lag_rows * stretch)) for stretch in STRETCH)
    greatest = min(greatest, rows.shape[0] - 2)
    step = max(1, (greatest - least) // 12)
    return max((_correlation(rows, lag) for lag in range(least, greatest + 1, step)), default=-1.0)


def _correlation(rows: Floats, lag: int) -> float:
    now, before = rows[lag:], rows[:-lag]
    scale = float(np.sqrt(np.sum(now**2) * np.sum(before**2)))
    return float(np.sum(now * before)) / scale if scale > 0.0 else 0.0
