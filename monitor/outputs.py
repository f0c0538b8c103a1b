"""What the session says: frozen values with one canonical JSON form, so that replays compare to the bit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devices.frames import LinkState
from monitor import canonical_json
from monitor.alerts.transition import Transition
from monitor.exercise.phases import Phase
from monitor.function.result import MeasuredValue
from monitor.samples import Code, Quality
from monitor.sensors import SensorRole


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalUpdate:
    """A vital sign's newest value, or that it has none any more (`value` None, quality MISSING).

    `age_s` is how old the value was at `at_ns`; `source` the device it came from.
    """

    at_ns: int
    t_ns: int
    code: Code
    value: float | None
    unit: str
    quality: Quality
    age_s: float
    source: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JointAngleUpdate:
    """The joint's angle for the displays, at most ten a second; `confidence` 0..1."""

    at_ns: int
    t_ns: int
    joint: str
    angle_deg: float | None
    quality: Quality
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionCounted:
    """One repetition is over. `repetition` counts within the set, whole repetitions only.

    `range_error_deg` is one standard deviation of the range, None where part of it was not measured.
    `tempo_s` is lifting, holding, lowering; `sparc` and `log_dimensionless_jerk` are smoothness, closer to 0
    is smoother. The losses are against the set's first repetitions, None before there are enough.
    `flags`: `partial`, `too_fast`, `interrupted` (part of it was not measured), `fatigue` (speed or range is
    being lost within the set).
    """

    at_ns: int
    exercise: str
    set_number: int
    repetition: int
    repetition_target: int
    t_start_ns: int
    t_end_ns: int
    range_of_motion_deg: float
    minimum_deg: float
    maximum_deg: float
    range_error_deg: float | None = None
    tempo_s: tuple[float, float, float] | None = None
    peak_speed_deg_s: float | None = None
    sparc: float | None = None
    log_dimensionless_jerk: float | None = None
    speed_loss_percent: float | None = None
    range_loss_percent: float | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetEnded:
    """One set is over; the range of motion is the mean of what was measured well.

    For `unseen_s` of it no sensor saw the joint: repetitions may be missing. A difference of ranges below
    `minimal_detectable_change_deg` may be measurement error. `symmetry_percent` is 200 (left - right) /
    (left + right) of the mean ranges, against the last set of the same movement on the other side, None
    without one; `symmetry_detectable` whether it is more than measurement error.
    """

    at_ns: int
    exercise: str
    set_number: int
    set_target: int
    repetitions: int
    repetition_target: int
    range_of_motion_deg: float | None
    t_start_ns: int
    t_end_ns: int
    unseen_s: float = 0.0
    partial: int = 0
    too_fast: int = 0
    range_error_deg: float | None = None
    minimal_detectable_change_deg: float | None = None
    symmetry_percent: float | None = None
    symmetry_detectable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingFiled:
    """A cuff's reading that no rule uses, listed so that nobody looks for it in vain.

    `reason` is `memory` (a record of the cuff's), `repeated` (handed over before) or `other_user` (another
    person's, whose values are not told). `taken` is the date and time that the cuff gives it.
    """

    at_ns: int
    received_ns: int
    device: str
    reason: str
    systolic_mmhg: float | None = None
    diastolic_mmhg: float | None = None
    taken: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseChanged:
    """The session is in another phase; `reason` is the event that moved it."""

    at_ns: int
    from_phase: Phase
    to_phase: Phase
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationReported:
    """How the joint's calibration stands, in words that an assistant can act on."""

    at_ns: int
    joint: str
    state: str
    message: str
    quality: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """A sensor's health: its link and since when, its last data, its battery, what could not be decoded.

    `rssi_dbm` is the signal strength at the last sighting: a connected sensor advertises no more.
    """

    at_ns: int
    device: str
    role: SensorRole
    link: LinkState | None
    reason: str
    reconnects: int
    decode_failures: int
    rssi_dbm: int | None
    battery_percent: float | None
    link_since_ns: int | None = None
    last_data_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandReply:
    """The answer to one command; `reason` says why it was refused, `details` what it did."""

    at_ns: int
    command_id: str
    verb: str
    actor: str
    accepted: bool
    reason: str = ""
    details: Mapping[str, str | float | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTestEvent:
    """In a function test: `what` is `prepare`, `prompt` (to be said now) or `mark` (a lap, a stand)."""

    at_ns: int
    test: str
    what: str
    number: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTestEnded:
    """A trial's result, or its correction: the later one of a test that began at `begin_ns` holds."""

    at_ns: int
    test: str
    protocol_version: int
    state: str
    begin_ns: int | None
    values: tuple[MeasuredValue, ...]
    conditions: Mapping[str, str | float]
    placements: tuple[str, ...]
    reason: str | None


Output = (
    Transition
    | VitalUpdate
    | JointAngleUpdate
    | RepetitionCounted
    | SetEnded
    | PhaseChanged
    | CalibrationReported
    | DeviceStatus
    | ReadingFiled
    | CommandReply
    | FunctionTestEvent
    | FunctionTestEnded
)

TYPE_NAMES: Mapping[type[Output], str] = {
    Transition: "transition",
    VitalUpdate: "vital",
    JointAngleUpdate: "joint_angle",
    RepetitionCounted: "repetition",
    SetEnded: "set_ended",
    PhaseChanged: "phase",
    CalibrationReported: "calibration",
    DeviceStatus: "device",
    ReadingFiled: "reading_filed",
    CommandReply: "reply",
    FunctionTestEvent: "function_test_event",
    FunctionTestEnded: "function_test",
}


def as_record(output: Output) -> dict[str, Any]:
    """`output` as a dict of JSON values with its `type`."""
    record: dict[str, Any] = canonical_json.plain(output)
    record["type"] = TYPE_NAMES[type(output)]
    return record


def to_json(output: Output) -> str:
    """One canonical line: equal outputs give equal text."""
    return canonical_json.encode(as_record(output))
