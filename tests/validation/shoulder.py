"""Repetitions of shoulder exercises on a wrist watch that is told nothing, subject left out.

The truth is nominal: "20" for every recording. The recordings are trimmed: most begin and end amid a
movement, and some hold one movement more or less than 20 whichever way they are counted (docs/signals.md).
"""

import itertools
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from monitor.exercise.cycles import CycleCounter, CycleParams
from monitor.plan.exercise import Exercise, Joint, Side, SignalChoice
from monitor.samples import ImuBlock
from tests.validation.archive import Arrays, archives, say
from tests.validation.metric import Metric
from tests.validation.session_counts import count_in_session, still_before

Floats = NDArray[np.float64]
NEEDS = ("X", "fs", "start", "length", "subject", "reps_nominal")
Setting = tuple[float, float, float]
# Share of the usual rate that a lobe has to reach, low-pass in Hz, and how much of a first movement has to be
# seen. The package's own come first and win ties.
OWN = CycleParams(rate_hz=50.0)
SETTINGS: list[Setting] = list(
    dict.fromkeys(
        [
            (OWN.lobe_fraction, OWN.cutoff_hz, OWN.first_share),
            *itertools.product((0.3, 0.5), (1.2, 1.5, 2.0), (0.5, 0.8)),
        ]
    )
)


def measure(folder: Path) -> list[Metric]:
    truth, subjects, counts, offline, in_session, rows_error = [], [], [], [], [], []
    for path, arrays in archives(folder / "shoulder_watch", needs=NEEDS):
        rate_hz = float(arrays["fs"])
        samples = arrays["X"].astype(np.float64)
        for i, (start, length) in enumerate(zip(arrays["start"], arrays["length"], strict=True)):
            rows = samples[start : start + length]
            if rows.shape[0] < rate_hz:
                say(path, f"has a recording of less than a second, number {i}")
                continue
            truth.append(int(arrays["reps_nominal"][i]))
            subjects.append(str(arrays["subject"][i]))
            counts.append([count(rows, rate_hz, s) for s in SETTINGS])
            offline.append(offline_cycles(rows[:, 3:6], rate_hz))
            in_session.append(session_count(rows, rate_hz))
            if is_row(arrays, i):
                rows_error.append(abs(in_session[-1] - truth[-1]))
    if not truth:
        return []
    wanted, who, found = np.array(truth), np.array(subjects), np.array(counts)
    held_out = np.zeros_like(wanted)
    for subject in np.unique(who):
        others = who != subject
        held_out[~others] = found[~others, best_setting(found[others] - wanted[others, None])]
    protocol = (
        f"leave one subject out ({np.unique(who).size}), one causal counter for all exercises, none shown; "
        f"three thresholds from the other subjects (grid of {len(SETTINGS)}: the package's own unless "
        "another is better by a standard error); truth is nominal, the recordings' own"
    )
    session_protocol = (
        "the session's own path (`Training`, signal = cycles, nothing shown or calibrated, a plan that asks "
        "for 40 deg), own constants; the recording, then a hold; truth is nominal"
    )
    session_error = np.abs(np.array(in_session) - wanted)
    return [
        Metric(
            metric="reps.shoulder_watch.session_within_1",
            value=100.0 * float((session_error <= 1).mean()),
            unit="%",
            target=98.0,
            baseline=87.5,
            better="higher",
            n=wanted.size,
            protocol=f"{session_protocol}; exact in {100.0 * float((session_error == 0).mean()):.1f} %",
        ),
        Metric(
            metric="reps.shoulder_watch.session_rows_mae",
            value=float(np.mean(rows_error)) if rows_error else float("nan"),
            unit="repetitions",
            target=0.5,
            baseline=14.6,
            better="lower",
            n=len(rows_error),
            protocol=f"{session_protocol}; rows only",
        ),
        Metric(
            metric="reps.shoulder_watch.exact",
            value=100.0 * float((held_out == wanted).mean()),
            unit="%",
            target=90.0,
            baseline=62.0,
            better="higher",
            n=wanted.size,
            protocol=f"{protocol}. Some recordings hold 19, 21 or 22 cycles: see offline_exact",
        ),
        Metric(
            metric="reps.shoulder_watch.within_1",
            value=100.0 * float((np.abs(held_out - wanted) <= 1).mean()),
            unit="%",
            target=99.0,
            baseline=95.0,
            better="higher",
            n=wanted.size,
            protocol=protocol,
        ),
        Metric(
            metric="reps.shoulder_watch.mae",
            value=float(np.abs(held_out - wanted).mean()),
            unit="repetitions",
            target=None,
            baseline=None,
            better="lower",
            n=wanted.size,
            protocol=protocol,
        ),
        Metric(
            metric="reps.shoulder_watch.offline_exact",
            value=100.0 * float((np.array(offline) == wanted).mean()),
            unit="%",
            target=None,
            baseline=None,
            better="higher",
            n=wanted.size,
            protocol="what a count with the whole recording at hand makes of the nominal truth: zero-phase "
            "low-pass 1.5 Hz, main axis of the whole recording, lobes above half of the rms, the more "
            "frequent sign; not causal, not ours to reach: it shows how far the nominal counts hold",
        ),
        Metric(
            metric="reps.shoulder_watch.offline_agreement_within_1",
            value=100.0 * float((np.abs(held_out - np.array(offline)) <= 1).mean()),
            unit="%",
            target=None,
            baseline=None,
            better="higher",
            n=wanted.size,
            protocol="causal count against the offline count of the same recording, +-1",
        ),
    ]


