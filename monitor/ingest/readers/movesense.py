"""Movesense: acceleration and rate of turn of one subscription, with a millisecond counter."""

from devices.frames import Frame
from monitor.ingest.imu_stream import ImuStream, radians, rate_of
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.sensors import SensorConfig
from protocols.ble import movesense
from protocols.ble.codec.errors import DecodeError
from protocols.ble.movesense import Data

# What the driver subscribes to.
DRIVER_RATE_HZ = 104.0
DRIFT_BOUND_PPM = 200.0
TICK_HZ = 1_000.0


class MovesenseReader(Reader):
    """One IMU."""

    family = "movesense"
    streams = frozenset({movesense.NOTIFY})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._stream = ImuStream(
            rate_hz=rate_of(config, DRIVER_RATE_HZ), drift_bound_ppm=DRIFT_BOUND_PPM, tick_hz=TICK_HZ
        )
        # The first part of data whose second part is still to come.
        self._begun = b""

    def connected(self) -> None:
        """Half a message of the old link is void."""
        self._begun = b""

    def read(self, frame: Frame) -> list[Measured]:
        """Data of the subscription, whole or in two notifications."""
        if frame.characteristic != movesense.NOTIFY:
            return []
        said = movesense.decode_notification(frame.payload)
        if not isinstance(said, Data):
            return []
        if said.continued:
            content, self._begun = self._begun + said.content, b""
            return self._block(frame, content)
        try:
            return self._block(frame, said.content)
        except DecodeError:
            self._begun = said.content
            return []

    def _block(self, frame: Frame, content: bytes) -> list[Measured]:
        imu = movesense.decode_imu6(content)
        return self._stream.block(
            self,
            frame,
            acc_m_s2=imu.acc_m_s2,
            gyr_rad_s=radians(imu.gyr_deg_s),
            ticks=imu.timestamp_ms,
        )
