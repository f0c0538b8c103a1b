"""Power meters (CPS): power, and cadence from the crank's counter."""

from devices.frames import Frame
from monitor.ingest.exercise_machine import TurnCounter, machine_samples
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code
from monitor.sensors import SensorConfig
from protocols.ble import cycling_power


class CyclingPowerReader(Reader):
    """One power meter."""

    family = "cycling_power"
    # A crank that stands repeats itself.
    streams = frozenset()

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        super().__init__(config, station)
        self._crank = TurnCounter(ticks_per_s=cycling_power.CRANK_TICKS_PER_S, count_bits=16)

    def connected(self) -> None:
        """Turns of the time in between are not counted."""
        self._crank.reset()

    def read(self, frame: Frame) -> list[Measured]:
        """2A63."""
        if frame.characteristic != cycling_power.MEASUREMENT:
            return []
        said = cycling_power.decode_measurement(frame.payload)
        cadence = None
        if said.crank_revolutions is not None and said.crank_event_ticks is not None:
            cadence = self._crank.per_min(said.crank_revolutions, said.crank_event_ticks, frame.received_ns)
        return machine_samples(self, frame, {Code.POWER_W: said.power_w, Code.CADENCE_PER_MIN: cadence})
