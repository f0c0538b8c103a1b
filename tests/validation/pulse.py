"""Pulse beats in recorded PPG against the R peaks of the ECG beside it.

Every recording that has a PLETH and at least one ECG lead is used: `.npz` with `signal`, `fs`, `names`, and
`.csv` with a time column. R peaks are found here, with the whole recording at hand.
"""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from monitor.dsp.pulse import Beat, PulseDetector, PulseParams
from monitor.samples import PpgBlock
from tests.validation.archive import archives, say
from tests.validation.metric import Metric

Floats = NDArray[np.float64]
ECG_LEADS = {
    "ECG",
    "MLII",
    "MCL",
    "I",
    "II",
    "III",
    "AVR",
    "AVL",
    "AVF",
    "V",
    "MCL1",
    *(f"V{i}" for i in range(1, 7)),
}
PPG_NAMES = {"PLETH", "PPG", "PLETHYSMOGRAM"}
TOLERANCE_S = 0.15
LEAST_S = 30.0
SKIP_S = 10.0
CHUNK = 12


@dataclass(frozen=True)
class Recording:
    name: str
    rate_hz: float
    ppg: Floats
    leads: list[Floats]


def recordings(folder: Path) -> Iterator[Recording]:
    root = folder / "mimic_numerics_ppg_samples"
    for path, arrays in archives(root, needs=("signal", "fs", "names")):
        columns = {
            str(name): arrays["signal"][:, i].astype(np.float64) for i, name in enumerate(arrays["names"])
        }
        yield from pick(path, float(arrays["fs"]), columns)
    for path in sorted(root.glob("*.csv")):
        with path.open(newline="") as file:
            rows = list(csv.reader(file))
        header = [name.split("[")[0].strip() for name in rows[0]] if rows else []
        # Numerics, one row a minute, have no time column: they are another kind of file.
        if len(rows) < 3 or header[0] != "t_s" or not PPG_NAMES & {name.upper() for name in header}:
            continue
        try:
            table = np.array([[float(cell) if cell else np.nan for cell in row] for row in rows[1:]])
        except ValueError as error:
            say(path, f"cannot be read: {error}")
            continue
        rate_hz = 1.0 / float(np.median(np.diff(table[:, 0])))
        yield from pick(path, rate_hz, {name: table[:, i] for i, name in enumerate(header)})


def pick(path: Path, rate_hz: float, columns: dict[str, Floats]) -> Iterator[Recording]:
    leads = [x for key, x in columns.items() if key.upper() in ECG_LEADS and np.isfinite(x).mean() > 0.9]
    waves = [x for key, x in columns.items() if key.upper() in PPG_NAMES and np.isfinite(x).any()]
    if not waves or not leads:
        say(path, "has no PPG with an ECG beside it")
    # A recording of seconds has no room to settle.
    elif waves[0].size < LEAST_S * rate_hz:
        say(path, f"lasts only {waves[0].size / rate_hz:.0f} s")
    else:
        yield Recording(name=path.stem, rate_hz=rate_hz, ppg=waves[0], leads=leads)


def r_peaks_s(ecg: Floats, rate_hz: float) -> Floats:
    """After Pan and Tompkins: band-pass, squared slope, moving mean, threshold from the surroundings."""
    x = np.where(np.isfinite(ecg), ecg, 0.0)
    y = signal.sosfiltfilt(signal.butter(2, [5.0, 20.0], "bandpass", fs=rate_hz, output="sos"), x)
    window = max(1, round(0.12 * rate_hz))
    energy = np.convolve(np.gradient(y) ** 2, np.ones(window) / window, mode="same")
    step = max(1, round(0.04 * rate_hz))
    level = ndimage.percentile_filter(energy[::step], 98, size=round(4.0 * rate_hz / step))
    threshold = 0.3 * np.repeat(level, step)[: energy.size]
    peaks, _ = signal.find_peaks(
        np.where(energy > threshold, energy, 0.0), distance=max(1, round(0.25 * rate_hz))
    )
    reach = round(0.1 * rate_hz)
    exact = [max(0, p - reach) + int(np.argmax(np.abs(y[max(0, p - reach) : p + reach]))) for p in peaks]
    return np.array(sorted(set(exact))) / rate_hz


