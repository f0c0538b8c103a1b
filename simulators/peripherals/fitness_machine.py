"""The six machines of the Fitness Machine Service: each sends one record a second, about itself only."""

from collections.abc import Callable, Mapping

from protocols.ble import fitness_machine as ftms
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.gym import Machine, build_machine
from simulators.sensors.machine import CADENCE_PER_MIN, PACE_KM_H, ExerciseMachine, MachineReading

ROWED_M = 500.0
STEPS_PER_FLOOR = 16
# A rower that hardly moves has no pace yet: the time for 500 m would not fit its field.
HAS_PACE_KM_H = 0.1


class FitnessMachine(Machine):
    """One of them on the air."""

    service_uuid = ftms.SERVICE


class Treadmill(FitnessMachine):
    """The belt's speed, the way, the incline; its energy is not available."""

    notifies = (ftms.TREADMILL, ftms.STATUS)
    model = "virtual treadmill"


class CrossTrainer(FitnessMachine):
    """Steps, power and resistance beside the treadmill's."""

    notifies = (ftms.CROSS_TRAINER, ftms.STATUS)
    model = "virtual cross trainer"


class StepClimber(FitnessMachine):
    """Steps and floors."""

    notifies = (ftms.STEP_CLIMBER, ftms.STATUS)
    model = "virtual step climber"


class StairClimber(FitnessMachine):
    """Steps and floors of an endless stair."""

    notifies = (ftms.STAIR_CLIMBER, ftms.STATUS)
    model = "virtual stair climber"


class Rower(FitnessMachine):
    """Strokes, the time for 500 m, power."""

    notifies = (ftms.ROWER, ftms.STATUS)
    model = "virtual rower"


class IndoorBike(FitnessMachine):
    """Speed, cadence, power, resistance."""

    notifies = (ftms.INDOOR_BIKE, ftms.STATUS)
    model = "virtual bike"


def treadmill_of(reading: MachineReading) -> bytes:
    """Energy is there, as "not available"."""
    return ftms.encode_treadmill(
        ftms.TreadmillData(
            speed_km_h=round(reading.speed_km_h, 2),
            distance_m=int(reading.distance_m),
            incline=ftms.Incline(inclination_percent=round(reading.incline_percent, 1)),
            energy=ftms.Energy(),
            elapsed_s=_elapsed_s(reading),
        )
    )


def cross_trainer_of(reading: MachineReading) -> bytes:
    """Its cadence is steps a minute; their mean comes with them."""
    return ftms.encode_cross_trainer(
        ftms.CrossTrainerData(
            speed_km_h=round(reading.speed_km_h, 2),
            distance_m=int(reading.distance_m),
            steps_per_min=round(reading.cadence_per_min),
            average_steps_per_min=round(60.0 * _steps(reading) / max(reading.t_s, 1.0)),
            incline=ftms.Incline(inclination_percent=round(reading.incline_percent, 1)),
            resistance_level=float(reading.resistance_level),
            power_w=round(reading.power_w),
            elapsed_s=_elapsed_s(reading),
        )
    )


def step_climber_of(reading: MachineReading) -> bytes:
    """Floors and steps come together."""
    steps = _steps(reading)
    return ftms.encode_step_climber(
        ftms.StepClimberData(
            floors=steps // STEPS_PER_FLOOR,
            steps=steps,
            steps_per_min=round(reading.cadence_per_min),
            elapsed_s=_elapsed_s(reading),
        )
    )


def stair_climber_of(reading: MachineReading) -> bytes:
    """Floors alone."""
    return ftms.encode_stair_climber(
        ftms.StairClimberData(
            floors=_steps(reading) // STEPS_PER_FLOOR,
            steps_per_min=round(reading.cadence_per_min),
            elapsed_s=_elapsed_s(reading),
        )
    )


def rower_of(reading: MachineReading) -> bytes:
    """Its cadence is strokes a minute, its speed a pace."""
    moves = reading.speed_km_h >= HAS_PACE_KM_H
    return ftms.encode_rower(
        ftms.RowerData(
            strokes_per_min=round(2.0 * reading.cadence_per_min) / 2.0,
            strokes=_steps(reading),
            distance_m=int(reading.distance_m),
            pace_s=round(3.6 * ROWED_M / reading.speed_km_h) if moves else 0,
            power_w=round(reading.power_w),
            elapsed_s=_elapsed_s(reading),
        )
    )


def indoor_bike_of(reading: MachineReading) -> bytes:
    """Turns of the crank in halves."""
    return ftms.encode_indoor_bike(
        ftms.IndoorBikeData(
            speed_km_h=round(reading.speed_km_h, 2),
            cadence_per_min=round(2.0 * reading.cadence_per_min) / 2.0,
            distance_m=int(reading.distance_m),
            resistance_level=reading.resistance_level,
            power_w=round(reading.power_w),
            elapsed_s=_elapsed_s(reading),
        )
    )


def _elapsed_s(reading: MachineReading) -> int:
    return int(reading.t_s) % 65536


def _steps(reading: MachineReading) -> int:
    """As many as fit the way: cadence and speed rise together."""
    return int(reading.distance_m * (CADENCE_PER_MIN / 60.0) / (PACE_KM_H / 3.6))


KINDS: Mapping[str, tuple[type[FitnessMachine], str, Callable[[MachineReading], bytes]]] = {
    "treadmill": (Treadmill, "Treadmill", treadmill_of),
    "cross_trainer": (CrossTrainer, "Cross trainer", cross_trainer_of),
    "step_climber": (StepClimber, "Step climber", step_climber_of),
    "stair_climber": (StairClimber, "Stair climber", stair_climber_of),
    "rower": (Rower, "Rower", rower_of),
    "indoor_bike": (IndoorBike, "Bike", indoor_bike_of),
}


def build(around: BuildContext) -> VirtualDevice:
    """The machine of a scenario; its section says which one."""
    kind, name, record_of = KINDS[around.section.machine]
    record = kind.notifies[0]

    def reports(machine: ExerciseMachine, t_s: float) -> Mapping[str, bytes]:
        return {record: record_of(machine.reading(t_s))}

    return build_machine(around, kind, name=f"{name} {around.suffix}", reports=reports)
