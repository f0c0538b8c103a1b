"""The simulators beside recordings of real people and sensors: noise, spectrum, rates, shape of the pulse.

Not fits: a simulated figure has to lie where the recorded ones lie. Needs the folder of recordings.
"""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import detrend, welch

from simulators.movement.activities import ExerciseSet
from simulators.movement.exercises import EXERCISES
from simulators.movement.kinematics import LimbKinematics, Side
from simulators.movement.motion import MotionPath
from simulators.patient.beats import Beats
from simulators.patient.ppg import PulseWave
from simulators.patient.profiles import Profile
from simulators.patient.vitals import Patient
from simulators.sensors.imu import ImuErrors, ImuModel
from simulators.sensors.oximeter import OximeterSensor

pytestmark = pytest.mark.recordings
Array = NDArray[np.float64]
# A stride has impacts and a swing; the recorded exercises are slow ones.
SLOW = sorted(set(EXERCISES) - {"gait"})


@pytest.fixture(scope="module")
def data() -> Path:
    folder = os.environ.get("KINEWATCH_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("set KINEWATCH_DATA to the folder of recordings")
    return Path(folder)


# ---- the sensor at rest


@pytest.fixture(scope="module")
def at_rest(data: Path) -> tuple[list[Array], list[Array], list[Array], float]:
    """Of 2 s at rest each: standard deviations (deg/s, g), gyroscope offsets (deg/s); and the rate."""
    gyro, acc, offset, rate_hz = [], [], [], 0.0
    for path in sorted((data / "broad_subset").glob("*.npz")):
        with np.load(path) as trial:
            rate_hz = float(trial["sampling_rate"])
            still = ~trial["movement"].astype(bool)
            length = int(2 * rate_hz)
            for start in range(0, len(still) - length, length):
                if still[start : start + length].all():
                    turn = np.degrees(trial["imu_gyr"][start : start + length])
                    gyro.append(turn.std(axis=0))
                    offset.append(turn.mean(axis=0))
                    acc.append(trial["imu_acc"][start : start + length].std(axis=0) / 9.80665)
    assert len(gyro) > 50
    return gyro, acc, offset, rate_hz


def still_imu() -> tuple[Array, Array]:
    """Ten seconds of a simulated sensor on a patient who sits still: deg/s and g about their means."""
    limb = LimbKinematics(MotionPath(seed=2, activities=()), seed=2)
    model = ImuModel(limb, Side.PROXIMAL, seed=2, name="it", rate_hz=100.0, start_s=0.0)
    samples = model.read(0, 1000)
    return samples.gyr_deg_s, samples.acc_g


def test_noise_at_rest_is_of_the_recorded_density(
    at_rest: tuple[list[Array], list[Array], list[Array], float],
) -> None:
    gyro, acc, _, rate_hz = at_rest
    bandwidth = np.sqrt(rate_hz / 2.0)
    errors = ImuErrors()
    recorded = float(np.median(gyro)) / bandwidth
    assert recorded / 2.0 < errors.gyro_density_deg_s_rt_hz < recorded * 2.0
    recorded_ug = 1e6 * float(np.median(acc)) / bandwidth
    assert recorded_ug / 3.0 < errors.acc_density_ug_rt_hz < recorded_ug * 3.0


def test_a_sitting_patient_is_hardly_less_still_than_a_sensor_on_a_table(
    at_rest: tuple[list[Array], list[Array], list[Array], float],
) -> None:
    turn, force = still_imu()
    gyro, acc, _, _ = at_rest
    # Sway and tremor come on top; a rest detector's thresholds are 2 deg/s and 50 mg.
    assert np.median(gyro) / 3.0 < turn.std(axis=0).max() < 2.0
    assert np.median(acc) / 5.0 < force.std(axis=0).max() < 0.05


def test_offsets_are_as_large_as_recorded_ones(
    at_rest: tuple[list[Array], list[Array], list[Array], float],
) -> None:
    recorded = np.abs(np.array(at_rest[2]))
    limb = LimbKinematics(MotionPath(seed=2, activities=()), seed=2)
    simulated = np.abs(
        [
            ImuModel(limb, Side.DISTAL, seed=seed, name="it", rate_hz=25.0, start_s=0.0)
            .read(0, 500)
            .gyr_deg_s.mean(axis=0)
            for seed in range(12)
        ]
    )
    assert np.median(recorded) / 2.5 < np.median(simulated) < 2.5 * np.median(recorded)
    assert simulated.max() < 2.5 * recorded.max()


# ---- movement


def rate_of_turn(turn: Array, rate_hz: float) -> tuple[float, float]:
    """99th percentile of the rate (deg/s), and the share of its power above 4 Hz."""
    peak = float(np.percentile(np.linalg.norm(turn, axis=1), 99))
    power = (np.abs(np.fft.rfft(turn - turn.mean(axis=0), axis=0)) ** 2).sum(axis=1)
    hz = np.fft.rfftfreq(len(turn), 1.0 / rate_hz)
    return peak, float(power[hz > 4.0].sum() / power.sum())


@pytest.fixture(scope="module")
def recorded_exercises(data: Path) -> list[tuple[float, float]]:
    """Of each of 24 recordings the unit that moves most, over the ten correct repetitions."""
    found = []
    for subject in (1, 2, 3):
        with np.load(data / "physical_therapy_5imu" / f"subject_{subject}.npz") as trials:
            for exercise in range(1, 9):
                units = trials[f"s{subject}_e{exercise}_test"][: 95 * 25, :, 3:6]
                busiest = int(np.argmax((units**2).sum(axis=(0, 2))))
                found.append(rate_of_turn(np.degrees(units[:, busiest]), 25.0))
    return found


def simulated_exercise(name: str) -> tuple[float, float]:
    exercise = EXERCISES[name]
    path = MotionPath(
        seed=1,
        activities=[ExerciseSet(start_s=10.0, exercise=exercise, repetitions=10)],
        resting=exercise,
    )
    limb = LimbKinematics(path, seed=1)
    t_s = np.arange(10.0, path.sets[0].end_s, 0.04)
    turns = [np.degrees(limb.felt(side, t_s)[1]) for side in Side]
    return rate_of_turn(max(turns, key=lambda turn: float((turn**2).sum())), 25.0)


@pytest.mark.parametrize("name", SLOW)
def test_an_exercise_is_as_fast_and_as_unsteady_as_recorded_ones(
    name: str, recorded_exercises: list[tuple[float, float]]
) -> None:
    peaks, shares = zip(*recorded_exercises, strict=True)
    peak, share = simulated_exercise(name)
    assert 0.7 * min(peaks) < peak < max(peaks)
    assert min(shares) < share < max(shares)


# ---- pulse and saturation


def harmonics_db(signal: Array, rate_hz: float) -> tuple[float, list[float]]:
    """Beats a minute, and the power of the second to fourth harmonic against the first."""
    hz, power = welch(detrend(signal), rate_hz, nperseg=min(len(signal), int(16 * rate_hz)))
    band = (hz > 0.7) & (hz < 3.0)
    first_hz = float(hz[band][np.argmax(power[band])])
    size = [power[np.abs(hz - n * first_hz) < 0.15].sum() for n in (1, 2, 3, 4)]
    return 60.0 * first_hz, [float(10.0 * np.log10(one / size[0])) for one in size[1:]]


def column(path: Path, word: str) -> Array:
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    name = next(name for name in rows[0] if word in name)
    return np.array([float(row[name]) for row in rows if row[name]])


@pytest.fixture(scope="module")
def recorded_pleths(data: Path) -> list[tuple[float, list[float]]]:
    folder = data / "mimic_numerics_ppg_samples"
    with np.load(folder / "a103l.npz") as record:
        channel = [str(name) for name in record["names"]].index("PLETH")
        rate_hz = float(record["fs"])
        pleth = np.nan_to_num(record["signal"][:, channel].astype(float))
    minute = int(60 * rate_hz)
    found = [harmonics_db(pleth[k * minute : (k + 1) * minute], rate_hz) for k in range(5)]
    short = [column(folder / name, "PLETH") for name in ("041s01.csv", "3269321_0001.csv")]
    return found + [harmonics_db(pleth, 125.0) for pleth in short]


@pytest.mark.parametrize("rate_per_min", [74.0, 98.0, 128.0])
def test_the_pulse_waves_harmonics_lie_in_the_range_of_recorded_ones(
    rate_per_min: float, recorded_pleths: list[tuple[float, list[float]]]
) -> None:
    profile = Profile(name="still", resting_heart_rate_per_min=rate_per_min, rmssd_rest_ms=5.0)
    body = Patient(profile=profile, workload=np.zeros_like, duration_s=120.0, seed=4)
    _, simulated = harmonics_db(PulseWave(body, Beats(body)).light(np.arange(40.0, 100.0, 0.01)), 100.0)
    # Three people, a minute or less at each rate: they differ more by person than by rate. What a pulse wave
    # can look like is the range of all of them, and 3 dB for the next person.
    for harmonic, level in enumerate(simulated):
        levels = [one[harmonic] for _, one in recorded_pleths]
        assert min(levels) - 3.0 < level < max(levels) + 3.0


def test_saturation_wanders_from_minute_to_minute_as_at_the_bedside(data: Path) -> None:
    bedside = column(data / "mimic_numerics_ppg_samples" / "s00001-2896-10-10-00-31n.csv", "SpO2")
    recorded = float(np.std(np.diff(bedside[bedside > 0])))
    profile = Profile(name="still")
    body = Patient(profile=profile, workload=np.zeros_like, duration_s=7200.0, seed=4)
    finger = OximeterSensor(body, name="finger")
    simulated = [float(finger.reading(60.0 * minute).spo2_percent or 0) for minute in range(1, 119)]
    assert recorded / 3.0 < np.std(np.diff(simulated)) < recorded * 3.0
