"""Samples of one IMU to blocks on the station's clock, in SI units. Shared by all families of IMUs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from devices.frames import Frame
from monitor.ingest.clock_map import ClockMap, ClockMapParams
from monitor.ingest.reader import Measured, Reader
from monitor.samples import ImuBlock
from monitor.sensors import SensorConfig


class ImuStream:
    """One sensor's stream.

    `tick_hz` and `tick_bits` describe the sensor's counter; a sensor without one is counted.
    `drift_bound_ppm` is how far its clock may be off.
    """

    def __init__(
        self,
        *,
        rate_hz: float,
        drift_bound_ppm: float,
        tick_hz: float | None = None,
        tick_bits: int = 32,
    ) -> None:
        self._clock = ClockMap(
            ClockMapParams(
                nominal_rate_hz=rate_hz,
                drift_bound_ppm=drift_bound_ppm,
                tick_hz=tick_hz,
                tick_bits=tick_bits,
            )
        )

    def block(
        self,
        reader: Reader,
        frame: Frame,
        *,
        acc_m_s2: ArrayLike,
        gyr_rad_s: ArrayLike,
        ticks: int | None = None,
    ) -> list[Measured]:
        """Rows (n, 3) of one notification, newest last; `ticks` is the counter at the newest."""
        acc = np.asarray(acc_m_s2, dtype=np.float64).reshape(-1, 3)
        if len(acc) == 0:
            return []
        stamps = self._clock.stamp(received_ns=frame.received_ns, count=len(acc), ticks=ticks)
        return [
            ImuBlock(
                device=reader.device,
                t_ns=stamps.t_ns,
                acc_m_s2=acc,
                gyr_rad_s=np.asarray(gyr_rad_s, dtype=np.float64).reshape(-1, 3),
                received_ns=frame.received_ns,
                gap_before=stamps.gap_before,
            )
        ]


def rate_of(config: SensorConfig, default_hz: float) -> float:
    """The rate that the driver sets: the option `rate_hz` of `station.toml`, or the driver's own."""
    value = config.options.get("rate_hz", default_hz)
    return float(value)


def radians(degrees: Sequence[Sequence[float]]) -> ArrayLike:
    """Rows in deg/s as rad/s."""
    return np.deg2rad(np.asarray(degrees, dtype=np.float64))