def readable(recording: Recording) -> tuple[Floats, list[tuple[float, float]]]:
    """R peaks, and the stretches of 10 s in which they can be trusted.

    Trusted: two leads agree on nine of ten peaks within 60 ms, or, with one lead, no interval is outside
    0.3-2 s. A lead that has come off is not a heart that has stopped.
    """
    leads = [r_peaks_s(x, recording.rate_hz) for x in recording.leads]
    peaks = leads[0]
    stretches = []
    end_s = recording.ppg.size / recording.rate_hz
    for start in np.arange(0.0, end_s, 10.0).tolist():
        stop = min(start + 10.0, end_s)
        inside = [r[(r >= start) & (r < stop)] for r in leads]
        if len(leads) > 1:
            a, b = inside[0], inside[1]
            near = sum(1 for t in a if b.size and np.abs(b - t).min() <= 0.06)
            good = a.size > 0 and near >= 0.9 * max(a.size, b.size)
        else:
            gaps = np.diff(inside[0])
            good = inside[0].size > 2 and bool((gaps > 0.3).all() and (gaps < 2.0).all())
        if good:
            stretches.append((start, stop))
    return peaks, stretches


@dataclass(frozen=True)
class Match:
    """`reference` and `found` are numbers of peaks, `hits` those of both within the tolerance."""

    hits: int
    reference: int
    found: int
    rate_errors: list[float]

    @property
    def f1(self) -> float:
        return 2.0 * self.hits / max(1, self.reference + self.found)


def match(reference: Floats, beats: Floats, stretches: list[tuple[float, float]], *, skip_s: float) -> Match:
    """Best constant lag in -0.3..1.2 s, one beat for one peak, +-150 ms, inside the stretches."""
    best: Match | None = None
    for lag in np.arange(-0.3, 1.2, 0.02).tolist():
        shifted = beats - lag
        hits = wanted = found = 0
        for start, stop in stretches:
            r = reference[(reference >= max(start, skip_s)) & (reference < stop)]
            d = shifted[(shifted >= max(start, skip_s)) & (shifted < stop)]
            wanted += r.size
            found += d.size
            # Beats just outside the stretch may be those of peaks just inside.
            wide = shifted[(shifted >= max(start, skip_s) - TOLERANCE_S) & (shifted < stop + TOLERANCE_S)]
            j = here = 0
            for t in r.tolist():
                while j < wide.size and wide[j] < t - TOLERANCE_S:
                    j += 1
                if j < wide.size and wide[j] <= t + TOLERANCE_S:
                    here += 1
                    j += 1
            hits += min(here, d.size)
        if best is None or hits > best.hits:
            best = Match(hits=hits, reference=wanted, found=found, rate_errors=[])
    if best is None:
        raise ValueError("no lag tried")
    errors = []
    for start, stop in stretches:
        r = np.diff(reference[(reference >= start) & (reference < stop)])
        d = np.diff(beats[(beats >= start) & (beats < stop)])
        if start >= skip_s and r.size >= 4 and d.size >= 3:
            errors.append(abs(60.0 / float(np.median(r)) - 60.0 / float(np.median(d))))
    return Match(hits=best.hits, reference=best.reference, found=best.found, rate_errors=errors)


def beats_of(ppg: Floats, rate_hz: float) -> list[Beat]:
    detector = PulseDetector(PulseParams(sampling_rate_hz=rate_hz))
    beats = []
    t_ns = np.round(np.arange(ppg.size) * 1e9 / rate_hz).astype(np.int64)
    for i in range(0, ppg.size, CHUNK):
        part = slice(i, i + CHUNK)
        beats += detector.update(
            PpgBlock(device="ppg", t_ns=t_ns[part], ppg=ppg[part], received_ns=int(t_ns[part][-1]))
        )
    return beats


def times_s(beats: list[Beat]) -> Floats:
    return np.array([b.t_ns / 1e9 for b in beats])


def degraded(recording: Recording, which: str) -> tuple[Floats, float]:
    """The same PPG as another device would have sent it."""
    x, rate_hz = recording.ppg, recording.rate_hz
    good = np.isfinite(x)
    rng = np.random.default_rng(0)
    if which == "scaled":
        return 1000.0 * x + 50_000.0, rate_hz
    if which == "noise":
        return x + 0.1 * float(np.std(x[good])) * rng.normal(size=x.size), rate_hz
    if which == "lost":
        return np.where(rng.random(x.size) < 0.05, np.nan, x), rate_hz
    to_hz = float(which)
    filled = np.interp(np.arange(x.size), np.flatnonzero(good), x[good])
    t = np.arange(0.0, (x.size - 1) / rate_hz, 1.0 / to_hz)
    if to_hz < rate_hz:
        filled = signal.sosfiltfilt(signal.butter(4, 0.4 * to_hz, fs=rate_hz, output="sos"), filled)
    return np.interp(t, np.arange(x.size) / rate_hz, filled), to_hz


