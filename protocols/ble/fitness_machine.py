"""Fitness Machine Service 0x1826: what treadmills, cross trainers, climbers, rowers and bikes report.

Fitness Machine Service 1.0, sections 4.4 to 4.9 (data) and 4.17 (status); layouts in the GATT Specification
Supplement. Little-endian. The control point (2AD9) is left out on purpose: it starts a belt under a person.
"""

from enum import IntEnum
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import Fitting, check_length, unknown_code
from protocols.ble.codec.flagged_record import Field, Group, RecordLayout
from protocols.ble.codec.value import value

SERVICE: Final = assigned_numbers.FITNESS_MACHINE_SERVICE
TREADMILL: Final = assigned_numbers.TREADMILL_DATA
CROSS_TRAINER: Final = assigned_numbers.CROSS_TRAINER_DATA
STEP_CLIMBER: Final = assigned_numbers.STEP_CLIMBER_DATA
STAIR_CLIMBER: Final = assigned_numbers.STAIR_CLIMBER_DATA
ROWER: Final = assigned_numbers.ROWER_DATA
INDOOR_BIKE: Final = assigned_numbers.INDOOR_BIKE_DATA
STATUS: Final = assigned_numbers.FITNESS_MACHINE_STATUS

_NO_U16, _NO_S16, _NO_U8 = 0xFFFF, 0x7FFF, 0xFF
_LONGEST_STATUS = 512


class StatusCode(IntEnum):
    """Table 4.16: what has happened to the machine."""

    RESET = 0x01
    STOPPED_OR_PAUSED_BY_USER = 0x02
    STOPPED_BY_SAFETY_KEY = 0x03
    STARTED_OR_RESUMED_BY_USER = 0x04
    TARGET_SPEED_CHANGED = 0x05
    TARGET_INCLINE_CHANGED = 0x06
    TARGET_RESISTANCE_CHANGED = 0x07
    TARGET_POWER_CHANGED = 0x08
    TARGET_HEART_RATE_CHANGED = 0x09
    TARGETED_EXPENDED_ENERGY_CHANGED = 0x0A
    TARGETED_STEPS_CHANGED = 0x0B
    TARGETED_STRIDES_CHANGED = 0x0C
    TARGETED_DISTANCE_CHANGED = 0x0D
    TARGETED_TRAINING_TIME_CHANGED = 0x0E
    TARGETED_TIME_IN_2_ZONES_CHANGED = 0x0F
    TARGETED_TIME_IN_3_ZONES_CHANGED = 0x10
    TARGETED_TIME_IN_5_ZONES_CHANGED = 0x11
    BIKE_SIMULATION_CHANGED = 0x12
    WHEEL_CIRCUMFERENCE_CHANGED = 0x13
    SPIN_DOWN_STATUS = 0x14
    TARGETED_CADENCE_CHANGED = 0x15
    CONTROL_PERMISSION_LOST = 0xFF


@value
class Energy:
    """Expended energy; None is "not available"."""

    total_kcal: int | None = None
    per_hour_kcal: int | None = None
    per_minute_kcal: int | None = None


@value
class Incline:
    """Inclination and ramp angle; None is "not available"."""

    inclination_percent: float | None = None
    ramp_angle_deg: float | None = None


@value
class ElevationGain:
    """Climbed and descended since the beginning, m; None is "not available"."""

    positive_m: float | None = None
    negative_m: float | None = None


@value
class BeltForce:
    """Force on the belt and power output; None is "not available"."""

    force_n: int | None = None
    power_w: int | None = None


@value
class TreadmillData:
    """2ACD. In every record: what is None was not sent; `flagged_record` says what the last three are."""

    speed_km_h: float | None = None
    average_speed_km_h: float | None = None
    distance_m: int | None = None
    incline: Incline | None = None
    elevation_gain: ElevationGain | None = None
    pace_km_min: float | None = None
    average_pace_km_min: float | None = None
    energy: Energy | None = None
    heart_rate_per_min: int | None = None
    metabolic_equivalent: float | None = None
    elapsed_s: int | None = None
    remaining_s: int | None = None
    belt: BeltForce | None = None
    other_flags: int = 0
    unsent: int = 0
    rest: bytes = b""


