"""Polar PMD: two streams on one device clock, joined; the heart rate comes by the standard service.

Acceleration is taken between its samples at the instants of the rate of turn.

Raw numbers become units by a factor that the control point tells when a stream starts; a stream that ran
before we listened has the factor of its largest range, which is what the driver chooses.
"""

import numpy as np
from numpy.typing import NDArray

from devices.frames import Frame
from monitor.ingest.imu_stream import ImuStream
from monitor.ingest.reader import Measured
from monitor.ingest.readers.heart_rate import HeartRateReader
from monitor.ingest.station_clock import StationClock
from monitor.sensors import SensorConfig
from protocols.ble import heart_rate, polar_pmd, polar_pmd_control
from protocols.ble.polar_pmd import Measurement, PmdFrame
from protocols.ble.polar_pmd_control import Opcode, SettingKind
from protocols.units import STANDARD_GRAVITY_M_S2

NOMINAL_RATE_HZ = 52.0
DRIFT_BOUND_PPM = 200.0
TICK_HZ = 1e9
DEFAULT_FACTORS = {Measurement.ACC: 8.0 / 32768.0, Measurement.GYR: 2000.0 / 32768.0}
# The compressed acceleration of this type is in mg, without a factor.
MILLI_G_TYPE = 1
# The rate of turn of this type is in deg/s, as 32-bit floats.
FLOAT_TYPE = 1
# One stream may be a notification ahead of the other; more means that the other has ended.
HELD_AT_MOST_NS = 2_000_000_000

Rows = NDArray[np.float64]
Instants = NDArray[np.int64]


class _Held:
    """The samples of one stream that wait for the other."""

    def __init__(self) -> None:
        self.t_ns: Instants = np.empty(0, dtype=np.int64)
        self.rows: Rows = np.empty((0, 3))
        self._last_ns: int | None = None

    def add(self, said: PmdFrame, scale: float, *, floats: bool = False) -> None:
        """One frame's samples, back-dated from the instant of its last."""
        count = len(said.samples)
        period_ns = 1e9 / NOMINAL_RATE_HZ
        if self._last_ns is not None:
            measured_ns = (said.timestamp_ns - self._last_ns) / count
            # A lost frame is no slower sampling.
            if 0.5 * period_ns < measured_ns < 1.5 * period_ns:
                period_ns = measured_ns
        self._last_ns = said.timestamp_ns
        back = np.arange(count - 1, -1, -1) * period_ns
        t_ns = said.timestamp_ns - np.rint(back).astype(np.int64)
        rows = scale * np.asarray(said.float_samples if floats else said.samples, dtype=np.float64)
        keep = self.t_ns > said.timestamp_ns - HELD_AT_MOST_NS
        self.t_ns = np.concatenate([self.t_ns[keep], t_ns])
        self.rows = np.concatenate([self.rows[keep], rows])

    def forget_before(self, t_ns: int) -> None:
        """Drop what lies before `t_ns`, but for the one sample that interpolation needs."""
        first = max(int(np.searchsorted(self.t_ns, t_ns)) - 1, 0)
        self.t_ns, self.rows = self.t_ns[first:], self.rows[first:]


class PolarPmdReader(HeartRateReader):
    """One sensor."""

    family = "polar_pmd"
    streams = frozenset({polar_pmd.DATA, heart_rate.MEASUREMENT})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._stream = ImuStream(
            rate_hz=NOMINAL_RATE_HZ, drift_bound_ppm=DRIFT_BOUND_PPM, tick_hz=TICK_HZ, tick_bits=64
        )
        self._factors = dict(DEFAULT_FACTORS)
        self._acc, self._gyr = _Held(), _Held()

    def connected(self) -> None:
        """The streams begin anew."""
        self._acc, self._gyr = _Held(), _Held()

    def read(self, frame: Frame) -> list[Measured]:
        """Streams, the control point's answers, the heart rate."""
        if frame.characteristic == polar_pmd_control.CONTROL_POINT:
            self._learn_factor(frame.payload)
            return []
        if frame.characteristic != polar_pmd.DATA:
            return super().read(frame)
        said = polar_pmd.decode_data(frame.payload)
        if not isinstance(said, PmdFrame) or not said.samples:
            return []
        if said.measurement is Measurement.ACC:
            in_mg = said.blocks is None or said.frame_type == MILLI_G_TYPE
            g = 0.001 if in_mg else self._factors[Measurement.ACC]
            self._acc.add(said, g * STANDARD_GRAVITY_M_S2)
        elif said.measurement is Measurement.GYR:
            floats = said.frame_type == FLOAT_TYPE
            degrees = 1.0 if floats else self._factors[Measurement.GYR]
            self._gyr.add(said, float(np.deg2rad(degrees)), floats=floats)
        return self._joined(frame)

    def _learn_factor(self, payload: bytes) -> None:
        response = polar_pmd_control.decode_response(payload)
        if response.opcode != Opcode.START or response.measurement not in DEFAULT_FACTORS:
            return
        for setting in polar_pmd_control.decode_settings(response.parameters):
            if setting.kind is SettingKind.FACTOR and setting.values:
                self._factors[Measurement(response.measurement)] = setting.values[0]

    def _joined(self, frame: Frame) -> list[Measured]:
        """What both streams cover: the acceleration between its samples, at the instants of the other."""
        acc, gyr = self._acc, self._gyr
        if not len(acc.t_ns) or not len(gyr.t_ns):
            return []
        covered = (gyr.t_ns >= acc.t_ns[0]) & (gyr.t_ns <= acc.t_ns[-1])
        if not covered.any():
            return []
        t_ns, rates = gyr.t_ns[covered], gyr.rows[covered]
        origin_ns = int(acc.t_ns[0])
        at, known = (t_ns - origin_ns).astype(np.float64), (acc.t_ns - origin_ns).astype(np.float64)
        acc_m_s2 = np.column_stack([np.interp(at, known, acc.rows[:, axis]) for axis in range(3)])
        newest_ns = int(t_ns[-1])
        later = gyr.t_ns > newest_ns
        gyr.t_ns, gyr.rows = gyr.t_ns[later], gyr.rows[later]
        acc.forget_before(newest_ns)
        return self._stream.block(self, frame, acc_m_s2=acc_m_s2, gyr_rad_s=rates, ticks=newest_ns)
