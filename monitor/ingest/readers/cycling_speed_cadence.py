"""Wheel and crank sensors (CSC): cadence; speed where the settings say how far a turn of the wheel goes."""

from devices.frames import Frame
from monitor.ingest.exercise_machine import TurnCounter, machine_samples
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code
from monitor.sensors import SensorConfig
from protocols.ble import cycling_speed_cadence as csc

MINUTES_PER_H = 60.0
M_PER_KM = 1000.0


class CyclingSpeedCadenceReader(Reader):
    """One sensor."""

    family = "cycling_speed_cadence"
    # What stands repeats itself.
    streams = frozenset()

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._crank = TurnCounter(ticks_per_s=csc.TICKS_PER_S, count_bits=16)
        self._wheel = TurnCounter(ticks_per_s=csc.TICKS_PER_S, count_bits=32)
        # Without the wheel a speed would be a guess.
        wheel_m = config.options.get("wheel_circumference_m")
        self._wheel_m = None if wheel_m is None else float(wheel_m)

    def connected(self) -> None:
        """Turns of the time in between are not counted."""
        self._crank.reset()
        self._wheel.reset()

    def read(self, frame: Frame) -> list[Measured]:
        """2A5B."""
        if frame.characteristic != csc.MEASUREMENT:
            return []
        said = csc.decode_measurement(frame.payload)
        cadence = speed = None
        if said.crank_revolutions is not None and said.crank_event_ticks is not None:
            cadence = self._crank.per_min(said.crank_revolutions, said.crank_event_ticks, frame.received_ns)
        if self._wheel_m and said.wheel_revolutions is not None and said.wheel_event_ticks is not None:
            turns = self._wheel.per_min(said.wheel_revolutions, said.wheel_event_ticks, frame.received_ns)
            speed = None if turns is None else turns * self._wheel_m * MINUTES_PER_H / M_PER_KM
        return machine_samples(self, frame, {Code.CADENCE_PER_MIN: cadence, Code.SPEED_KM_H: speed})
