"""A wheel and crank sensor that keeps the Cycling Speed and Cadence Service."""

from collections.abc import Mapping

from protocols.ble.cycling_speed_cadence import (
    MEASUREMENT,
    SERVICE,
    TICKS_PER_S,
    CscMeasurement,
    encode_measurement,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.gym import Machine, build_machine
from simulators.sensors.machine import ExerciseMachine

# The counters ran before the station came.
_TICKS_AT_START = 64_000
_CRANK_AT_START = 65_530
_WHEEL_AT_START = 2**32 - 4


class CadenceSensor(Machine):
    """The sensor on the air."""

    service_uuid = SERVICE
    notifies = (MEASUREMENT,)
    model = "virtual cadence sensor"


def _reports(machine: ExerciseMachine, t_s: float) -> Mapping[str, bytes]:
    crank, wheel = machine.crank(t_s), machine.wheel(t_s)
    measurement = CscMeasurement(
        wheel_revolutions=(_WHEEL_AT_START + wheel.count) % 2**32,
        wheel_event_ticks=(_TICKS_AT_START + round(wheel.last_s * TICKS_PER_S)) % 65536,
        crank_revolutions=(_CRANK_AT_START + crank.count) % 65536,
        crank_event_ticks=(_TICKS_AT_START + round(crank.last_s * TICKS_PER_S)) % 65536,
    )
    return {MEASUREMENT: encode_measurement(measurement)}


def build(around: BuildContext) -> VirtualDevice:
    """The sensor of a scenario."""
    return build_machine(around, CadenceSensor, name=f"Cadence {around.suffix}", reports=_reports)
