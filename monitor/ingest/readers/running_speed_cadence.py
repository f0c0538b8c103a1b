"""Foot pods (RSC): speed, cadence as the pod counts it, distance."""

from devices.frames import Frame
from monitor.ingest.exercise_machine import KM_H_PER_M_S, machine_samples
from monitor.ingest.reader import Measured, Reader
from monitor.samples import Code
from protocols.ble import running_speed_cadence as rsc


class RunningSpeedCadenceReader(Reader):
    """One foot pod."""

    family = "running_speed_cadence"
    # Somebody who stands repeats themselves.
    streams = frozenset()

    def read(self, frame: Frame) -> list[Measured]:
        """2A53."""
        if frame.characteristic != rsc.MEASUREMENT:
            return []
        said = rsc.decode_measurement(frame.payload)
        values = {
            Code.SPEED_KM_H: said.speed_m_s * KM_H_PER_M_S,
            Code.CADENCE_PER_MIN: said.cadence_per_min,
            Code.DISTANCE_M: said.distance_m,
        }
        return machine_samples(self, frame, values)