@value
class CrossTrainerData:
    """2ACE. Bit 15 of `other_flags` is backward movement; strides have a resolution of 0.1."""

    speed_km_h: float | None = None
    average_speed_km_h: float | None = None
    distance_m: int | None = None
    steps_per_min: int | None = None
    average_steps_per_min: int | None = None
    strides: float | None = None
    elevation_gain: ElevationGain | None = None
    incline: Incline | None = None
    resistance_level: float | None = None
    power_w: int | None = None
    average_power_w: int | None = None
    energy: Energy | None = None
    heart_rate_per_min: int | None = None
    metabolic_equivalent: float | None = None
    elapsed_s: int | None = None
    remaining_s: int | None = None
    other_flags: int = 0
    unsent: int = 0
    rest: bytes = b""


@value
class StepClimberData:
    """2ACF."""

    floors: int | None = None
    steps: int | None = None
    steps_per_min: int | None = None
    average_steps_per_min: int | None = None
    elevation_gain_m: int | None = None
    energy: Energy | None = None
    heart_rate_per_min: int | None = None
    metabolic_equivalent: float | None = None
    elapsed_s: int | None = None
    remaining_s: int | None = None
    other_flags: int = 0
    unsent: int = 0
    rest: bytes = b""


@value
class StairClimberData:
    """2AD0."""

    floors: int | None = None
    steps_per_min: int | None = None
    average_steps_per_min: int | None = None
    elevation_gain_m: int | None = None
    strides: int | None = None
    energy: Energy | None = None
    heart_rate_per_min: int | None = None
    metabolic_equivalent: float | None = None
    elapsed_s: int | None = None
    remaining_s: int | None = None
    other_flags: int = 0
    unsent: int = 0
    rest: bytes = b""


@value
class RowerData:
    """2AD1. Pace is the time for 500 m."""

    strokes_per_min: float | None = None
    strokes: int | None = None
    average_strokes_per_min: float | None = None
    distance_m: int | None = None
    pace_s: int | None = None
    average_pace_s: int | None = None
    power_w: int | None = None
    average_power_w: int | None = None
    resistance_level: int | None = None
    energy: Energy | None = None
    heart_rate_per_min: int | None = None
    metabolic_equivalent: float | None = None
    elapsed_s: int | None = None
    remaining_s: int | None = None
    other_flags: int = 0
    unsent: int = 0
    rest: bytes = b""


@value
class IndoorBikeData:
    """2AD2."""

    speed_km_h: float | None = None
    average_speed_km_h: float | None = None
    cadence_per_min: float | None = None
    average_cadence_per_min: float | None = None
    distance_m: int | None = None
    resistance_level: int | None = None
    power_w: int | None = None
    average_power_w: int | None = None
    energy: Energy | None = None
    heart_rate_per_min: int | None = None
    metabolic_equivalent: float | None = None
    elapsed_s: int | None = None
    remaining_s: int | None = None
    other_flags: int = 0
    unsent: int = 0
    rest: bytes = b""


@value
class MachineStatus:
    """2ADA: what has happened, and the new value where there is one, as sent."""

    code: StatusCode
    parameter: bytes = b""


def _one(name: str, bit: int, size: int, *, signed: bool = False, per_unit: int = 1) -> Group:
    return Group(name=name, bit=bit, fields=(Field(name=name, size=size, signed=signed, per_unit=per_unit),))


def _speed() -> tuple[Group, ...]:
    """Instantaneous speed, there unless bit 0 says "more data", and its average."""
    field = Field(name="speed_km_h", size=2, per_unit=100)
    return (
        Group(name="speed_km_h", bit=1, inverted=True, fields=(field,)),
        _one("average_speed_km_h", 2, 2, per_unit=100),
    )


def _first(*fields: Field) -> Group:
    return Group(name=fields[0].name, bit=1, inverted=True, fields=fields)


