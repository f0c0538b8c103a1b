"""Concept2 PM5: the monitor of Concept2's rowers, ski and bike ergometers.

Source: Concept2 PM5 Bluetooth Smart Communication Interface Definition, tables 6 to 10; checked against the
recording of a rowed 100 m that ErgometerJS publishes. Little-endian, fixed layouts; newer firmware appends
bytes (the kind of machine), which are kept in `rest`. The control service (CSAFE) is left out.
"""

from typing import Final

from protocols.ble.codec.errors import EncodeError, check_length, unknown_code
from protocols.ble.codec.flagged_record import Field, Group, RecordLayout
from protocols.ble.codec.value import value

NAME_PREFIX: Final = "PM5 "


def _uuid(number: int) -> str:
    return f"ce06{number:04x}-43e5-11e4-916c-0800200c9a66"


DEVICE_INFORMATION_SERVICE: Final = _uuid(0x0010)
ROWING_SERVICE: Final = _uuid(0x0030)
SERIAL_NUMBER: Final = _uuid(0x0012)
GENERAL_STATUS: Final = _uuid(0x0031)
ADDITIONAL_STATUS: Final = _uuid(0x0032)
ADDITIONAL_STATUS_2: Final = _uuid(0x0033)
SAMPLE_RATE: Final = _uuid(0x0034)
STROKE: Final = _uuid(0x0035)
ADDITIONAL_STROKE: Final = _uuid(0x0036)

# Table 7, "sample rate": what can be written to SAMPLE_RATE, and the seconds between reports.
PERIODS_S: Final = {0: 1.0, 1: 0.5, 2: 0.25, 3: 0.1}
_NO_HEART_RATE = 0xFF


@value
class GeneralStatus:
    """0x0031, 19 bytes. States and kinds are the document's numbers (appendix)."""

    elapsed_s: float
    distance_m: float
    workout_type: int
    interval_type: int
    workout_state: int
    rowing_state: int
    stroke_state: int
    total_work_distance_m: int
    workout_duration: int
    workout_duration_type: int
    drag_factor: int
    rest: bytes = b""

    @property
    def is_rowing(self) -> bool:
        """Whether somebody pulls; 0 is "inactive"."""
        return self.rowing_state != 0


@value
class AdditionalStatus:
    """0x0032, 16 bytes; pace is the time for 500 m. No heart rate where no belt is paired with it."""

    elapsed_s: float
    speed_m_s: float
    strokes_per_min: int
    heart_rate_per_min: int | None
    pace_s: float
    average_pace_s: float
    rest_distance_m: int
    rest_time_s: float
    rest: bytes = b""


@value
class AdditionalStatus2:
    """0x0033, 20 bytes."""

    elapsed_s: float
    interval_count: int
    average_power_w: int
    total_kcal: int
    split_average_pace_s: float
    split_average_power_w: int
    split_average_kcal_per_h: int
    last_split_time_s: float
    last_split_distance_m: int
    rest: bytes = b""


@value
class StrokeData:
    """0x0035, 20 bytes, one for each drive and recovery. Forces in pounds, as sent."""

    elapsed_s: float
    distance_m: float
    drive_length_m: float
    drive_time_s: float
    recovery_time_s: float
    stroke_distance_m: float
    peak_force_lbf: float
    average_force_lbf: float
    work_j: float
    strokes: int
    rest: bytes = b""


@value
class AdditionalStrokeData:
    """0x0036, 15 bytes, once a stroke."""

    elapsed_s: float
    power_w: int
    kcal_per_h: int
    strokes: int
    projected_work_time_s: int
    projected_work_distance_m: int
    rest: bytes = b""


def _layout(name: str, *fields: Field) -> RecordLayout:
    groups = tuple(Group(name=field.name, fields=(field,)) for field in fields)
    return RecordLayout(format_name=f"concept2_pm5.{name}", flags_size=0, groups=groups)


