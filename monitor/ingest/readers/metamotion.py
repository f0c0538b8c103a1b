"""MetaMotion: acceleration and rate of turn in notifications of their own, in turn, without time."""

from devices.frames import Frame
from monitor.ingest.imu_stream import ImuStream, radians
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.sensors import SensorConfig
from protocols.ble import metamotion
from protocols.ble.metamotion import CorrectedAcceleration, CorrectedRate, Vector
from protocols.units import STANDARD_GRAVITY_M_S2

# Its sensor fusion has one rate.
RATE_HZ = 100.0
DRIFT_BOUND_PPM = 500.0


class MetaMotionReader(Reader):
    """One IMU."""

    family = "metamotion"
    streams = frozenset({metamotion.NOTIFY})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._stream = ImuStream(rate_hz=RATE_HZ, drift_bound_ppm=DRIFT_BOUND_PPM)
        self._acc_m_s2: Vector | None = None

    def connected(self) -> None:
        """An acceleration of the old link belongs to no rate of the new one."""
        self._acc_m_s2 = None

    def read(self, frame: Frame) -> list[Measured]:
        """A sample when both halves are there; a half whose other was lost is left out."""
        if frame.characteristic != metamotion.NOTIFY:
            return []
        said = metamotion.decode_fusion(frame.payload)
        if isinstance(said, CorrectedAcceleration):
            x, y, z = said.acc_g
            g = STANDARD_GRAVITY_M_S2
            self._acc_m_s2 = (x * g, y * g, z * g)
        if not isinstance(said, CorrectedRate) or self._acc_m_s2 is None:
            return []
        acc, self._acc_m_s2 = self._acc_m_s2, None
        return self._stream.block(self, frame, acc_m_s2=[acc], gyr_rad_s=radians([said.gyr_deg_s]))