def _energy(bit: int) -> Group:
    return Group(
        name="energy",
        bit=bit,
        kind=Energy,
        fields=(
            Field(name="total_kcal", size=2, missing=_NO_U16),
            Field(name="per_hour_kcal", size=2, missing=_NO_U16),
            Field(name="per_minute_kcal", size=1, missing=_NO_U8),
        ),
    )


def _incline(bit: int) -> Group:
    return Group(
        name="incline",
        bit=bit,
        kind=Incline,
        fields=(
            Field(name="inclination_percent", size=2, signed=True, per_unit=10, missing=_NO_S16),
            Field(name="ramp_angle_deg", size=2, signed=True, per_unit=10, missing=_NO_S16),
        ),
    )


def _elevation(bit: int, *, per_m: int) -> Group:
    return Group(
        name="elevation_gain",
        bit=bit,
        kind=ElevationGain,
        fields=(
            Field(name="positive_m", size=2, per_unit=per_m, missing=_NO_U16),
            Field(name="negative_m", size=2, per_unit=per_m, missing=_NO_U16),
        ),
    )


def _tail(first_bit: int) -> tuple[Group, ...]:
    """Energy, heart rate, metabolic equivalent, elapsed and remaining time: the end of every record."""
    return (
        _energy(first_bit),
        _one("heart_rate_per_min", first_bit << 1, 1),
        _one("metabolic_equivalent", first_bit << 2, 1, per_unit=10),
        _one("elapsed_s", first_bit << 3, 2),
        _one("remaining_s", first_bit << 4, 2),
    )


_TREADMILL = RecordLayout(
    format_name="fitness_machine.treadmill",
    flags_size=2,
    groups=(
        *_speed(),
        _one("distance_m", 0x0004, 3),
        _incline(0x0008),
        _elevation(0x0010, per_m=10),
        _one("pace_km_min", 0x0020, 1, per_unit=10),
        _one("average_pace_km_min", 0x0040, 1, per_unit=10),
        *_tail(0x0080),
        Group(
            name="belt",
            bit=0x1000,
            kind=BeltForce,
            fields=(
                Field(name="force_n", size=2, signed=True, missing=_NO_S16),
                Field(name="power_w", size=2, signed=True, missing=_NO_S16),
            ),
        ),
    ),
)
_CROSS_TRAINER = RecordLayout(
    format_name="fitness_machine.cross_trainer",
    flags_size=3,
    groups=(
        *_speed(),
        _one("distance_m", 0x0004, 3),
        Group(
            name="steps_per_min",
            bit=0x0008,
            fields=(Field(name="steps_per_min", size=2), Field(name="average_steps_per_min", size=2)),
        ),
        _one("strides", 0x0010, 2, per_unit=10),
        _elevation(0x0020, per_m=1),
        _incline(0x0040),
        _one("resistance_level", 0x0080, 2, signed=True, per_unit=10),
        _one("power_w", 0x0100, 2, signed=True),
        _one("average_power_w", 0x0200, 2, signed=True),
        *_tail(0x0400),
    ),
)
_STEP_CLIMBER = RecordLayout(
    format_name="fitness_machine.step_climber",
    flags_size=2,
    groups=(
        _first(Field(name="floors", size=2), Field(name="steps", size=2)),
        _one("steps_per_min", 0x0002, 2),
        _one("average_steps_per_min", 0x0004, 2),
        _one("elevation_gain_m", 0x0008, 2),
        *_tail(0x0010),
    ),
)
_STAIR_CLIMBER = RecordLayout(
    format_name="fitness_machine.stair_climber",
    flags_size=2,
    groups=(
        _first(Field(name="floors", size=2)),
        _one("steps_per_min", 0x0002, 2),
        _one("average_steps_per_min", 0x0004, 2),
        _one("elevation_gain_m", 0x0008, 2),
        _one("strides", 0x0010, 2),
        *_tail(0x0020),
    ),
)
_ROWER = RecordLayout(
    format_name="fitness_machine.rower",
    flags_size=2,
    groups=(
        _first(Field(name="strokes_per_min", size=1, per_unit=2), Field(name="strokes", size=2)),
        _one("average_strokes_per_min", 0x0002, 1, per_unit=2),
        _one("distance_m", 0x0004, 3),
        _one("pace_s", 0x0008, 2),
        _one("average_pace_s", 0x0010, 2),
        _one("power_w", 0x0020, 2, signed=True),
        _one("average_power_w", 0x0040, 2, signed=True),
        _one("resistance_level", 0x0080, 2, signed=True),
        *_tail(0x0100),
    ),
)
_INDOOR_BIKE = RecordLayout(
    format_name="fitness_machine.indoor_bike",
    flags_size=2,
    groups=(
        *_speed(),
        _one("cadence_per_min", 0x0004, 2, per_unit=2),
        _one("average_cadence_per_min", 0x0008, 2, per_unit=2),
        _one("distance_m", 0x0010, 3),
        _one("resistance_level", 0x0020, 2, signed=True),
        _one("power_w", 0x0040, 2, signed=True),
        _one("average_power_w", 0x0080, 2, signed=True),
        *_tail(0x0100),
    ),
)


