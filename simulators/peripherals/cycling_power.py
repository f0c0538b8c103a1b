"""A crank power meter that keeps the Cycling Power Service."""

from collections.abc import Mapping

from protocols.ble.cycling_power import (
    CRANK_TICKS_PER_S,
    MEASUREMENT,
    SERVICE,
    PowerMeasurement,
    encode_measurement,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.gym import Machine, build_machine
from simulators.sensors.machine import ExerciseMachine

# The counters ran before the station came; the crank's time goes over its end within the minute.
_TICKS_AT_START = 64_000
_TURNS_AT_START = 65_530


class PowerMeter(Machine):
    """The power meter on the air."""

    service_uuid = SERVICE
    notifies = (MEASUREMENT,)
    model = "virtual power meter"


def _reports(machine: ExerciseMachine, t_s: float) -> Mapping[str, bytes]:
    turns = machine.crank(t_s)
    measurement = PowerMeasurement(
        power_w=round(machine.reading(t_s).power_w),
        crank_revolutions=(_TURNS_AT_START + turns.count) % 65536,
        crank_event_ticks=(_TICKS_AT_START + round(turns.last_s * CRANK_TICKS_PER_S)) % 65536,
    )
    return {MEASUREMENT: encode_measurement(measurement)}


def build(around: BuildContext) -> VirtualDevice:
    """The power meter of a scenario."""
    return build_machine(around, PowerMeter, name=f"Power {around.suffix}", reports=_reports)
