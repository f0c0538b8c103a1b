"""The values that go into the store and come out of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.alerts.transition import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One alert message to be stored with its transition.

    `retained` False: an event, kept open until `message_id` is confirmed. `retained` True: what the topic
    says from now on; `cleared` marks the last word on it. `body` is the payload but for what only the moment
    of sending knows (`sent`, `hist`). `priority` is that of the call for a person, which a transition that
    calls nobody yet does not make.
    """

    message_id: str
    topic: str
    body: str
    priority: Priority
    retained: bool = False
    cleared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One event on its way. `row` rises in the order of storing, over all sessions and boots."""

    row: int
    message_id: str
    session_id: str
    boot: int
    seq: int
    alert_id: str
    priority: Priority
    topic: str
    body: str
    created_utc_ns: int
    published: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RetainedRow:
    """What one retained topic must say. `confirmed`: the event of its `message_id` has been confirmed."""

    topic: str
    message_id: str
    session_id: str
    body: str
    cleared: bool
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotReading:
    """A reading that a device sends once (a cuff's), raw and decoded.

    `taken_at` is the device's own timestamp (ISO 8601, local to the device) or None, `user_index` the
    device's user or None, `values` the decoded numbers by name (None: the device sent NaN).
    """

    device: str
    characteristic: str
    received_ns: int
    payload: bytes
    taken_at: str | None
    user_index: int | None
    values: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCommand:
    """A command taken before. `result` is None when its run was cut off."""

    cmd_id: str
    verb: str
    actor: str
    result: str | None
    reason: str
    details: Mapping[str, str | float | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """One session as stored; `header` and `summary` are JSON values."""

    session_id: str
    boot: int
    started_utc_ns: int
    ended_utc_ns: int | None
    header: Mapping[str, object] = field(default_factory=dict)
    summary: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit; `digest` covers this entry and `previous`, the digest before it."""

    entry: int
    at_utc_ns: int
    actor: str
    action: str
    subject: str
    detail: str
    previous: str
    digest: str
