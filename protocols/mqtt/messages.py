"""What a station says: alerts, events, vitals, repetitions, status. Nothing here names a patient.

The other direction is in `protocols.mqtt.commands`. Units are UCUM (`/min`, `%`, `deg`, `mm[Hg]`).
"""

from typing import Annotated, Literal

from pydantic import Field

from protocols.mqtt.enums import CommandResult, StationState
from protocols.mqtt.fields import AlertId, Body, Count, Envelope, Id, Instant, Name, Number, Short, Text, Unit

Quality = Literal["good", "questionable", "poor", "missing"]
Priority = Literal["low", "medium", "high"]
AlertKind = Literal["physiological", "technical"]
AlertState = Literal["inactive", "pending", "firing", "acknowledged", "paused", "latched", "resolved"]
# What the receiver should show now: IEEE 11073-10207 (BICEPS) AlertSignalPresence, and its activation state
# "paused".
Presence = Literal["on", "latch", "ack", "paused", "off"]


class AlertFacts(Envelope):
    """One alert, complete: a therapist who sees nothing but this message can judge it.

    `first_offending` is the sample time of the first sample that met the condition, `raised` when the alert
    fired; the difference is the delay that the rule asked for (`confirm_s`) plus what the evidence needed.
    `value_age_s` is how old `value` was at `t` (a reminder repeats what may have been measured minutes ago),
    null where it was of now.
    """

    alert_id: AlertId
    condition: Name
    kind: AlertKind
    priority: Priority
    rule_id: Name
    rule_version: Count
    phase: Name
    message: Text
    advice: Text
    value: Number | None = None
    unit: Unit = ""
    limit: Number | None = None
    q: Unit = ""
    value_age_s: Number | None = None
    sources: Annotated[tuple[Name, ...], Field(max_length=16)] = ()
    confirm_s: Number = 0.0
    first_offending: Instant
    actor: Name | None = None
    reason: Text = ""


class EventMessage(AlertFacts):
    """One transition of one alert. The session's events are contiguous in `seq`; each must be confirmed."""

    from_state: AlertState
    to_state: AlertState


class AlertMessage(AlertFacts):
    """The present state of one alert, retained at `alert/<alert-id>`.

    `change` says what the last transition did; `id` and `seq` are those of its event, so that having received
    either is having received both.
    """

    state: AlertState
    presence: Presence
    change: Literal["raised", "updated", "acknowledged", "paused", "cleared"]


class VitalMessage(Envelope):
    """One value of one vital sign. `value` is null exactly when `q` is missing."""

    code: Name
    value: Number | None
    unit: Unit
    q: Quality


class LatestValue(Body):
    """One value of the snapshot, with the time it was sampled."""

    value: Number | None
    unit: Unit
    q: Quality
    t: Instant | None


class LatestMessage(Envelope):
    """Everything a page that has just been opened needs, once a second.

    `set_number`, `repetitions` and their targets are of the set that runs or ran last; `calibration` says how
    the joint's calibration stands; `paused` names the rules whose signals are paused (`*`: all), until when.
    """

    phase: Name
    values: Annotated[dict[Name, LatestValue], Field(max_length=32)]
    exercise: Name | None = None
    set_number: Count | None = None
    repetitions: Count | None = None
    active_alerts: Count = 0
    set_target: Count | None = None
    repetition_target: Count | None = None
    phase_since: Instant | None = None
    calibration: Text = ""
    paused: Annotated[dict[Name, Instant], Field(max_length=64)] = Field(default_factory=dict)


class RepMessage(Envelope):
    """A repetition was counted; the count is cumulative, so a lost message loses no repetition."""

    exercise: Name
    set_number: Count
    repetitions: Count
    total: Count
    duration_s: Number | None = None


class RomMessage(Envelope):
    """The range of motion of one repetition, degrees; `uncertainty_deg` where it is known."""

    joint: Name
    exercise: Name
    set_number: Count
    repetition: Count
    min_deg: Number
    max_deg: Number
    range_deg: Number
    uncertainty_deg: Number | None = None


class StatusMessage(Body):
    """Birth, heartbeat and will of a station. A `lost` with an older `boot` says nothing about the present.

    A will cannot know when it will be sent: `t` is null in it. `unconfirmed_s` is the age of the oldest event
    that no therapist's application has confirmed, by priority.
    """

    v: Annotated[int, Field(ge=1, le=1)] = 1
    state: StationState
    boot: Count
    t: Instant | None = None
    session_id: Id | None = None
    unconfirmed_s: dict[Priority, Number] = Field(default_factory=dict)


class DeviceMessage(Envelope):
    """A sensor's health: its link and since when, battery, last sample, how often it was lost or damaged."""

    device: Name
    family: Name = ""
    role: Name = ""
    link: Name
    rssi_dbm: Annotated[int, Field(ge=-127, le=20)] | None = None
    battery_percent: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    last_sample: Instant | None = None
    link_since: Instant | None = None
    reconnects: Annotated[int, Field(ge=0)] = 0
    decode_failures: Annotated[int, Field(ge=0)] = 0
    reason: Text = ""


class Channel(Body):
    """A vital sign that the session watches, with the therapist's limits."""

    code: Name
    unit: Unit
    low: Number | None = None
    high: Number | None = None


class LimitInForce(Body):
    """One of the therapist's limits: its value, None where none is set, and which way is the safer one."""

    value: Number | None
    unit: Unit
    tighter: Literal["higher", "lower"]


class PlannedExercise(Body):
    """One exercise as prescribed: degrees, and the seconds of rest after a set."""

    name: Name
    joint: Name
    side: Name = ""
    sets: Count
    repetitions: Count
    range_deg: tuple[Number, Number] | None = None
    rest_s: Number = 0.0


class SessionMessage(Envelope):
    """The session that runs: a random id, what is watched, the plan and the limits in force."""

    session_id: Id
    plan_id: Name = ""
    pack: Name = ""
    started: Instant
    channels: Annotated[tuple[Channel, ...], Field(max_length=32)] = ()
    exercises: Annotated[tuple[PlannedExercise, ...], Field(max_length=20)] = ()
    limits: Annotated[dict[Name, LimitInForce], Field(max_length=64)] = Field(default_factory=dict)
    cuff_every_s: Number | None = None


class EntryMessage(Envelope):
    """One line of the session's record: what somebody said or did, or a set or phase that is over.

    `entry` says which; `subject` names it (`pain`, `knee extension`), `number` is its value where it has one.
    """

    entry: Literal["rating", "note", "posture", "symptom", "limit", "pause", "resume", "set", "phase", "test"]
    subject: Short = ""
    number: Number | None = None
    text: Text = ""
    actor: Name = ""


# What a command did, in JSON scalars.
Detail = bool | Number | Short | None


class ReplyMessage(Envelope):
    """The answer to one command."""

    cmd_id: Id
    verb: Name
    result: CommandResult
    reason: Text = ""
    details: Annotated[dict[Name, Detail], Field(max_length=12)] = Field(default_factory=dict)
