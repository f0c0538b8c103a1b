"""Nordic Thingy:52: raw motion, one sample a notification, without time."""

from devices.frames import Frame
from monitor.ingest.imu_stream import ImuStream, radians, rate_of
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.sensors import SensorConfig
from protocols.ble import thingy52
from protocols.units import STANDARD_GRAVITY_M_S2

DRIVER_RATE_HZ = 100.0
DRIFT_BOUND_PPM = 500.0


class Thingy52Reader(Reader):
    """One IMU."""

    family = "thingy52"
    streams = frozenset({thingy52.RAW})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._stream = ImuStream(rate_hz=rate_of(config, DRIVER_RATE_HZ), drift_bound_ppm=DRIFT_BOUND_PPM)

    def read(self, frame: Frame) -> list[Measured]:
        """0406."""
        if frame.characteristic != thingy52.RAW:
            return []
        said = thingy52.decode_raw(frame.payload)
        acc = [axis * STANDARD_GRAVITY_M_S2 for axis in said.acc_g]
        return self._stream.block(self, frame, acc_m_s2=[acc], gyr_rad_s=radians([said.gyr_deg_s]))
