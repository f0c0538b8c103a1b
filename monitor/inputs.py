"""What drives a session, besides the frames and link events of `devices.frames`. Pure; time is data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from devices.frames import Frame, LinkEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatus:
    """What the delivery loop knows at `received_ns`; an input, so that a replay sees the same.

    `oldest_unconfirmed_*_s` is the age of the oldest transition of that priority which the therapist's
    application has not confirmed; None when there is none.
    """

    received_ns: int
    connected: bool
    oldest_unconfirmed_high_s: float | None = None
    oldest_unconfirmed_medium_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StationStatus:
    """The station's own health at `received_ns`: how late inputs are worked off, and what failed."""

    received_ns: int
    queue_late_s: float = 0.0
    disk_full: bool = False
    self_check_missed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockAnchor:
    """At the monotonic instant `received_ns` the wall clock said `utc_ns`.

    `utc_offset_s` is local time minus UTC: devices whose clocks people or we have set know local time only.
    """

    received_ns: int
    utc_ns: int
    utc_offset_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time has come to `received_ns`; nothing else happened."""

    received_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Somebody asks the session for something; `actor` and `role` come from the login.

    Verbs: `acknowledge`, `pause`, `resume`, `symptom`, `rating`, `begin`, `end`, `calibrate`, `zero`,
    `snapshot`, `limit`, `override`; `docs/alerts.md` has the arguments of each. JSON scalars only.
    """

    received_ns: int
    command_id: str
    verb: str
    actor: str
    role: str
    arguments: Mapping[str, str | float | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRestored:
    """An alert of a session that was cut off, of the same patient: it goes on in this one.

    `alert_id` is what it was called there, in session `session_id`.
    """

    received_ns: int
    rule_id: str
    is_latched: bool
    priority: str
    message: str
    session_id: str
    alert_id: str


# The one list of what `Session.feed` takes and a recording keeps.
Input = Frame | LinkEvent | Command | Tick | ClockAnchor | DeliveryStatus | StationStatus | AlertRestored
