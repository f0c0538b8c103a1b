"""What a therapist's screen shows of a clinic: each station's vitals and alerts, worst first. No drawing."""

from dataclasses import dataclass, field

from monitor.delivery.receiver.events import (
    AlertReceived,
    BrokerState,
    FeedEvent,
    GapFound,
    MessageReceived,
    SessionEnded,
    StationFresh,
    StationStale,
)
from monitor.delivery.receiver.state import Session
from protocols.mqtt.messages import AlertMessage, EventMessage, LatestMessage, ReplyMessage, SessionMessage

URGENCY = {"high": 0, "medium": 1, "low": 2}
PRESENT = frozenset({"firing", "acknowledged", "latched", "paused"})
# The keys that acknowledge.
KEYS = range(1, 10)

MARKS = {"high": "!!!", "medium": "!!", "low": "!"}


@dataclass(slots=True)
class StationView:
    """One station as last heard; `problem` says why it must not be trusted now."""

    station: str
    session_id: str = ""
    problem: str = "not heard yet"
    latest: LatestMessage | None = None
    alerts: dict[str, AlertMessage | EventMessage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert that is there now, with the key that acknowledges it; None while all keys are taken."""

    number: int | None
    session: Session
    message: AlertMessage | EventMessage


@dataclass(slots=True)
class WatchBoard:
    """The whole clinic."""

    stations: dict[str, StationView] = field(default_factory=dict)
    connection: str = "connecting"
    _numbers: dict[tuple[Session, str], int] = field(default_factory=dict)

    def take(self, event: FeedEvent) -> str | None:  # noqa: PLR0911 - one return for each kind of event
        """Bring the board up to date; returns the line a log would print, if there is one."""
        match event:
            case BrokerState():
                self.connection = "" if event.is_connected else event.problem
                return "connected to the broker" if event.is_connected else f"no broker: {event.problem}"
            case AlertReceived():
                return self._alert(event)
            case StationStale():
                self._station(event.station).problem = event.reason
                return f"{event.station}: {event.reason}"
            case StationFresh():
                self._station(event.station).problem = ""
                return f"{event.station}: heard again"
            case GapFound():
                return f"{event.station}: events after {event.after_seq} are missing; asked for them"
            case SessionEnded():
                self.stations[event.station] = StationView(station=event.station, problem="no session")
                return f"{event.station}: the session is over"
            case MessageReceived():
                return self._message(event)

    def rows(self) -> list[AlertRow]:
        """The alerts that are there now, worst first, over all stations.

        An alert keeps its number for as long as it is there: between a look and a key nothing may move.
        """
        present = {
            (Session(station=view.station, session_id=view.session_id), alert_id): message
            for view in self.stations.values()
            for alert_id, message in view.alerts.items()
        }
        self._numbers = {key: number for key, number in self._numbers.items() if key in present}
        ordered = sorted(
            present, key=lambda key: (URGENCY[present[key].priority], present[key].first_offending)
        )
        for key in ordered:
            free = next((n for n in KEYS if n not in self._numbers.values()), None)
            if key not in self._numbers and free is not None:
                self._numbers[key] = free
        return [
            AlertRow(number=self._numbers.get(key), session=key[0], message=present[key]) for key in ordered
        ]

    def _alert(self, event: AlertReceived) -> str:
        view = self._station(event.station)
        message = event.message
        view.session_id = event.session_id
        state = state_of(message)
        known = view.alerts.get(message.alert_id)
        if known is None or (message.boot, message.seq) >= (known.boot, known.seq):
            if state in PRESENT:
                view.alerts[message.alert_id] = message
            else:
                view.alerts.pop(message.alert_id, None)
        late = f" (late: it was at {message.t})" if event.is_late else ""
        return (
            f"{MARKS[message.priority]} {event.station}: {message.message} [{message.alert_id}] {state}{late}"
        )

    def _message(self, event: MessageReceived) -> str | None:
        view = self._station(event.station)
        if view.problem == "not heard yet":
            view.problem = ""
        match event.message:
            case LatestMessage():
                view.latest, view.session_id = event.message, event.session_id or view.session_id
            case SessionMessage():
                view.session_id = event.message.session_id
                return f"{event.station}: session {event.message.session_id}"
            case ReplyMessage(result="rejected" | "expired"):
                return f"{event.station}: {event.message.verb} {event.message.result}: {event.message.reason}"
            case _:
                pass
        return None

    def _station(self, station: str) -> StationView:
        return self.stations.setdefault(station, StationView(station=station))


def state_of(message: AlertMessage | EventMessage) -> str:
    """The state that a message puts its alert in."""
    return message.to_state if isinstance(message, EventMessage) else message.state
