"""Inclination of one sensor against optical truth (BROAD)."""

from pathlib import Path

import numpy as np

from monitor.motion.alignment import GridRow, RowState
from monitor.motion.orientation import SegmentOrientation
from monitor.motion.quaternion import conjugate_rows, multiply_rows
from tests.validation.archive import Arrays, archives, say
from tests.validation.metric import Metric

NEEDS = ("imu_gyr", "imu_acc", "opt_quat", "movement", "sampling_rate")


def measure(folder: Path) -> list[Metric]:
    errors = []
    for path, arrays in archives(folder / "broad_subset", needs=NEEDS):
        error_deg = inclination_rmse_deg(arrays)
        if error_deg is None:
            say(path, "has no moving phase with optical truth")
        else:
            errors.append(error_deg)
    if not errors:
        return []
    protocol = (
        "causal 6D orientation as in the goniometer, defaults, one row after another; angle between the two "
        "vertical directions, RMSE per trial over moving phases where the optical orientation is known"
    )
    return [
        Metric(
            metric="orientation.broad.inclination_rmse_deg",
            value=float(np.mean(errors)),
            unit="deg",
            target=0.75,
            baseline=0.72,
            better="lower",
            n=len(errors),
            protocol=f"{protocol}; mean of trials",
        ),
        Metric(
            metric="orientation.broad.worst_inclination_rmse_deg",
            value=max(errors),
            unit="deg",
            target=None,
            baseline=1.76,
            better="lower",
            n=len(errors),
            protocol=f"{protocol}; the worst trial",
        ),
    ]


def inclination_rmse_deg(trial: Arrays) -> float | None:
    """None without a moving phase in which the optical orientation is known."""
    gyr, acc, truth = (trial[key].astype(np.float64) for key in ("imu_gyr", "imu_acc", "opt_quat"))
    moving = trial["movement"].astype(bool)
    rate_hz = float(trial["sampling_rate"])
    grid = [
        GridRow(k, (g[0], g[1], g[2]), (a[0], a[1], a[2]), RowState.VALID)
        for k, (g, a) in enumerate(zip(gyr.tolist(), acc.tolist(), strict=True))
    ]
    estimate = np.array([row.q for row in SegmentOrientation(rate_hz=rate_hz).update(grid)])
    difference = multiply_rows(truth, conjugate_rows(estimate))
    # Of a rotation between two frames with vertical z, sqrt(w^2 + z^2) is the cosine of half the tilt.
    cosine = np.minimum(1.0, np.hypot(difference[:, 0], difference[:, 3]))
    angle = np.degrees(2.0 * np.arccos(cosine))
    usable = moving & np.isfinite(angle)
    return float(np.sqrt(np.mean(angle[usable] ** 2))) if usable.any() else None
