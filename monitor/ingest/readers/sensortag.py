"""TI SensorTag CC2650: one sample a notification, without time. Its driver sets the range of 8 g."""

from devices.frames import Frame
from monitor.ingest.imu_stream import ImuStream, radians, rate_of
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.sensors import SensorConfig
from protocols.ble import sensortag
from protocols.ble.sensortag import AccRange
from protocols.units import STANDARD_GRAVITY_M_S2

DRIVER_RATE_HZ = 10.0
DRIVER_RANGE = AccRange.G_8
DRIFT_BOUND_PPM = 500.0


class SensorTagReader(Reader):
    """One IMU."""

    family = "sensortag"
    streams = frozenset({sensortag.DATA})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._stream = ImuStream(rate_hz=rate_of(config, DRIVER_RATE_HZ), drift_bound_ppm=DRIFT_BOUND_PPM)

    def read(self, frame: Frame) -> list[Measured]:
        """AA81."""
        if frame.characteristic != sensortag.DATA:
            return []
        said = sensortag.decode_movement(frame.payload)
        acc = [axis * STANDARD_GRAVITY_M_S2 for axis in said.acc_g(DRIVER_RANGE)]
        return self._stream.block(self, frame, acc_m_s2=[acc], gyr_rad_s=radians([said.gyr_deg_s]))
