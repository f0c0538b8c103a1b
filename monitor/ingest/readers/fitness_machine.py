"""Fitness machines (FTMS): speed, distance, incline, cadence, power, resistance, as the machine counts them.

The heart rate that a machine relays is left alone: nobody knows whether it comes from its grips, from a strap
or from the person before.
"""

from collections.abc import Callable, Mapping

from devices.frames import Frame
from monitor.ingest.exercise_machine import KM_H_PER_M_S, machine_samples
from monitor.ingest.reader import Measured, Reader
from monitor.samples import Code
from protocols.ble import fitness_machine as ftms

ROWED_M = 500.0
Values = Mapping[Code, float | None]


class FitnessMachineReader(Reader):
    """One machine."""

    family = "fitness_machine"
    # An idle machine repeats itself.
    streams = frozenset()

    def read(self, frame: Frame) -> list[Measured]:
        """Any of the six records; a status must be readable, and says nothing that is a value."""
        if frame.characteristic == ftms.STATUS:
            ftms.decode_status(frame.payload)
            return []
        values = READ.get(frame.characteristic)
        return [] if values is None else machine_samples(self, frame, values(frame.payload))


def _treadmill(payload: bytes) -> Values:
    record = ftms.decode_treadmill(payload)
    return {
        Code.SPEED_KM_H: record.speed_km_h,
        Code.DISTANCE_M: record.distance_m,
        Code.INCLINE_PERCENT: record.incline.inclination_percent if record.incline else None,
        Code.POWER_W: record.belt.power_w if record.belt else None,
    }


def _cross_trainer(payload: bytes) -> Values:
    record = ftms.decode_cross_trainer(payload)
    return {
        Code.SPEED_KM_H: record.speed_km_h,
        Code.DISTANCE_M: record.distance_m,
        Code.INCLINE_PERCENT: record.incline.inclination_percent if record.incline else None,
        Code.CADENCE_PER_MIN: record.steps_per_min,
        Code.POWER_W: record.power_w,
        Code.RESISTANCE_LEVEL: record.resistance_level,
    }


def _step_climber(payload: bytes) -> Values:
    return {Code.CADENCE_PER_MIN: ftms.decode_step_climber(payload).steps_per_min}


def _stair_climber(payload: bytes) -> Values:
    return {Code.CADENCE_PER_MIN: ftms.decode_stair_climber(payload).steps_per_min}


def _rower(payload: bytes) -> Values:
    record = ftms.decode_rower(payload)
    speed = KM_H_PER_M_S * ROWED_M / record.pace_s if record.pace_s else record.pace_s
    return {
        Code.SPEED_KM_H: speed,
        Code.DISTANCE_M: record.distance_m,
        Code.CADENCE_PER_MIN: record.strokes_per_min,
        Code.POWER_W: record.power_w,
        Code.RESISTANCE_LEVEL: record.resistance_level,
    }


def _indoor_bike(payload: bytes) -> Values:
    record = ftms.decode_indoor_bike(payload)
    return {
        Code.SPEED_KM_H: record.speed_km_h,
        Code.DISTANCE_M: record.distance_m,
        Code.CADENCE_PER_MIN: record.cadence_per_min,
        Code.POWER_W: record.power_w,
        Code.RESISTANCE_LEVEL: record.resistance_level,
    }


READ: Mapping[str, Callable[[bytes], Values]] = {
    ftms.TREADMILL: _treadmill,
    ftms.CROSS_TRAINER: _cross_trainer,
    ftms.STEP_CLIMBER: _step_climber,
    ftms.STAIR_CLIMBER: _stair_climber,
    ftms.ROWER: _rower,
    ftms.INDOOR_BIKE: _indoor_bike,
}
