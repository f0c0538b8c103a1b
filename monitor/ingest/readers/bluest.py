"""ST's BlueST boards: one sample a notification, stamped with the board's milliseconds shifted right by 3."""

from devices.frames import Frame
from monitor.ingest.imu_stream import ImuStream, radians
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.sensors import SensorConfig
from protocols.ble import bluest
from protocols.units import STANDARD_GRAVITY_M_S2

# ST's function packs: FREQ_ACC_GYRO_MAG is 20 Hz. Boards that are built otherwise say so by their stamps.
NOMINAL_RATE_HZ = 20.0
MG_PER_G = 1000.0
# An RC oscillator on some boards.
DRIFT_BOUND_PPM = 1000.0


class BlueStReader(Reader):
    """One IMU."""

    family = "bluest"
    streams = frozenset({bluest.ACC_GYR, bluest.MOTION})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._stream = ImuStream(
            rate_hz=NOMINAL_RATE_HZ,
            drift_bound_ppm=DRIFT_BOUND_PPM,
            tick_hz=bluest.TICKS_PER_S,
            tick_bits=bluest.TICK_BITS,
        )

    def read(self, frame: Frame) -> list[Measured]:
        """Acceleration with rate of turn, with or without the magnetic field."""
        said: bluest.AccGyr | bluest.Motion
        if frame.characteristic == bluest.ACC_GYR:
            said = bluest.decode_acc_gyr(frame.payload)
        elif frame.characteristic == bluest.MOTION:
            said = bluest.decode_motion(frame.payload)
        else:
            return []
        acc = [axis * STANDARD_GRAVITY_M_S2 / MG_PER_G for axis in said.acc_mg]
        turning = [axis / 10.0 for axis in said.gyr_0_1_deg_s]
        return self._stream.block(
            self, frame, acc_m_s2=[acc], gyr_rad_s=radians([turning]), ticks=said.timestamp
        )
