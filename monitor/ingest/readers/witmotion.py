"""WitMotion IMUs: motion frames to blocks on the station's clock, battery voltage to percent.

The sensor sends neither time nor counter: samples are counted, and the clock map finds drift and loss.
"""

import numpy as np

from devices.frames import Frame
from monitor.ingest.imu_stream import ImuStream, rate_of
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code
from monitor.sensors import SensorConfig
from protocols.ble import witmotion
from protocols.ble.codec.errors import DecodeError
from protocols.ble.witmotion import MotionFrame, WitMotionFramer

# What the driver sets unless the station's file says otherwise.
DRIVER_RATE_HZ = 100.0
# Its clock has been seen 0.7 % off (no crystal in some revisions).
DRIFT_BOUND_PPM = 10_000.0

# Motion frames one behind the other, as a table.
MOTION = np.dtype(
    {
        "names": ["acc", "gyr"],
        "formats": ["(3,)<i2", "(3,)<i2"],
        "offsets": [2, 8],
        "itemsize": witmotion.FRAME_SIZE,
    }
)

# One lithium cell. The curve is flat in the middle, so volts are looked up, not scaled: above 3.96 V it is
# full, below 3.50 V minutes are left. The points follow the steps of the maker's manual (WT901BLE5.0, from
# memory; no published frame confirms them), joined by straight lines so that the figure does not jump.
BATTERY_CURVE_V = (3.30, 3.40, 3.50, 3.68, 3.70, 3.73, 3.77, 3.79, 3.82, 3.87, 3.93, 3.96)
BATTERY_CURVE_PERCENT = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 75.0, 90.0, 100.0)


class WitMotionReader(Reader):
    """One IMU."""

    family = "witmotion"
    streams = frozenset({witmotion.NOTIFY})

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._framer = WitMotionFramer()
        self._stream = ImuStream(rate_hz=rate_of(config, DRIVER_RATE_HZ), drift_bound_ppm=DRIFT_BOUND_PPM)

    def connected(self) -> None:
        """Half a frame of the old link must not be glued to the new one's first bytes."""
        self._framer.reset()

    def read(self, frame: Frame) -> list[Measured]:
        """The notification's frames: one block, and what registers and damage were among them."""
        if frame.characteristic != witmotion.NOTIFY:
            return []
        if self._framer.is_idle and witmotion.is_whole_motion(frame.payload):
            words = np.frombuffer(frame.payload, MOTION)
            return self._stream.block(
                self,
                frame,
                acc_m_s2=words["acc"] * witmotion.ACC_M_S2,
                gyr_rad_s=words["gyr"] * witmotion.GYR_RAD_S,
            )
        return self._read_frames(frame)

    def _read_frames(self, frame: Frame) -> list[Measured]:
        """Frames one by one, wherever the notification cut them."""
        out: list[Measured] = []
        motion: list[MotionFrame] = []
        for one in self._framer.feed(frame.payload):
            if isinstance(one, MotionFrame):
                motion.append(one)
            elif isinstance(one, DecodeError):
                out.append(self.failure(frame, one))
            elif one.battery_v is not None:
                out.append(self.sample(frame, Code.BATTERY_V, one.battery_v))
                out.append(self.sample(frame, Code.BATTERY_PERCENT, battery_percent(one.battery_v)))
        return out + self._stream.block(
            self,
            frame,
            acc_m_s2=[one.acc_m_s2 for one in motion],
            gyr_rad_s=[one.gyr_rad_s for one in motion],
        )


def battery_percent(volts: float) -> float:
    """Percent left of one cell, to whole numbers: more the voltage does not tell."""
    return float(round(np.interp(volts, BATTERY_CURVE_V, BATTERY_CURVE_PERCENT)))
