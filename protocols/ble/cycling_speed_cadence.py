"""Cycling Speed and Cadence Service 0x1816: measurement (2A5B) of wheel and crank sensors.

Cycling Speed and Cadence Service 1.0, section 3.1; layout in the GATT Specification
Supplement. Little-endian. Speed and cadence follow from two measurements: counted revolutions and the
time of the last, 1/1024 s.
"""

from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.flagged_record import Field, Group, RecordLayout
from protocols.ble.codec.value import value

SERVICE: Final = assigned_numbers.CYCLING_SPEED_CADENCE_SERVICE
MEASUREMENT: Final = assigned_numbers.CSC_MEASUREMENT

TICKS_PER_S: Final = 1024


@value
class CscMeasurement:
    """2A5B. What is None was not sent; the last three as in `flagged_record`."""

    wheel_revolutions: int | None = None
    wheel_event_ticks: int | None = None
    crank_revolutions: int | None = None
    crank_event_ticks: int | None = None
    other_flags: int = 0
    unsent: int = 0
    rest: bytes = b""


_LAYOUT = RecordLayout(
    format_name="cycling_speed_cadence.measurement",
    flags_size=1,
    groups=(
        Group(
            name="wheel_revolutions",
            bit=0x01,
            fields=(Field(name="wheel_revolutions", size=4), Field(name="wheel_event_ticks", size=2)),
        ),
        Group(
            name="crank_revolutions",
            bit=0x02,
            fields=(Field(name="crank_revolutions", size=2), Field(name="crank_event_ticks", size=2)),
        ),
    ),
)


def decode_measurement(data: bytes) -> CscMeasurement:
    """2A5B, 1 to 11 bytes, and what a sensor appends. Raises DecodeError when it ends early."""
    return CscMeasurement(**_LAYOUT.decode(data))


def encode_measurement(measurement: CscMeasurement) -> bytes:
    """2A5B. Raises EncodeError when a value does not fit."""
    return _LAYOUT.encode(measurement)
