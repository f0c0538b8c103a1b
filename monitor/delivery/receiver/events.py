"""What a therapist's application is told. Pure values."""

from dataclasses import dataclass

from protocols.mqtt.messages import AlertMessage, EventMessage
from protocols.mqtt.wire import StationMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReceived:
    """An alert has come or changed; each message once, however often it was sent.

    `is_late` when it is told after an outage: `message.t` says when it was.
    """

    station: str
    session_id: str
    message: EventMessage | AlertMessage
    is_late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived:
    """Anything else a station says: vitals, repetitions, devices, status, answers."""

    station: str
    session_id: str | None
    message: StationMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded:
    """The station has no session any more."""

    station: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StationStale:
    """What is shown of this station is old: `reason` is for the one who looks at it."""

    station: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFresh:
    """The station is heard again."""

    station: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFound:
    """Events after `after_seq` are missing; they have been asked for."""

    station: str
    session_id: str
    boot: int
    after_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerState:
    """This application itself can hear the stations, or cannot."""

    is_connected: bool
    problem: str = ""


FeedEvent = (
    AlertReceived | MessageReceived | SessionEnded | StationStale | StationFresh | GapFound | BrokerState
)
