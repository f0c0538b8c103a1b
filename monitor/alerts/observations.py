"""What the alert engine is told. Each carries `received_ns`; together with `Sample` they are all it knows."""

from dataclasses import dataclass
from enum import StrEnum

from monitor.exercise.phases import Phase
from monitor.inputs import DeliveryStatus, StationStatus
from monitor.samples import DecodeFailure, Sample


class Scale(StrEnum):
    """What a patient can be asked to rate."""

    RPE = "rpe"  # Borg 6..20
    CR10 = "cr10"  # Borg exertion 0..10
    DYSPNOEA = "dyspnoea"  # Borg 0..10
    PAIN = "pain"  # numeric 0..10


class Posture(StrEnum):
    """How the patient is when a cuff measures; rule G11 compares standing with what was before."""

    SUPINE = "supine"
    SITTING = "sitting"
    STANDING = "standing"


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorSeen:
    """A sensor without scalar samples (an IMU) delivered valid data; `moving` when it was in motion."""

    device: str
    received_ns: int
    moving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadSeen:
    """The bytes of a streaming characteristic, for the rule on frozen sensors."""

    device: str
    received_ns: int
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where the session is: phase, whether a set is being done, the workload of the exercise.

    `sees_sets` says whether motion sensors find out when a set begins; without them somebody's word is all.
    """

    received_ns: int
    phase: Phase
    set_active: bool = False
    sees_sets: bool = True
    workload: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """Somebody pressed the symptom button, or said what is wrong."""

    received_ns: int
    symptom: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """The patient rated exertion, dyspnoea or pain."""

    received_ns: int
    scale: Scale
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PostureChanged:
    """The patient lies, sits or stands from now on."""

    received_ns: int
    posture: Posture


@dataclass(frozen=True, slots=True, kw_only=True)
class JointCertainty:
    """Whether the joint angle can be trusted for a surgeon's cap (heading, calibration, skew)."""

    received_ns: int
    certain: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionDone:
    """One repetition's fastest angular speed."""

    received_ns: int
    peak_speed_deg_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStep:
    """The wall clock jumped against the monotonic one."""

    received_ns: int
    step_s: float


Observation = (
    Sample
    | SensorSeen
    | PayloadSeen
    | Context
    | Symptom
    | Rating
    | PostureChanged
    | JointCertainty
    | RepetitionDone
    | ClockStep
    | DecodeFailure
    | DeliveryStatus
    | StationStatus
)
