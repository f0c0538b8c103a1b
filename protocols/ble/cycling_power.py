"""Cycling Power Service 0x1818: measurement (2A63) of pedals, cranks, hubs and trainers.

Cycling Power Service 1.1, section 3.2; layout in the GATT Specification Supplement. Little-endian. Cadence
and speed follow from two measurements: counted revolutions and the time of the last.
"""

from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import EncodeError
from protocols.ble.codec.flagged_record import Field, Group, RecordLayout
from protocols.ble.codec.value import value

SERVICE: Final = assigned_numbers.CYCLING_POWER_SERVICE
MEASUREMENT: Final = assigned_numbers.CYCLING_POWER_MEASUREMENT

WHEEL_TICKS_PER_S: Final = 2048
CRANK_TICKS_PER_S: Final = 1024


@value
class PowerMeasurement:
    """2A63. What is None was not sent.

    Angles are two of 12 bits in `angles_raw` (maximum, minimum). `other_flags` are bit 1 (the balance is the
    left pedal's), 3 (torque is the crank's), 12 (offset compensation) and the reserved ones; the last two as
    in `flagged_record`.
    """

    power_w: int
    pedal_power_balance_percent: float | None = None
    accumulated_torque_n_m: float | None = None
    wheel_revolutions: int | None = None
    wheel_event_ticks: int | None = None
    crank_revolutions: int | None = None
    crank_event_ticks: int | None = None
    maximum_force_n: int | None = None
    minimum_force_n: int | None = None
    maximum_torque_n_m: float | None = None
    minimum_torque_n_m: float | None = None
    angles_raw: int | None = None
    top_dead_spot_deg: int | None = None
    bottom_dead_spot_deg: int | None = None
    accumulated_energy_kj: int | None = None
    other_flags: int = 0
    unsent: int = 0
    rest: bytes = b""


def _group(bit: int, *fields: Field) -> Group:
    return Group(name=fields[0].name, bit=bit, fields=fields)


_LAYOUT = RecordLayout(
    format_name="cycling_power.measurement",
    flags_size=2,
    groups=(
        _group(0, Field(name="power_w", size=2, signed=True)),
        _group(0x0001, Field(name="pedal_power_balance_percent", size=1, per_unit=2)),
        _group(0x0004, Field(name="accumulated_torque_n_m", size=2, per_unit=32)),
        _group(0x0010, Field(name="wheel_revolutions", size=4), Field(name="wheel_event_ticks", size=2)),
        _group(0x0020, Field(name="crank_revolutions", size=2), Field(name="crank_event_ticks", size=2)),
        _group(
            0x0040,
            Field(name="maximum_force_n", size=2, signed=True),
            Field(name="minimum_force_n", size=2, signed=True),
        ),
        _group(
            0x0080,
            Field(name="maximum_torque_n_m", size=2, signed=True, per_unit=32),
            Field(name="minimum_torque_n_m", size=2, signed=True, per_unit=32),
        ),
        _group(0x0100, Field(name="angles_raw", size=3)),
        _group(0x0200, Field(name="top_dead_spot_deg", size=2)),
        _group(0x0400, Field(name="bottom_dead_spot_deg", size=2)),
        _group(0x0800, Field(name="accumulated_energy_kj", size=2)),
    ),
)


def decode_measurement(data: bytes) -> PowerMeasurement:
    """2A63, 4 bytes and more. Raises DecodeError when it ends early, other than at a notification's end."""
    return PowerMeasurement(**_LAYOUT.decode(data))


def encode_measurement(measurement: PowerMeasurement) -> bytes:
    """2A63. Raises EncodeError when a value does not fit."""
    if measurement.power_w is None:
        raise EncodeError("cycling_power.measurement", field="power_w", expected="a value")
    return _LAYOUT.encode(measurement)
