"""Movella DOT in the mode "rate quantities": one sample a notification with a microsecond counter."""

from devices.frames import Frame
from monitor.ingest.imu_stream import ImuStream, radians, rate_of
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code
from monitor.sensors import SensorConfig
from protocols.ble import movella_dot, movella_dot_device
from protocols.ble.movella_dot import PayloadMode

# The mode and rate that the driver sets.
MODE = PayloadMode.RATE
DRIVER_RATE_HZ = 60.0
PAYLOAD = movella_dot.payload_characteristic(MODE)
# A crystal: 20 to 50 ppm, and room for temperature.
DRIFT_BOUND_PPM = 200.0
TICK_HZ = 1_000_000.0


class MovellaDotReader(Reader):
    """One IMU."""

    family = "movella_dot"
    streams = frozenset({PAYLOAD})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._stream = ImuStream(
            rate_hz=rate_of(config, DRIVER_RATE_HZ), drift_bound_ppm=DRIFT_BOUND_PPM, tick_hz=TICK_HZ
        )

    def read(self, frame: Frame) -> list[Measured]:
        """The payload and the battery."""
        if frame.characteristic == movella_dot_device.BATTERY:
            level = movella_dot_device.decode_battery(frame.payload).level_percent
            return [self.sample(frame, Code.BATTERY_PERCENT, float(level))]
        if frame.characteristic != PAYLOAD:
            return []
        said = movella_dot.decode_payload(MODE, frame.payload)
        if said.acc_m_s2 is None or said.gyr_deg_s is None:
            return []
        return self._stream.block(
            self,
            frame,
            acc_m_s2=[said.acc_m_s2],
            gyr_rad_s=radians([said.gyr_deg_s]),
            ticks=said.timestamp_us,
        )
