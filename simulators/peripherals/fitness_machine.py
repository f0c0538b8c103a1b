"""A treadmill that keeps the Fitness Machine Service: one record a second."""

from collections.abc import Mapping

from protocols.ble.fitness_machine import (
    SERVICE,
    STATUS,
    TREADMILL,
    Energy,
    Incline,
    TreadmillData,
    encode_treadmill,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.gym import Machine, build_machine
from simulators.sensors.machine import ExerciseMachine, MachineReading


def record_of(reading: MachineReading) -> TreadmillData:
    """The reading in the service's words; energy is not available."""
    return TreadmillData(
        speed_km_h=round(reading.speed_km_h, 2),
        distance_m=int(reading.distance_m),
        incline=Incline(inclination_percent=round(reading.incline_percent, 1)),
        energy=Energy(),
        elapsed_s=int(reading.t_s) % 65536,
    )


class Treadmill(Machine):
    """The treadmill on the air."""

    service_uuid = SERVICE
    notifies = (TREADMILL, STATUS)
    model = "virtual treadmill"


def _reports(machine: ExerciseMachine, t_s: float) -> Mapping[str, bytes]:
    return {TREADMILL: encode_treadmill(record_of(machine.reading(t_s)))}


def build(around: BuildContext) -> VirtualDevice:
    """The treadmill of a scenario."""
    return build_machine(around, Treadmill, name=f"Treadmill {around.suffix}", reports=_reports)
