"""Strides of feet and steps of the lower back on recordings with truth, through the product's streaming code.

`gait_feet_*/*.npz`: `<name>_<place>` (n, 6) acc m/s2 and gyr rad/s with `left` or `right` in the place,
`<name>_rate` (100 Hz without); truth `<name>_<place>_strides` (k, 2) samples, `..._events` (k, 6: start, end,
initial contact, final contact, ...) or `<name>_left`/`_right` (k, 2) toe-off and heel-strike samples.
`gait_lowback_*/*.npz`: keys with `<key>_<system>_ic_s` (seconds) as truth. Nothing is fitted to any of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.function.gait.foot import FootStrides
from monitor.function.gait.lower_back import LowerBackSteps
from monitor.samples import ImuBlock
from tests.validation.archive import Arrays, archives
from tests.validation.metric import Metric

Floats = NDArray[np.float64]
NS_PER_S = 1_000_000_000
BLOCK = 5  # samples a notification, as products send them
SAME_STEP_S = 0.25
PROTOCOL = "all trials of the folder, default parameters, streamed in blocks of 5; nothing is fitted"


def blocks(samples: NDArray[np.generic], rate_hz: float) -> Iterator[ImuBlock]:
    """A recording as the core would receive it."""
    values = samples.astype(np.float64)
    t_ns = np.round(np.arange(len(values)) * NS_PER_S / rate_hz).astype(np.int64)
    for first in range(0, len(values), BLOCK):
        part = slice(first, first + BLOCK)
        yield ImuBlock(
            device="recorded",
            t_ns=t_ns[part],
            acc_m_s2=values[part, :3],
            gyr_rad_s=values[part, 3:6],
            received_ns=int(t_ns[part][-1]),
        )


@dataclass(frozen=True)
class FootTruth:
    """What is known of one foot of one trial; seconds."""

    strides_s: Floats | None = None  # (k, 2)
    contacts_s: Floats | None = None  # every heel strike of the trial
    optical_s: Floats | None = None  # initial contacts of the labelled strides


@dataclass
class Feet:
    """Errors of all feet."""

    counts: list[tuple[int, int]] = field(default_factory=list)  # (ours, truth)
    labelled: list[bool] = field(default_factory=list)  # a labelled stride holds exactly one of ours
    trial_ms: list[float] = field(default_factory=list)
    single_ms: list[float] = field(default_factory=list)
    contact_ms: list[float] = field(default_factory=list)


def measure(data: Path) -> list[Metric]:
    """The figures of every folder whose name begins with `gait_feet_` or `gait_lowback_`."""
    feet, backs = Feet(), Feet()
    for folder in sorted(data.glob("gait_feet_*")):
        for _, arrays in archives(folder):
            for key, truth, rate_hz in _feet(arrays):
                _one_foot(arrays[key], truth, rate_hz, feet)
    for folder in sorted(data.glob("gait_lowback_*")):
        for _, arrays in archives(folder):
            for key, contacts_s, rate_hz in _backs(arrays):
                _one_back(arrays[key], contacts_s, rate_hz, backs)
    return [*_figures("gait.feet", feet, 20.0), *_figures("gait.lower_back", backs, 35.0)]


def _rate(arrays: Arrays, name: str) -> float:
    return float(arrays[f"{name}_rate"]) if f"{name}_rate" in arrays else 100.0


def _feet(arrays: Arrays) -> Iterator[tuple[str, FootTruth, float]]:
    for key in sorted(arrays):
        name, _, place = key.rpartition("_")
        side = next((side for side in ("left", "right") if side in place), None)
        if side is None or arrays[key].ndim != 2 or arrays[key].shape[1] < 6:
            continue
        rate_hz = _rate(arrays, name)
        strides, events = arrays.get(f"{key}_strides"), arrays.get(f"{key}_events")
        strikes = arrays.get(f"{name}_{side}")
        truth = FootTruth(
            strides_s=None if strides is None else strides.astype(np.float64) / rate_hz,
            optical_s=None if events is None else events[:, 2].astype(np.float64) / rate_hz,
            contacts_s=None
            if strikes is None or strikes.ndim != 2 or strikes.shape[1] != 2
            else strikes[:, 1].astype(np.float64) / rate_hz,
        )
        if any(known is not None for known in (truth.strides_s, truth.optical_s, truth.contacts_s)):
            yield key, truth, rate_hz


def _backs(arrays: Arrays) -> Iterator[tuple[str, Floats, float]]:
    for truth in sorted(arrays):
        key, _, _ = truth.removesuffix("_ic_s").rpartition("_")
        if truth.endswith("_ic_s") and key in arrays and len(arrays[truth]) > 1:
            yield key, arrays[truth].astype(np.float64), _rate(arrays, key)


def _one_foot(samples: NDArray[np.generic], truth: FootTruth, rate_hz: float, feet: Feet) -> None:
    foot = FootStrides(rate_hz)
    strides = [stride for block in blocks(samples, rate_hz) for stride in foot.push(block)] + foot.finish()
    contacts = (
        np.array([s.initial_contact_ns for s in strides if s.initial_contact_ns is not None]) / NS_PER_S
    )
    if truth.contacts_s is not None:
        feet.counts.append((len(strides), len(truth.contacts_s)))
        _times(contacts, truth.contacts_s, feet)
    if truth.strides_s is not None:
        middles = np.array([0.5 * (s.begin_ns + s.end_ns) for s in strides]) / NS_PER_S
        inside = [np.count_nonzero((middles >= a) & (middles < b)) for a, b in truth.strides_s]
        # Labelled from push-off to push-off, ours from stance to stance: each labelled one holds one of ours.
        feet.labelled += [bool(number == 1) for number in inside]
    if truth.optical_s is not None:
        _times(contacts, truth.optical_s, feet)
        feet.contact_ms += (_offsets(contacts, truth.optical_s) * 1e3).tolist()


def _one_back(samples: NDArray[np.generic], contacts_s: Floats, rate_hz: float, backs: Feet) -> None:
    back = LowerBackSteps(rate_hz)
    found = [t_ns for block in blocks(samples, rate_hz) for t_ns in back.push(block)] + back.finish()
    ours = np.array(found, dtype=np.float64) / NS_PER_S
    for bout in np.split(contacts_s, np.flatnonzero(np.diff(contacts_s) > 1.5) + 1):
        if len(bout) < 4:
            continue
        inside = ours[(ours >= bout[0] - SAME_STEP_S) & (ours <= bout[-1] + SAME_STEP_S)]
        backs.counts.append((len(inside), len(bout)))
        _times(inside, bout, backs)
        backs.contact_ms += (_offsets(inside, bout) * 1e3).tolist()


def _offsets(ours_s: Floats, truth_s: Floats) -> Floats:
    """Ours minus truth for the truths that have one of ours nearby, s."""
    if not len(ours_s):
        return np.empty(0)
    offsets = np.array([ours_s[np.argmin(np.abs(ours_s - t))] - t for t in truth_s])
    return offsets[np.abs(offsets) < SAME_STEP_S]


def _times(ours_s: Floats, truth_s: Floats, errors: Feet) -> None:
    """Times from contact to contact, where both see the same two contacts."""
    if not len(ours_s):
        return
    ours, truth = [], []
    for earlier, later in pairwise(truth_s):
        near = [ours_s[np.argmin(np.abs(ours_s - t))] for t in (earlier, later)]
        if (
            later - earlier < 2.5
            and abs(near[0] - earlier) < SAME_STEP_S
            and abs(near[1] - later) < SAME_STEP_S
        ):
            ours.append(near[1] - near[0])
            truth.append(later - earlier)
    if len(ours) >= 3:
        difference = np.array(ours) - np.array(truth)
        errors.single_ms += (np.abs(difference) * 1e3).tolist()
        errors.trial_ms.append(1e3 * abs(float(np.mean(difference))))


def _figures(name: str, errors: Feet, contact_target_ms: float) -> Iterator[Metric]:
    if errors.counts:
        exact = [ours == truth for ours, truth in errors.counts]
        ours, truth = (sum(counts) for counts in zip(*errors.counts, strict=True))
        near = [abs(ours - truth) <= max(1, round(0.02 * truth)) for ours, truth in errors.counts]
        yield _share(f"{name}.count_exact", exact, 90.0, 21.0)
        yield _share(f"{name}.count_within_2_percent", near, 99.0, None)
        yield _metric(f"{name}.count_bias", 100.0 * (ours - truth) / truth, "%", n=truth)
    if errors.labelled:
        yield _share(f"{name}.labelled_strides_found_once", errors.labelled, 99.0, None)
    if errors.trial_ms:
        mean = float(np.mean(errors.trial_ms))
        yield _metric(
            f"{name}.time_of_a_trial_mae", mean, "ms", n=len(errors.trial_ms), target=8.0, baseline=33.0
        )
    if errors.single_ms:
        single = float(np.mean(errors.single_ms))
        yield _metric(f"{name}.time_of_a_single_mae", single, "ms", n=len(errors.single_ms), target=20.0)
    if errors.contact_ms:
        offsets = np.array(errors.contact_ms)
        middle = float(np.median(offsets))
        spread = float(np.median(np.abs(offsets - middle)))
        yield _metric(f"{name}.initial_contact_mad", spread, "ms", n=len(offsets), target=contact_target_ms)
        yield _metric(f"{name}.initial_contact_bias", middle, "ms", n=len(offsets))


def _share(name: str, hits: list[bool], target: float, baseline: float | None) -> Metric:
    return Metric(
        metric=name,
        value=100.0 * float(np.mean(hits)),
        unit="%",
        target=target,
        baseline=baseline,
        better="higher",
        n=len(hits),
        protocol=PROTOCOL,
    )


def _metric(
    name: str, value: float, unit: str, *, n: int, target: float | None = None, baseline: float | None = None
) -> Metric:
    return Metric(
        metric=name,
        value=value,
        unit=unit,
        target=target,
        baseline=baseline,
        better="lower",
        n=n,
        protocol=PROTOCOL,
    )
