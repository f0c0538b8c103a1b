"""The errors of a real IMU: clock, bias, noise, range, resolution. Pure numpy, seeded.

y = clip(quantise(S x + b0 + b(t) + n)): S gain, b0 switch-on bias, b(t) a first-order Gauss-Markov in-run
bias, n white noise with standard deviation density * sqrt(rate / 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.units import STANDARD_GRAVITY_M_S2
from simulators.movement.kinematics import LimbKinematics, Side
from simulators.randomness import generator
from simulators.sensors.sample_clock import DriftChange, SampleClock

# Samples made in one go: enough for numpy's cost per call to vanish, few enough to be ready in some 10 ms.
CHUNK = 500
_BIAS_KNOT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImuErrors:
    """What is wrong with one IMU. Defaults: a consumer part such as the LSM6DSO or BMI160.

    In-run biases follow those data sheets' order of magnitude. Switch-on bias and noise are what public
    recordings of sensors at rest show (0.03-0.6 deg/s an axis; 0.008 deg/s/rtHz, 400 ug/rtHz), the latter
    more than the data sheets' 70-180 ug/rtHz.
    """

    gyro_density_deg_s_rt_hz: float = 0.007
    gyro_bias_deg_s: float = 0.3
    gyro_in_run_deg_s: float = 0.01
    gyro_range_deg_s: float = 2000.0
    acc_density_ug_rt_hz: float = 250.0
    acc_bias_mg: float = 10.0
    acc_in_run_mg: float = 0.1
    acc_range_g: float = 16.0
    gain_sd: float = 0.003
    bias_time_constant_s: float = 200.0
    clock_drift_ppm: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImuSamples:
    """Consecutive samples: instants (n,) s; specific force (n, 3) in g; angular velocity (n, 3) in deg/s."""

    t_s: NDArray[np.float64]
    acc_g: NDArray[np.float64]
    gyr_deg_s: NDArray[np.float64]


class _GaussMarkov:
    """In-run bias of three axes: exact at knots 5 s apart, linear between; grows with the time asked for."""

    def __init__(self, random: np.random.Generator, sd: float, time_constant_s: float) -> None:
        self._random = random
        self._keep = float(np.exp(-_BIAS_KNOT_S / time_constant_s))
        self._kick = sd * float(np.sqrt(1.0 - self._keep**2))
        self._knots = [sd * random.standard_normal(3)]

    def __call__(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        position = np.maximum(t_s, 0.0) / _BIAS_KNOT_S
        while len(self._knots) < position.max() + 2:
            self._knots.append(self._keep * self._knots[-1] + self._kick * self._random.standard_normal(3))
        index = position.astype(np.int64)
        knots = np.array(self._knots[: int(index.max()) + 2])
        share = (position - index)[:, None]
        return np.asarray(knots[index] * (1.0 - share) + knots[index + 1] * share, dtype=np.float64)


class ImuModel:
    """One IMU on one segment: sample k of a run that began at `start_s`, for any k.

    Args:
        kinematics: The limb.
        side: Which sensor.
        seed: Of the world; the sensor's own streams are named after `name`.
        name: The sensor's name.
        rate_hz: Nominal output rate; the true one differs by the clock's drift.
        start_s: True time of sample 0.
        errors: What is wrong with it.
        drift_changes: When its clock changes its mind.
    """

    def __init__(
        self,
        kinematics: LimbKinematics,
        side: Side,
        *,
        seed: int,
        name: str,
        rate_hz: float,
        start_s: float,
        errors: ImuErrors | None = None,
        drift_changes: Sequence[DriftChange] = (),
    ) -> None:
        self._kinematics = kinematics
        self._side = side
        self._seed = seed
        self._name = name
        self.errors = errors or ImuErrors()
        self.rate_hz = rate_hz
        self.start_s = start_s
        self._clock = SampleClock(
            rate_hz=rate_hz,
            start_s=start_s,
            drift_ppm=self.errors.clock_drift_ppm,
            changes=drift_changes,
        )
        fixed = generator(seed, "imu", name, "fixed")
        self._gain = 1.0 + self.errors.gain_sd * fixed.standard_normal((2, 3))
        self._gyro_bias = self.errors.gyro_bias_deg_s * fixed.standard_normal(3)
        self._acc_bias = 1e-3 * self.errors.acc_bias_mg * fixed.standard_normal(3)
        tau_s = self.errors.bias_time_constant_s
        in_run = generator(seed, "imu", name, "in_run")
        self._gyro_in_run = _GaussMarkov(in_run, self.errors.gyro_in_run_deg_s, tau_s)
        self._acc_in_run = _GaussMarkov(
            generator(seed, "imu", name, "in_run_acc"), 1e-3 * self.errors.acc_in_run_mg, tau_s
        )
        self._chunk_index = -1
        self._chunk: ImuSamples | None = None

    def sample_s(self, index: int) -> float:
        """True time of sample `index`."""
        return float(self._clock.time_of(np.array([float(index)]))[0])

    def first_after(self, t_s: float) -> int:
        """Index of the first sample at or after `t_s`."""
        return self._clock.first_after(t_s)

    def read(self, first: int, count: int) -> ImuSamples:
        """Samples `first` .. `first + count - 1`."""
        chunks = [self.chunk(index) for index in range(first // CHUNK, (first + count - 1) // CHUNK + 1)]
        begin = first % CHUNK
        piece = slice(begin, begin + count)
        return ImuSamples(
            t_s=np.concatenate([one.t_s for one in chunks])[piece],
            acc_g=np.concatenate([one.acc_g for one in chunks])[piece],
            gyr_deg_s=np.concatenate([one.gyr_deg_s for one in chunks])[piece],
        )

    def chunk(self, index: int) -> ImuSamples:
        """Samples `index * CHUNK` to `(index + 1) * CHUNK - 1`; the last one made is kept."""
        if self._chunk is None or self._chunk_index != index:
            self._chunk = self._make(index)
            self._chunk_index = index
        return self._chunk

    def _make(self, chunk: int) -> ImuSamples:
        errors = self.errors
        t_s = self._clock.time_of(np.arange(chunk * CHUNK, (chunk + 1) * CHUNK, dtype=np.float64))
        force, turn = self._kinematics.felt(self._side, t_s)
        noise = generator(self._seed, "imu", self._name, "noise", chunk).standard_normal((2, CHUNK, 3))
        bandwidth = np.sqrt(self.rate_hz / 2.0)
        acc_g = self._gain[0] * force / STANDARD_GRAVITY_M_S2 + self._acc_bias + self._acc_in_run(t_s)
        acc_g += 1e-6 * errors.acc_density_ug_rt_hz * bandwidth * noise[0]
        gyr = self._gain[1] * np.degrees(turn) + self._gyro_bias + self._gyro_in_run(t_s)
        gyr += errors.gyro_density_deg_s_rt_hz * bandwidth * noise[1]
        return ImuSamples(
            t_s=t_s,
            acc_g=_digitise(acc_g, errors.acc_range_g),
            gyr_deg_s=_digitise(gyr, errors.gyro_range_deg_s),
        )


def _digitise(value: NDArray[np.float64], full_scale: float) -> NDArray[np.float64]:
    """16-bit conversion over +-`full_scale`: rounded to the step, clipped at the range."""
    step = full_scale / 32768.0
    return np.asarray(np.clip(np.rint(value / step), -32768, 32767) * step, dtype=np.float64)
