"""Figures of a walk from the strides of one or two feet: cadence, stride time, variability, symmetry, speed.

Times run from initial contact to initial contact of one foot. Strides that turn, and the first and last of a
bout, begin or end a walk rather than being it: they count as strides and steps, and stay out of means and
variability (Lord et al. 2013; Hollman et al. 2010 for the number of strides that variability needs).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from monitor.function.gait.stride import Stride
from protocols.units import NS_PER_S

VARIABILITY_FROM_STRIDES = 30
_TURN_DEG = 45.0
_SAME_BOUT_NS = round(0.05 * NS_PER_S)  # one stride ends with the instant that begins the next
_STRIDE_S = (0.5, 2.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class FootMeasures:
    """Means of one foot; None where too few strides hold it. `stride_time_sd_s` is of the single stride."""

    strides: int
    steady_strides: int
    stride_time_s: float | None
    stride_time_sd_s: float | None
    stride_time_cv_percent: float | None
    stance_percent: float | None
    stride_length_m: float | None
    speed_m_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkMeasures:
    """Figures of a walk with both feet (either may be absent).

    `step_time_symmetry_percent` is 200 (left - right) / (left + right) of the step times, a step being named
    after the foot that lands; `..._error_percent` is its standard error.
    """

    left: FootMeasures | None
    right: FootMeasures | None
    steps: int
    cadence_per_min: float | None
    left_step_time_s: float | None
    right_step_time_s: float | None
    step_time_symmetry_percent: float | None
    step_time_symmetry_error_percent: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steady:
    time_s: float
    stance_share: float | None
    length_m: float


def foot_measures(strides: Sequence[Stride]) -> FootMeasures:
    """Of one foot, from its strides in order of time."""
    steady = list(_steady(strides))
    times = np.array([stride.time_s for stride in steady])
    shares = [stride.stance_share for stride in steady if stride.stance_share is not None]
    mean = float(np.mean(times)) if len(times) else None
    spread = float(np.std(times, ddof=1)) if len(times) > 1 else None
    lengths = float(np.mean([stride.length_m for stride in steady])) if steady else None
    enough = len(steady) >= VARIABILITY_FROM_STRIDES and mean is not None and spread is not None
    return FootMeasures(
        strides=len(strides),
        steady_strides=len(steady),
        stride_time_s=mean,
        stride_time_sd_s=spread,
        stride_time_cv_percent=100.0 * spread / mean if enough and mean and spread is not None else None,
        stance_percent=100.0 * float(np.mean(shares)) if shares else None,
        stride_length_m=lengths,
        speed_m_s=lengths / mean if mean and lengths is not None else None,
    )


def walk_measures(left: Sequence[Stride], right: Sequence[Stride]) -> WalkMeasures:
    """Of a walk, from the strides of both feet; an empty sequence is a foot without a sensor.

    With one foot the steps are twice its strides, and there is no symmetry.
    """
    feet = {"left": foot_measures(left) if left else None, "right": foot_measures(right) if right else None}
    both = [foot for foot in feet.values() if foot is not None]
    times = [foot.stride_time_s for foot in both if foot.stride_time_s is not None]
    to_left, to_right = _step_times(right, left), _step_times(left, right)
    symmetry, error = _symmetry_percent(to_left, to_right)
    return WalkMeasures(
        left=feet["left"],
        right=feet["right"],
        steps=sum(foot.strides for foot in both) * (1 if len(both) == 2 else 2),
        cadence_per_min=120.0 / float(np.mean(times)) if times else None,
        left_step_time_s=float(np.mean(to_left)) if to_left else None,
        right_step_time_s=float(np.mean(to_right)) if to_right else None,
        step_time_symmetry_percent=symmetry,
        step_time_symmetry_error_percent=error,
    )


def _steady(strides: Sequence[Stride]) -> Iterator[_Steady]:
    """Strides from contact to contact inside a bout, without turns and without its first and last."""
    for bout in _bouts(strides):
        for earlier, later in pairwise(bout[1:-1]):
            begin, end = earlier.initial_contact_ns, later.initial_contact_ns
            turns = max(abs(earlier.turn_deg), abs(later.turn_deg)) > _TURN_DEG
            if begin is None or end is None or turns:
                continue
            time_s = (end - begin) / NS_PER_S
            if _STRIDE_S[0] <= time_s <= _STRIDE_S[1]:
                leaving = later.final_contact_ns
                share = None if leaving is None else (leaving - begin) / (end - begin)
                yield _Steady(time_s=time_s, stance_share=share, length_m=later.length_m)


def _bouts(strides: Sequence[Stride]) -> Iterator[list[Stride]]:
    bout: list[Stride] = []
    for stride in strides:
        if bout and stride.begin_ns - bout[-1].end_ns > _SAME_BOUT_NS:
            yield bout
            bout = []
        bout.append(stride)
    if bout:
        yield bout


def _step_times(from_foot: Sequence[Stride], to_foot: Sequence[Stride]) -> list[float]:
    """From each landing of one foot to the next of the other, where that is a step: no pause, no turn."""
    starts = [stride for stride in from_foot if stride.initial_contact_ns is not None]
    landings = np.array([s.initial_contact_ns for s in starts], dtype=np.int64)
    times = []
    for stride in to_foot:
        if stride.initial_contact_ns is None or abs(stride.turn_deg) > _TURN_DEG:
            continue
        index = int(np.searchsorted(landings, stride.initial_contact_ns)) - 1
        if index < 0 or abs(starts[index].turn_deg) > _TURN_DEG:
            continue
        step_s = (stride.initial_contact_ns - int(landings[index])) / NS_PER_S
        if 0.1 <= step_s <= _STRIDE_S[1]:
            times.append(step_s)
    return times


def _symmetry_percent(left: Sequence[float], right: Sequence[float]) -> tuple[float | None, float | None]:
    if len(left) < 3 or len(right) < 3:
        return None, None
    a, b = float(np.mean(left)), float(np.mean(right))
    variance = (b * _standard_error(left)) ** 2 + (a * _standard_error(right)) ** 2
    return 200.0 * (a - b) / (a + b), 400.0 * math.sqrt(variance) / (a + b) ** 2


def _standard_error(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))