_ELAPSED = Field(name="elapsed_s", size=3, per_unit=100)
_DISTANCE = Field(name="distance_m", size=3, per_unit=10)
_GENERAL = _layout(
    "general_status",
    _ELAPSED,
    _DISTANCE,
    Field(name="workout_type", size=1),
    Field(name="interval_type", size=1),
    Field(name="workout_state", size=1),
    Field(name="rowing_state", size=1),
    Field(name="stroke_state", size=1),
    Field(name="total_work_distance_m", size=3),
    Field(name="workout_duration", size=3),
    Field(name="workout_duration_type", size=1),
    Field(name="drag_factor", size=1),
)
_ADDITIONAL = _layout(
    "additional_status",
    _ELAPSED,
    Field(name="speed_m_s", size=2, per_unit=1000),
    Field(name="strokes_per_min", size=1),
    Field(name="heart_rate_per_min", size=1, missing=_NO_HEART_RATE),
    Field(name="pace_s", size=2, per_unit=100),
    Field(name="average_pace_s", size=2, per_unit=100),
    Field(name="rest_distance_m", size=2),
    Field(name="rest_time_s", size=3, per_unit=100),
)
_ADDITIONAL_2 = _layout(
    "additional_status_2",
    _ELAPSED,
    Field(name="interval_count", size=1),
    Field(name="average_power_w", size=2),
    Field(name="total_kcal", size=2),
    Field(name="split_average_pace_s", size=2, per_unit=100),
    Field(name="split_average_power_w", size=2),
    Field(name="split_average_kcal_per_h", size=2),
    Field(name="last_split_time_s", size=3, per_unit=10),
    Field(name="last_split_distance_m", size=3),
)
_STROKE = _layout(
    "stroke",
    _ELAPSED,
    _DISTANCE,
    Field(name="drive_length_m", size=1, per_unit=100),
    Field(name="drive_time_s", size=1, per_unit=100),
    Field(name="recovery_time_s", size=2, per_unit=100),
    Field(name="stroke_distance_m", size=2, per_unit=100),
    Field(name="peak_force_lbf", size=2, per_unit=10),
    Field(name="average_force_lbf", size=2, per_unit=10),
    Field(name="work_j", size=2, per_unit=10),
    Field(name="strokes", size=2),
)
_ADDITIONAL_STROKE = _layout(
    "additional_stroke",
    _ELAPSED,
    Field(name="power_w", size=2),
    Field(name="kcal_per_h", size=2),
    Field(name="strokes", size=2),
    Field(name="projected_work_time_s", size=3),
    Field(name="projected_work_distance_m", size=3),
)


def decode_general_status(data: bytes) -> GeneralStatus:
    """0x0031, 19 bytes and more. Raises DecodeError when it is shorter."""
    return GeneralStatus(**_GENERAL.decode(data))


def encode_general_status(status: GeneralStatus) -> bytes:
    """0x0031. Raises EncodeError when a value does not fit."""
    return _GENERAL.encode(status)


def decode_additional_status(data: bytes) -> AdditionalStatus:
    """0x0032, 16 bytes and more. Raises DecodeError when it is shorter."""
    return AdditionalStatus(**_ADDITIONAL.decode(data))


def encode_additional_status(status: AdditionalStatus) -> bytes:
    """0x0032. Raises EncodeError when a value does not fit."""
    return _ADDITIONAL.encode(status)


def decode_additional_status_2(data: bytes) -> AdditionalStatus2:
    """0x0033, 20 bytes and more. Raises DecodeError when it is shorter."""
    return AdditionalStatus2(**_ADDITIONAL_2.decode(data))


def encode_additional_status_2(status: AdditionalStatus2) -> bytes:
    """0x0033. Raises EncodeError when a value does not fit."""
    return _ADDITIONAL_2.encode(status)


def decode_stroke(data: bytes) -> StrokeData:
    """0x0035, 20 bytes and more. Raises DecodeError when it is shorter."""
    return StrokeData(**_STROKE.decode(data))


def encode_stroke(stroke: StrokeData) -> bytes:
    """0x0035. Raises EncodeError when a value does not fit."""
    return _STROKE.encode(stroke)


def decode_additional_stroke(data: bytes) -> AdditionalStrokeData:
    """0x0036, 15 bytes and more. Raises DecodeError when it is shorter."""
    return AdditionalStrokeData(**_ADDITIONAL_STROKE.decode(data))


def encode_additional_stroke(stroke: AdditionalStrokeData) -> bytes:
    """0x0036. Raises EncodeError when a value does not fit."""
    return _ADDITIONAL_STROKE.encode(stroke)


def decode_sample_rate(data: bytes) -> float:
    """0x0034, 1 byte: the seconds between reports. Raises DecodeError on another length or number."""
    name = "concept2_pm5.sample_rate"
    check_length(name, data, 1)
    if data[0] not in PERIODS_S:
        raise unknown_code(name, data, 0, "rate", "0 to 3")
    return PERIODS_S[data[0]]


def encode_sample_rate(period_s: float) -> bytes:
    """0x0034, 1 byte. Raises EncodeError for a period that the monitor does not have."""
    for number, known_s in PERIODS_S.items():
        if known_s == period_s:
            return bytes((number,))
    raise EncodeError("concept2_pm5.sample_rate", field="period", expected="1, 0.5, 0.25 or 0.1 s")
