"""Heart rate in motion on simulated runners, and on light without a pulse.

No recording of a wrist in motion with a true heart rate is in the folder. The model is in
`tests.monitor.dsp.made_runner`: harmonics of the steps, the arm's swing at half of their rhythm, drifting
light. It is harder than the published recordings in some ways and easier in others: it shows whether the
tracker locks low and whether it says so, not how well it does on a person. Constants were chosen on seeds 0
to 15.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.dsp.heart_rate_motion import MotionHeartRate, MotionRate, MotionRateParams
from monitor.samples import ImuBlock, PpgBlock, Quality
from tests.monitor.dsp.made_runner import NOISES, noise, runner
from tests.validation.metric import Metric

Floats = NDArray[np.float64]
RATE_HZ = 50.0
SECONDS = 300.0
RUNNERS = range(500, 516)
NOISE_SEEDS = range(700, 706)
WRONG_PER_MIN = 10.0
LOW_PER_MIN = 90.0


def estimates(light: Floats, acc: Floats) -> list[MotionRate]:
    tracker = MotionHeartRate(MotionRateParams(ppg_rate_hz=RATE_HZ, acc_rate_hz=RATE_HZ))
    t_ns = np.round(np.arange(light.size) * 1e9 / RATE_HZ).astype(np.int64)
    out: list[MotionRate] = []
    for start in range(0, light.size, 25):
        part = slice(start, start + 25)
        now_ns = int(t_ns[part][-1])
        still = np.zeros_like(acc[part])
        out += tracker.push_acc(
            ImuBlock(device="wrist", t_ns=t_ns[part], acc_m_s2=acc[part], gyr_rad_s=still, received_ns=now_ns)
        )
        out += tracker.push_ppg(
            PpgBlock(device="wrist", t_ns=t_ns[part], ppg=light[part], received_ns=now_ns)
        )
    return out


def strongest_line(light: Floats, end_s: float) -> float:
    """The peer: the strongest line of the last eight seconds of light, per minute."""
    window = light[max(0, round((end_s - 8.0) * RATE_HZ)) : round(end_s * RATE_HZ)]
    magnitude = np.abs(np.fft.rfft((window - window.mean()) * np.hanning(window.size), 8192))
    per_min = np.fft.rfftfreq(8192, 1.0 / RATE_HZ) * 60.0
    inside = (per_min >= 40.0) & (per_min <= 210.0)
    return float(per_min[inside][int(np.argmax(magnitude[inside]))])


def measure(_folder: Path) -> list[Metric]:
    errors, peers, low, good_wrong = [], [], [], []
    for seed in RUNNERS:
        light, acc, heart = runner(seed, seconds=SECONDS, rate_hz=RATE_HZ)
        for one in estimates(light, acc):
            truth = float(heart[round(one.centre_ns / 1e9 * RATE_HZ)])
            error = abs(one.rate_per_min - truth)
            errors.append(error)
            peers.append(abs(strongest_line(light, one.t_ns / 1e9) - truth))
            low.append(error > WRONG_PER_MIN and one.rate_per_min < LOW_PER_MIN)
            good_wrong.append(error > WRONG_PER_MIN and one.quality is Quality.GOOD)
    good = [quality is Quality.GOOD for kind in NOISES for quality in without_pulse(kind)]
    protocol = (
        f"{len(RUNNERS)} simulated runners of {SECONDS:.0f} s, seeds {RUNNERS[0]} to {RUNNERS[-1]}, one "
        f"channel of light and one accelerometer at {RATE_HZ:.0f} Hz"
    )
    return [
        Metric(
            metric="pulse.motion.simulated_mae_per_min",
            value=float(np.mean(errors)),
            unit="1/min",
            target=None,
            baseline=float(np.mean(peers)),
            better="lower",
            n=len(errors),
            protocol=f"{protocol}; baseline: strongest line of the same windows",
        ),
        Metric(
            metric="pulse.motion.simulated_locked_low",
            value=100.0 * float(np.mean(low)),
            unit="%",
            target=None,
            baseline=63.7,
            better="lower",
            n=len(errors),
            protocol=f"{protocol}; windows below {LOW_PER_MIN:.0f}/min and more than 10/min off; "
            "baseline: build 00b0565",
        ),
        Metric(
            metric="pulse.motion.simulated_good_while_wrong",
            value=100.0 * float(np.mean(good_wrong)),
            unit="%",
            target=1.0,
            baseline=8.1,
            better="lower",
            n=len(errors),
            protocol=f"{protocol}; windows GOOD and more than 10/min off; baseline: build 00b0565",
        ),
        Metric(
            metric="pulse.motion.no_pulse_good",
            value=100.0 * float(np.mean(good)),
            unit="%",
            target=1.0,
            baseline=11.4,
            better="lower",
            n=len(good),
            protocol="windows with quality GOOD on light without a pulse (white, red, pink noise), at rest "
            "and beside an accelerometer that moves at 132/min; baseline: build 00b0565",
        ),
    ]


def without_pulse(kind: str) -> list[Quality]:
    out: list[Quality] = []
    for seed in NOISE_SEEDS:
        light = noise(kind, seed, seconds=SECONDS, rate_hz=RATE_HZ)
        acc = np.tile([0.0, 0.0, 9.81], (light.size, 1))
        acc += 0.02 * np.random.default_rng(seed).normal(size=acc.shape)
        moved = acc.copy()
        moved[:, 2] += 2.0 * np.sin(2 * np.pi * 2.2 * np.arange(light.size) / RATE_HZ)
        for one in (acc, moved):
            out += [estimate.quality for estimate in estimates(light, one)]
    return out
