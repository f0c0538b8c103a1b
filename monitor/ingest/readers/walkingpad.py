"""WalkingPads: speed and distance of the belt."""

from devices.frames import Frame
from monitor.ingest.exercise_machine import machine_samples
from monitor.ingest.reader import Measured, Reader
from monitor.samples import Code
from protocols.ble import walkingpad


class WalkingPadReader(Reader):
    """One belt."""

    family = "walkingpad"
    # A belt that stands repeats itself.
    streams = frozenset()

    def read(self, frame: Frame) -> list[Measured]:
        """Its answers."""
        if frame.characteristic != walkingpad.NOTIFY:
            return []
        said = walkingpad.decode_status(frame.payload)
        values = {Code.SPEED_KM_H: said.speed_km_h, Code.DISTANCE_M: said.distance_m}
        return machine_samples(self, frame, values)
