"""Running Speed and Cadence Service 0x1814: measurement (2A53) of foot pods and treadmills.

Running Speed and Cadence Service 1.0, section 3.1; layout in the GATT Specification
Supplement. Little-endian.
"""

from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.flagged_record import Field, Group, RecordLayout
from protocols.ble.codec.value import value

SERVICE: Final = assigned_numbers.RUNNING_SPEED_CADENCE_SERVICE
MEASUREMENT: Final = assigned_numbers.RSC_MEASUREMENT

_RUNNING = 0x04


@value
class RscMeasurement:
    """2A53. Cadence as the pod counts it: some count steps, some strides of their own foot.

    What is None was not sent; `other_flags` has bit 2 (running, not walking); the last two as in
    `flagged_record`.
    """

    speed_m_s: float
    cadence_per_min: int
    stride_length_m: float | None = None
    distance_m: float | None = None
    other_flags: int = 0
    unsent: int = 0
    rest: bytes = b""

    @property
    def is_running(self) -> bool:
        """Whether the pod takes it for running; walking otherwise, and where it cannot tell."""
        return bool(self.other_flags & _RUNNING)


_LAYOUT = RecordLayout(
    format_name="running_speed_cadence.measurement",
    flags_size=1,
    groups=(
        Group(
            name="speed_m_s",
            fields=(
                Field(name="speed_m_s", size=2, per_unit=256),
                Field(name="cadence_per_min", size=1),
            ),
        ),
        Group(
            name="stride_length_m",
            bit=0x01,
            fields=(Field(name="stride_length_m", size=2, per_unit=100),),
        ),
        Group(name="distance_m", bit=0x02, fields=(Field(name="distance_m", size=4, per_unit=10),)),
    ),
)


def decode_measurement(data: bytes) -> RscMeasurement:
    """2A53, 4 to 10 bytes, and what a pod appends. Raises DecodeError when it ends early."""
    return RscMeasurement(**_LAYOUT.decode(data))


def encode_measurement(measurement: RscMeasurement) -> bytes:
    """2A53. Raises EncodeError when a value does not fit."""
    return _LAYOUT.encode(measurement)
