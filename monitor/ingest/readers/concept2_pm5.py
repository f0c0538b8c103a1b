"""Concept2 PM5: speed, stroke rate, distance; power of each stroke.

After the last stroke the monitor goes on telling its speed and rate: while its state says that nobody rows,
both are 0. A heart rate that it relays is left alone.
"""

from devices.frames import Frame
from monitor.ingest.exercise_machine import KM_H_PER_M_S, machine_samples
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code
from monitor.sensors import SensorConfig
from protocols.ble import concept2_pm5 as pm5


class Concept2Pm5Reader(Reader):
    """One ergometer."""

    family = "concept2_pm5"
    # Its clock runs only while somebody rows.
    streams = frozenset()

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._is_rowing = False

    def connected(self) -> None:
        """Nobody knows what happened meanwhile."""
        self._is_rowing = False

    def read(self, frame: Frame) -> list[Measured]:
        """Status, and strokes."""
        if frame.characteristic == pm5.GENERAL_STATUS:
            status = pm5.decode_general_status(frame.payload)
            self._is_rowing = status.is_rowing
            return machine_samples(self, frame, {Code.DISTANCE_M: status.distance_m})
        if frame.characteristic == pm5.ADDITIONAL_STATUS:
            more = pm5.decode_additional_status(frame.payload)
            speed_km_h = more.speed_m_s * KM_H_PER_M_S if self._is_rowing else 0.0
            strokes = more.strokes_per_min if self._is_rowing else 0
            values = {Code.SPEED_KM_H: speed_km_h, Code.CADENCE_PER_MIN: strokes}
            return machine_samples(self, frame, values)
        if frame.characteristic == pm5.ADDITIONAL_STROKE:
            stroke = pm5.decode_additional_stroke(frame.payload)
            return machine_samples(self, frame, {Code.POWER_W: stroke.power_w})
        return []
