"""FitShow treadmills: speed, incline and distance of the belt."""

from devices.frames import Frame
from monitor.ingest.exercise_machine import machine_samples
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code
from monitor.sensors import SensorConfig
from protocols.ble import fitshow

KM_PER_MILE = 1.609344
STANDS = {fitshow.State.STANDS, fitshow.State.COUNTS_DOWN, fitshow.State.SAFETY_KEY_OUT}


class FitShowReader(Reader):
    """One belt."""

    family = "fitshow"
    # A belt that stands repeats itself.
    streams = frozenset()

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._miles = bool(config.options.get("miles", False))

    def read(self, frame: Frame) -> list[Measured]:
        """Its answers. A belt that has failed or learns says no speed: nobody knows it."""
        if frame.characteristic != fitshow.NOTIFY:
            return []
        said = fitshow.decode_status(frame.payload)
        if said.run is None:
            return machine_samples(self, frame, {Code.SPEED_KM_H: 0.0} if said.state in STANDS else {})
        speed = said.run.speed_per_h
        return machine_samples(
            self,
            frame,
            {
                Code.SPEED_KM_H: round(speed * KM_PER_MILE, 1) if self._miles else speed,
                # What a belt that counts in miles puts here is not published.
                Code.DISTANCE_M: None if self._miles else said.run.distance_m,
                Code.INCLINE_PERCENT: said.run.incline_percent,
            },
        )
