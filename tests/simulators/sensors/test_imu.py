import numpy as np
import pytest

from simulators.movement.activities import ExerciseSet
from simulators.movement.exercises import find_exercise
from simulators.movement.kinematics import LimbKinematics, Side
from simulators.movement.motion import MotionPath
from simulators.sensors.imu import CHUNK, ImuErrors, ImuModel

PERFECT = ImuErrors(
    gyro_density_deg_s_rt_hz=0.0,
    gyro_bias_deg_s=0.0,
    gyro_in_run_deg_s=0.0,
    acc_density_ug_rt_hz=0.0,
    acc_bias_mg=0.0,
    acc_in_run_mg=0.0,
    gain_sd=0.0,
)


def limb(activities: tuple[ExerciseSet, ...] = ()) -> LimbKinematics:
    return LimbKinematics(MotionPath(seed=4, activities=activities), seed=4)


def imu(errors: ImuErrors | None = None, *, name: str = "shank", **more: float) -> ImuModel:
    return ImuModel(
        limb(),
        Side.DISTAL,
        seed=4,
        name=name,
        rate_hz=more.get("rate_hz", 100.0),
        start_s=more.get("start_s", 0.25),
        errors=errors,
    )


def test_pieces_make_the_same_samples_as_the_whole() -> None:
    whole = imu().read(0, 3 * CHUNK)
    model = imu()
    first, pieces = 0, []
    for count in (1, 7, CHUNK - 3, CHUNK, 2, CHUNK - 7):
        pieces.append(model.read(first, count))
        first += count
    assert first == 3 * CHUNK
    for field in ("t_s", "acc_g", "gyr_deg_s"):
        assert np.array_equal(np.concatenate([getattr(one, field) for one in pieces]), getattr(whole, field))


def test_another_sensor_has_other_errors_and_a_first_one_keeps_its_own() -> None:
    assert not np.array_equal(imu().read(0, 50).gyr_deg_s, imu(name="thigh").read(0, 50).gyr_deg_s)
    assert np.array_equal(imu().read(0, 50).gyr_deg_s, imu().read(0, 50).gyr_deg_s)


def test_a_perfect_sensor_gives_the_kinematics_to_half_a_step() -> None:
    model = imu(PERFECT)
    samples = model.read(0, 600)
    force, turn = limb().felt(Side.DISTAL, samples.t_s)
    assert np.abs(samples.acc_g - force / 9.80665).max() <= 0.5001 * 16.0 / 32768.0
    assert np.abs(samples.gyr_deg_s - np.degrees(turn)).max() <= 0.5001 * 2000.0 / 32768.0


@pytest.mark.parametrize("rate_hz", [25.0, 100.0, 200.0])
def test_white_noise_has_the_density_of_the_data_sheet(rate_hz: float) -> None:
    noisy = ImuErrors(
        gyro_density_deg_s_rt_hz=0.02,
        gyro_bias_deg_s=0.0,
        gyro_in_run_deg_s=0.0,
        acc_density_ug_rt_hz=300.0,
        acc_bias_mg=0.0,
        acc_in_run_mg=0.0,
        gain_sd=0.0,
    )
    count = 8 * CHUNK
    quiet = imu(PERFECT, rate_hz=rate_hz).read(0, count)
    loud = imu(noisy, rate_hz=rate_hz).read(0, count)
    bandwidth = np.sqrt(rate_hz / 2.0)
    # Quantising both adds q^2 / 12 twice. 12 000 draws: the standard error of the result is 0.65 %.
    gyr = np.hypot(0.02 * bandwidth, 2000.0 / 32768.0 / np.sqrt(6.0))
    acc = np.hypot(300e-6 * bandwidth, 16.0 / 32768.0 / np.sqrt(6.0))
    assert (loud.gyr_deg_s - quiet.gyr_deg_s).std() == pytest.approx(gyr, rel=0.03)
    assert (loud.acc_g - quiet.acc_g).std() == pytest.approx(acc, rel=0.03)


def test_biases_stay_and_wander_as_their_numbers_say() -> None:
    still = ImuErrors(
        gyro_density_deg_s_rt_hz=0.0,
        gyro_in_run_deg_s=0.5,
        bias_time_constant_s=30.0,
        acc_density_ug_rt_hz=0.0,
        gain_sd=0.0,
    )
    count = 1200 * 10
    wander = (
        imu(still, rate_hz=10.0).read(0, count).gyr_deg_s
        - imu(PERFECT, rate_hz=10.0).read(0, count).gyr_deg_s
    )
    fixed = wander.mean(axis=0)
    assert np.abs(fixed).max() < 4 * ImuErrors().gyro_bias_deg_s + 0.5
    drift = wander - fixed
    # 40 time constants of three axes: a relative standard error of about 10 %; interpolation takes 4 %.
    assert drift.std() == pytest.approx(0.5, rel=0.3)
    lag = round(30.0 * 10.0)
    correlation = np.mean(drift[lag:] * drift[:-lag]) / np.mean(drift**2)
    assert correlation == pytest.approx(np.exp(-1.0), abs=0.2)


def test_what_is_beyond_the_range_is_clipped() -> None:
    fast = ExerciseSet(start_s=2.0, exercise=find_exercise("knee_extension"), repetitions=3, tempo_scale=0.5)
    narrow = ImuErrors(gyro_range_deg_s=125.0, acc_range_g=1.05)
    model = ImuModel(
        limb((fast,)), Side.DISTAL, seed=4, name="shank", rate_hz=100.0, start_s=0.0, errors=narrow
    )
    samples = model.read(0, 1000)
    assert samples.gyr_deg_s.min() == -125.0
    assert samples.gyr_deg_s.max() == pytest.approx(125.0, abs=0.01)
    assert np.abs(samples.acc_g).max() == pytest.approx(1.05, abs=1e-3)


@pytest.mark.parametrize("drift_ppm", [-7000.0, 0.0, 50.0])
def test_a_fast_clock_samples_more_often(drift_ppm: float) -> None:
    model = imu(ImuErrors(clock_drift_ppm=drift_ppm))
    samples = model.read(0, 2000)
    assert samples.t_s[0] == 0.25
    rate = 1999 / (samples.t_s[-1] - samples.t_s[0])
    assert rate == pytest.approx(100.0 * (1.0 + drift_ppm * 1e-6), rel=1e-9)
    assert model.sample_s(1999) == pytest.approx(samples.t_s[-1])