DEGRADED = ("50", "125", "500", "scaled", "noise", "lost")


def measure(folder: Path) -> list[Metric]:
    matches: list[Match] = []
    whole: list[Match] = []
    latencies: list[float] = []
    names: list[str] = []
    worse: dict[str, list[float]] = {which: [] for which in DEGRADED}
    for recording in recordings(folder):
        peaks, stretches = readable(recording)
        end_s = recording.ppg.size / recording.rate_hz
        if not any(stop > SKIP_S for _, stop in stretches):
            sys.stderr.write(f"{recording.name} is left out: its ECG cannot be read\n")
            continue
        beats = beats_of(recording.ppg, recording.rate_hz)
        latencies += [(b.known_ns - b.t_ns) / 1e9 for b in beats]
        matches.append(match(peaks, times_s(beats), stretches, skip_s=SKIP_S))
        whole.append(match(peaks, times_s(beats), [(0.0, end_s)], skip_s=SKIP_S))
        names.append(
            f"{recording.name} {matches[-1].f1:.3f} "
            f"({sum(b - a for a, b in stretches):.0f} of {end_s:.0f} s, {recording.rate_hz:g} Hz)"
        )
        for which, f1 in worse.items():
            found = beats_of(*degraded(recording, which))
            f1.append(match(peaks, times_s(found), stretches, skip_s=SKIP_S).f1)
    if not matches:
        return []
    protocol = (
        "causal detector, defaults, blocks of 12 samples; R peaks by Pan and Tompkins on the whole ECG, "
        "unreviewed; 10 s stretches in which two leads agree; best constant lag, +-150 ms, first 10 s left "
        f"out; mean of recordings: {', '.join(names)}"
    )
    mean_f1 = float(np.mean([m.f1 for m in matches]))
    by_way = {which: float(np.mean(f1)) for which, f1 in worse.items()}
    worst_way = min(by_way, key=lambda which: by_way[which])
    metrics = [
        Metric(
            metric="pulse.f1",
            value=mean_f1,
            unit="",
            target=0.94,
            baseline=0.94,
            better="higher",
            n=sum(m.reference for m in matches),
            protocol=protocol,
        ),
        Metric(
            metric="pulse.f1_median_recording",
            value=float(np.median([m.f1 for m in matches])),
            unit="",
            target=None,
            baseline=None,
            better="higher",
            n=len(matches),
            protocol="as pulse.f1, the median of the recordings",
        ),
        Metric(
            metric="pulse.f1_worst_recording",
            value=min(m.f1 for m in matches),
            unit="",
            target=None,
            baseline=None,
            better="higher",
            n=len(matches),
            protocol="as pulse.f1, the worst recording",
        ),
        Metric(
            metric="pulse.f1_worst_degraded",
            value=by_way[worst_way],
            unit="",
            target=None,
            baseline=None,
            better="higher",
            n=len(matches) * len(DEGRADED),
            protocol="as pulse.f1 on the same PPG at 50, 125 and 500 Hz, times 1000 plus 50 000, with noise "
            f"of a tenth of its SD, with 5 % of samples lost: the worst ({worst_way}); "
            + ", ".join(f"{which} {f1:.3f}" for which, f1 in by_way.items()),
        ),
        Metric(
            metric="pulse.f1_whole_recording",
            value=float(np.mean([m.f1 for m in whole])),
            unit="",
            target=None,
            baseline=None,
            better="higher",
            n=sum(m.reference for m in whole),
            protocol="the same over the whole recording, stretches without a readable ECG included: there "
            "every true beat counts as false",
        ),
    ]
    if latencies:
        metrics.append(
            Metric(
                metric="pulse.latency_s",
                value=float(np.mean(latencies)),
                unit="s",
                target=0.5,
                baseline=0.43,
                better="lower",
                n=len(latencies),
                protocol="newest sample when a beat is handed out minus the beat's own time, mean; blocks of "
                "12 samples are counted at their sample, not at their end",
            )
        )
    errors = [e for m in matches for e in m.rate_errors]
    if errors:
        metrics.append(
            Metric(
                metric="pulse.rate_mae_per_min",
                value=float(np.mean(errors)),
                unit="/min",
                target=None,
                baseline=2.85,
                better="lower",
                n=len(errors),
                protocol="60/median interval per readable 10 s stretch against the ECG's",
            )
        )
    return metrics