def decode_treadmill(data: bytes) -> TreadmillData:
    """2ACD. Raises DecodeError when the record ends early, other than at a notification's end."""
    return TreadmillData(**_TREADMILL.decode(data))


def encode_treadmill(record: TreadmillData) -> bytes:
    """2ACD. Raises EncodeError when a value does not fit."""
    return _TREADMILL.encode(record)


def decode_cross_trainer(data: bytes) -> CrossTrainerData:
    """2ACE. Raises DecodeError when the record ends early, other than at a notification's end."""
    return CrossTrainerData(**_CROSS_TRAINER.decode(data))


def encode_cross_trainer(record: CrossTrainerData) -> bytes:
    """2ACE. Raises EncodeError when a value does not fit."""
    return _CROSS_TRAINER.encode(record)


def decode_step_climber(data: bytes) -> StepClimberData:
    """2ACF. Raises DecodeError when the record ends early, other than at a notification's end."""
    return StepClimberData(**_STEP_CLIMBER.decode(data))


def encode_step_climber(record: StepClimberData) -> bytes:
    """2ACF. Raises EncodeError when a value does not fit."""
    return _STEP_CLIMBER.encode(record)


def decode_stair_climber(data: bytes) -> StairClimberData:
    """2AD0. Raises DecodeError when the record ends early, other than at a notification's end."""
    return StairClimberData(**_STAIR_CLIMBER.decode(data))


def encode_stair_climber(record: StairClimberData) -> bytes:
    """2AD0. Raises EncodeError when a value does not fit."""
    return _STAIR_CLIMBER.encode(record)


def decode_rower(data: bytes) -> RowerData:
    """2AD1. Raises DecodeError when the record ends early, other than at a notification's end."""
    return RowerData(**_ROWER.decode(data))


def encode_rower(record: RowerData) -> bytes:
    """2AD1. Raises EncodeError when a value does not fit."""
    return _ROWER.encode(record)


def decode_indoor_bike(data: bytes) -> IndoorBikeData:
    """2AD2. Raises DecodeError when the record ends early, other than at a notification's end."""
    return IndoorBikeData(**_INDOOR_BIKE.decode(data))


def encode_indoor_bike(record: IndoorBikeData) -> bytes:
    """2AD2. Raises EncodeError when a value does not fit."""
    return _INDOOR_BIKE.encode(record)


def decode_status(data: bytes) -> MachineStatus:
    """2ADA, 1 byte and the parameter.

    Raises:
        DecodeError: when it is empty or too long, or for a code that is reserved.
    """
    name = "fitness_machine.status"
    check_length(name, data, 1, _LONGEST_STATUS)
    try:
        return MachineStatus(code=StatusCode(data[0]), parameter=data[1:])
    except ValueError:
        raise unknown_code(name, data, 0, "code", "01 to 15, or ff") from None


def encode_status(status: MachineStatus) -> bytes:
    """2ADA. Raises EncodeError when the parameter is too long."""
    with Fitting(
        "fitness_machine.status", field="parameter", expected=f"at most {_LONGEST_STATUS - 1} bytes"
    ):
        if len(status.parameter) >= _LONGEST_STATUS:
            raise ValueError(len(status.parameter))
        return bytes((status.code,)) + status.parameter
