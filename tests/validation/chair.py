"""Five times sit to stand against a force plate under the seat, through the product's own trial.

`sit_to_stand_*/*.npz`: `<who>_5sts_imu` (n, 5, 6) at 128 Hz (foot, shank, thigh, pelvis, trunk; acc m/s2, gyr
rad/s), `<who>_5sts_t` (n,) s and `<who>_5sts_fz_seat` (n,) N. Off the seat is below a fifth of its force.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.function.definition import definition
from monitor.function.placement import Placement
from monitor.function.result import TrialResult
from monitor.function.trial import Trial
from tests.validation.archive import archives
from tests.validation.gait import blocks
from tests.validation.metric import Metric

THIGH = 2
RATE_HZ = 128.0
OFF_SHARE = 0.2
NS_PER_S = 1_000_000_000
PROTOCOL = (
    "every 5sts trial of the folder, the product's trial with a thigh sensor; from leaving the seat first"
)


def measure(data: Path) -> list[Metric]:
    """The figures of every folder whose name begins with `sit_to_stand_`."""
    counted: list[bool] = []
    errors_s: list[float] = []
    for folder in sorted(data.glob("sit_to_stand_*")):
        for _, arrays in archives(folder):
            for key in sorted(arrays):
                if not key.endswith("_5sts_imu"):
                    continue
                who = key.removesuffix("_imu")
                seat = seat_times(arrays[f"{who}_t"], arrays[f"{who}_fz_seat"])
                result = performed(arrays[key], seat)
                counted.append(result is not None and result.value("stands") == 5)
                total = None if result is None else result.value("from_first_movement")
                if total is not None and len(seat) >= 5:
                    errors_s.append(abs(total - float(seat[4][1] - seat[0][0])))
    return _figures(counted, errors_s)


def seat_times(t_s: NDArray[np.generic], force_n: NDArray[np.generic]) -> NDArray[np.float64]:
    """Leaving and touching the seat (k, 2), s from the first sample; absences of a quarter second or more."""
    time, force = t_s.astype(np.float64) - float(t_s[0]), np.abs(force_n.astype(np.float64))
    off = force < OFF_SHARE * np.median(force[: max(1, len(force) // 20)])
    edges = np.flatnonzero(np.diff(off.astype(np.int8)))
    pairs = [(time[a], time[b]) for a, b in pairwise(edges) if not off[a]]
    return np.array([pair for pair in pairs if pair[1] - pair[0] >= 0.25]).reshape(-1, 2)


def performed(imu: NDArray[np.generic], seat: NDArray[np.float64]) -> TrialResult | None:
    """The trial, started half a second before the person leaves the seat; None if it was not completed."""
    if not len(seat):
        return None
    trial = Trial(
        definition("five_times_sit_to_stand"),
        worn=frozenset({Placement.THIGH_RIGHT}),
        conditions={"chair_height_cm": 45, "arms_used": "no", "trial": 1},
    )
    go_ns = max(0, round((float(seat[0][0]) - 0.5) * NS_PER_S))
    started = False
    for block in blocks(imu[:, THIGH, :], RATE_HZ):
        if not started and int(block.t_ns[-1]) >= go_ns:
            trial.start(go_ns)
            started = True
        for output in trial.imu(Placement.THIGH_RIGHT, block):
            if isinstance(output, TrialResult):
                return output
    return None


def _figures(counted: list[bool], errors_s: list[float]) -> list[Metric]:
    figures = []
    if counted:
        figures.append(
            Metric(
                metric="chair.five_counted",
                value=100.0 * float(np.mean(counted)),
                unit="%",
                target=100.0,
                baseline=None,
                better="higher",
                n=len(counted),
                protocol=PROTOCOL,
            )
        )
    if errors_s:
        figures.append(
            Metric(
                metric="chair.five_times_total_mae",
                value=float(np.mean(errors_s)),
                unit="s",
                target=0.25,
                baseline=None,
                better="lower",
                n=len(errors_s),
                protocol=PROTOCOL,
            )
        )
    return figures
