"""Joint angles and repetitions made for the tests."""

import numpy as np
from numpy.typing import NDArray

from monitor.exercise.repetitions import Repetition
from monitor.exercise.tempo import Tempo
from monitor.motion.joint_angle import JointAngleBlock
from monitor.samples import Quality

Floats = NDArray[np.float64]
RATE_HZ = 100.0


def angle_block(
    angle_deg: Floats, *, start: int = 0, valid: NDArray[np.bool_] | None = None, error_deg: float = 2.0
) -> JointAngleBlock:
    valid = np.ones(angle_deg.size, dtype=bool) if valid is None else valid
    rate = np.gradient(angle_deg, 1 / RATE_HZ) if angle_deg.size > 1 else np.zeros(angle_deg.size)
    return JointAngleBlock(
        joint="knee",
        t_ns=(np.arange(angle_deg.size, dtype=np.int64) + start) * 10_000_000,
        angle_deg=np.where(valid, angle_deg, np.nan),
        rate_deg_s=np.where(valid, rate, np.nan),
        valid=valid,
        error_deg=np.where(valid, error_deg, np.inf),
        quality=Quality.GOOD,
    )


def repetition(
    *,
    at_s: float = 0.0,
    lasts_s: float = 2.0,
    rom_deg: float = 80.0,
    peak_rate_deg_s: float = 100.0,
    partial: bool = False,
    too_fast: bool = False,
    interrupted: bool = False,
    error_deg: float = 2.0,
) -> Repetition:
    start, end = round(at_s * 1e9), round((at_s + lasts_s) * 1e9)
    return Repetition(
        index=1,
        start_ns=start,
        turn_ns=(start + end) // 2,
        end_ns=end,
        rom_deg=rom_deg,
        min_deg=0.0,
        max_deg=rom_deg,
        rom_error_deg=error_deg,
        tempo=Tempo(lifting_s=lasts_s / 2, holding_s=0.0, lowering_s=lasts_s / 2, start_ns=start, end_ns=end),
        peak_rate_deg_s=peak_rate_deg_s,
        sparc=-1.6,
        log_dimensionless_jerk=-6.0,
        partial=partial,
        too_fast=too_fast,
        interrupted=interrupted,
        quality=Quality.GOOD,
    )
