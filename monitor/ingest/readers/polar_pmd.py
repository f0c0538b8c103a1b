"""Polar PMD: two streams on one device clock, joined; the heart rate comes by the standard service.

Acceleration is taken between its samples at the instants of the rate of turn.

Raw numbers become units by a factor that the control point tells when a stream starts; a stream that ran
before we listened has the factor of its largest range, which is what the driver chooses.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from devices.frames import Frame
from monitor.ingest.clock_map import CLOCK_SET_S
from monitor.ingest.imu_stream import ImuStream, rate_of
from monitor.ingest.reader import Measured
from monitor.ingest.readers.heart_rate import HeartRateReader
from monitor.ingest.sample_period import STEADY_STEPS, STEPS_KEPT, period_of
from monitor.ingest.station_clock import StationClock
from monitor.sensors import SensorConfig
from protocols.ble import heart_rate, polar_pmd, polar_pmd_control
from protocols.ble.polar_pmd import Measurement, PmdFrame
from protocols.ble.polar_pmd_control import Opcode, SettingKind
from protocols.units import STANDARD_GRAVITY_M_S2

# Outside SDK mode the only rate; in it there are others, and the driver takes the highest up to `rate_hz`.
NOMINAL_RATE_HZ = 52.0
DRIVER_RATE_HZ = 104.0
# Both streams come within a notification of each other (2.7 s at 26 Hz and 71 samples); further apart than
# this their clocks are two.
CLOCKS_APART_NS = 4_000_000_000
DRIFT_BOUND_PPM = 200.0
TICK_HZ = 1e9
DEFAULT_FACTORS = {Measurement.ACC: 8.0 / 32768.0, Measurement.GYR: 2000.0 / 32768.0}
# The compressed acceleration of this type is in mg, without a factor.
MILLI_G_TYPE = 1
# The rate of turn of this type is in deg/s, as 32-bit floats.
FLOAT_TYPE = 1
# One stream may be a notification ahead of the other; more means that the other has ended.
HELD_AT_MOST_NS = 6_000_000_000

Rows = NDArray[np.float64]
Instants = NDArray[np.int64]


class _Held:
    """The samples of one stream that wait for the other, dated in the device's time plus `shift_ns`.

    Attributes:
        period_ns: from what was started, and then from the stamps themselves.
        ahead_ns: the stream's time less the time of receipt; the two streams of one clock agree in it.
    """

    def __init__(self, nominal_rate_hz: float) -> None:
        self.nominal_s = 1.0 / nominal_rate_hz
        self.t_ns: Instants = np.empty(0, dtype=np.int64)
        self.rows: Rows = np.empty((0, 3))
        self.shift_ns = 0
        self.ahead_ns: int | None = None
        self._last_ns: int | None = None
        self._received_ns = 0
        self._steps_s: deque[float] = deque(maxlen=STEPS_KEPT)

    @property
    def period_s(self) -> float:
        """Seconds from sample to sample."""
        return period_of(self._steps_s, nominal_s=self.nominal_s)

    def add(self, said: PmdFrame, scale: float, received_ns: int, *, floats: bool = False) -> None:
        """One frame's samples, back-dated from the instant of its last."""
        count = len(said.samples)
        if self._last_ns is not None:
            step_s = (said.timestamp_ns - self._last_ns) / 1e9
            span_s, silence_s = count * self.period_s, (received_ns - self._received_ns) / 1e9
            least_s = 0.5 * span_s if len(self._steps_s) >= STEADY_STEPS else 0.0
            if step_s > 0:
                self._steps_s.append(step_s / count)
            if not least_s < step_s <= silence_s + 2.0 * span_s + CLOCK_SET_S:
                # The clock was set while it streams, or the stream begins anew: nothing held fits any more.
                self.t_ns, self.rows = self.t_ns[:0], self.rows[:0]
        self._last_ns, self._received_ns = said.timestamp_ns, received_ns
        dated_ns = said.timestamp_ns + self.shift_ns
        self.ahead_ns = dated_ns - received_ns
        back = np.arange(count - 1, -1, -1) * (self.period_s * 1e9)
        t_ns = dated_ns - np.rint(back).astype(np.int64)
        rows = scale * np.asarray(said.float_samples if floats else said.samples, dtype=np.float64)
        keep = self.t_ns > dated_ns - HELD_AT_MOST_NS
        # A frame that is denser than thought must not overlap the one before.
        keep &= self.t_ns < t_ns[0]
        self.t_ns = np.concatenate([self.t_ns[keep], t_ns])
        self.rows = np.concatenate([self.rows[keep], rows])

    def follow(self, other: "_Held") -> None:
        """Date this stream by the other's clock, where the two have clocks of their own."""
        if self.ahead_ns is None or other.ahead_ns is None:
            return
        apart_ns = other.ahead_ns - self.ahead_ns
        if abs(apart_ns) > CLOCKS_APART_NS:
            self.shift_ns += apart_ns
            self.ahead_ns += apart_ns
            self.t_ns = self.t_ns + apart_ns

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
        self._wanted_hz = rate_of(config, DRIVER_RATE_HZ)
        asked = rate_of(config, NOMINAL_RATE_HZ)
        self._rates = dict.fromkeys(DEFAULT_FACTORS, asked)
        self._stream = ImuStream(
            rate_hz=asked, drift_bound_ppm=DRIFT_BOUND_PPM, tick_hz=TICK_HZ, tick_bits=64
        )
        self._factors = dict(DEFAULT_FACTORS)
        self._begin()

    def connected(self) -> None:
        """The streams begin anew."""
        self._begin()

    def _begin(self) -> None:
        self._acc, self._gyr = _Held(self._rates[Measurement.ACC]), _Held(self._rates[Measurement.GYR])

    def read(self, frame: Frame) -> list[Measured]:
        """Streams, the control point's answers, the heart rate."""
        if frame.characteristic == polar_pmd_control.CONTROL_POINT:
            self._learn(frame.payload)
            return []
        if frame.characteristic != polar_pmd.DATA:
            return super().read(frame)
        said = polar_pmd.decode_data(frame.payload)
        if not isinstance(said, PmdFrame) or not said.samples:
            return []
        if said.measurement is Measurement.ACC:
            in_mg = said.blocks is None or said.frame_type == MILLI_G_TYPE
            g = 0.001 if in_mg else self._factors[Measurement.ACC]
            self._acc.add(said, g * STANDARD_GRAVITY_M_S2, frame.received_ns)
        elif said.measurement is Measurement.GYR:
            floats = said.frame_type == FLOAT_TYPE
            degrees = 1.0 if floats else self._factors[Measurement.GYR]
            self._gyr.add(said, float(np.deg2rad(degrees)), frame.received_ns, floats=floats)
        return self._joined(frame)

    def _learn(self, payload: bytes) -> None:
        """Rates that the device offers (the driver takes the highest up to its own), and factors."""
        response = polar_pmd_control.decode_response(payload)
        if response.measurement not in DEFAULT_FACTORS:
            return
        measurement = Measurement(response.measurement)
        for setting in polar_pmd_control.decode_settings(response.parameters):
            if setting.kind is SettingKind.FACTOR and setting.values and response.opcode == Opcode.START:
                self._factors[measurement] = setting.values[0]
            elif setting.kind is SettingKind.RATE_HZ and setting.values:
                fitting = [rate for rate in setting.values if rate <= self._wanted_hz]
                self._rates[measurement] = float(max(fitting) if fitting else min(setting.values))
                held = self._acc if measurement is Measurement.ACC else self._gyr
                held.nominal_s = 1.0 / self._rates[measurement]

    def _joined(self, frame: Frame) -> list[Measured]:
        """What both streams cover: the acceleration between its samples, at the instants of the other."""
        acc, gyr = self._acc, self._gyr
        gyr.follow(acc)
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
