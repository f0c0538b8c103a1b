"""A foot pod that keeps the Running Speed and Cadence Service."""

from collections.abc import Mapping

from protocols.ble.running_speed_cadence import MEASUREMENT, SERVICE, RscMeasurement, encode_measurement
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.gym import Machine, build_machine
from simulators.sensors.machine import ExerciseMachine


class FootPod(Machine):
    """The pod on the air."""

    service_uuid = SERVICE
    notifies = (MEASUREMENT,)
    model = "virtual foot pod"


def _reports(machine: ExerciseMachine, t_s: float) -> Mapping[str, bytes]:
    reading = machine.reading(t_s)
    measurement = RscMeasurement(
        speed_m_s=round(reading.speed_km_h / 3.6 * 256) / 256,
        cadence_per_min=round(reading.cadence_per_min),
        distance_m=round(reading.distance_m, 1),
    )
    return {MEASUREMENT: encode_measurement(measurement)}


def build(around: BuildContext) -> VirtualDevice:
    """The pod of a scenario."""
    return build_machine(around, FootPod, name=f"Foot pod {around.suffix}", reports=_reports)