def best_setting(errors: NDArray[np.int64]) -> int:
    """Index of the first setting whose MAE is within a standard error (of counted errors) of the lowest.

    `errors` (recordings, settings), of the other subjects. Some dozen recordings cannot tell settings apart
    that differ by one or two; the order of the grid, the package's own first, decides among those.
    """
    n = errors.shape[0]
    if n == 0:
        return 0
    mae = np.abs(errors).mean(axis=0)
    best = float(mae.min())
    return int(np.argmax(mae <= best + math.sqrt(max(best, 1.0 / n) / n)))


def count(rows: Floats, rate_hz: float, setting: Setting) -> int:
    fraction, cutoff_hz, first = setting
    counter = CycleCounter(
        CycleParams(rate_hz=rate_hz, lobe_fraction=fraction, cutoff_hz=cutoff_hz, first_share=first)
    )
    t_ns = np.round(np.arange(rows.shape[0]) * 1e9 / rate_hz).astype(np.int64)
    block = ImuBlock(
        device="watch",
        t_ns=t_ns,
        acc_m_s2=rows[:, 0:3] * 9.80665,
        gyr_rad_s=rows[:, 3:6],
        received_ns=int(t_ns[-1]),
    )
    return len(counter.update(block)) + len(counter.finish())


def is_row(arrays: Arrays, i: int) -> bool:
    """Whether a recording is of rows, where its exercise is named."""
    if not {"exercise", "exercise_names"} <= set(arrays):
        return False
    return str(arrays["exercise_names"][int(arrays["exercise"][i])]) == "ROW"


def session_count(rows: Floats, rate_hz: float) -> int:
    plan = Exercise(
        name="shoulder",
        joint=Joint.SHOULDER,
        side=Side.RIGHT,
        sets=20,
        repetitions=100,
        rest_angle_deg=0.0,
        target_angle_deg=40.0,
        signal=SignalChoice.CYCLES,
    )
    work = np.hstack([rows[:, 0:3] * 9.80665, rows[:, 3:6]])
    counts = count_in_session(plan, shown=still_before(work, 1.0, rate_hz), work=work, rate_hz=rate_hz)
    return counts.turns_s.size


def offline_cycles(gyr: Floats, rate_hz: float) -> int:
    smooth = signal.sosfiltfilt(signal.butter(2, 1.5, fs=rate_hz, output="sos"), gyr, axis=0)
    axis = np.linalg.eigh(smooth.T @ smooth)[1][:, -1]
    x = smooth @ axis
    threshold = 0.5 * float(np.sqrt(np.mean(x**2)))
    lobes = {1: 0, -1: 0}
    last = 0
    for value in x.tolist():
        sign = 1 if value > threshold else -1 if value < -threshold else 0
        if sign not in (0, last):
            lobes[sign] += 1
            last = sign
    return max(lobes.values())
