"""What a therapist's screen shows of a clinic: each station's vitals and alerts, worst first. No drawing."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from monitor.cli.demo.messages import limit_words
from monitor.cli.screens.therapist_keys import NumberedAlert
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
from monitor.delivery.receiver.state import SessionKey
from protocols.mqtt.enums import ACTIVE, CommandResult
from protocols.mqtt.messages import AlertMessage, EventMessage, LatestMessage, ReplyMessage, SessionMessage
from protocols.mqtt.plain_text import plain

URGENCY = {"high": 0, "medium": 1, "low": 2}
# What nobody has acknowledged sounds.
WAITING = frozenset({"firing", "latched"})
# The keys that acknowledge.
KEYS = range(1, 10)

MARKS = {"high": "!!!", "medium": "!!", "low": "!"}

NOT_HEARD = "not heard yet"
NO_SESSION = "no session"
# A station's retained status comes with the subscription: a clinic that says nothing has no station, or
# another name.
HEARD_WITHIN_NS = 3_000_000_000
KEPT_LINES = 60


@dataclass(slots=True)
class StationView:
    """One station as last heard; `problem` says why it must not be trusted now.

    `plan_ids` has the patient (a pseudonym) of each session that the station has told of.
    """

    station: str
    session_id: str = ""
    problem: str = NOT_HEARD
    latest: LatestMessage | None = None
    plan_ids: dict[str, str] = field(default_factory=dict)
    alerts: dict[tuple[str, str], AlertMessage | EventMessage] = field(default_factory=dict)

    @property
    def patient(self) -> str:
        """Whose session runs; its id where no name has come."""
        return self.patient_of(self.session_id)

    def patient_of(self, session_id: str) -> str:
        """The patient's pseudonym, or the beginning of the session's id."""
        return self.plan_ids.get(session_id) or (f"session {session_id[:8]}" if session_id else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert that is there now, with the key that acknowledges it; None while all keys are taken.

    `patient` and `at` say whose it is and since when; `is_earlier`: of a session that is over.
    """

    number: int | None
    session: SessionKey
    message: AlertMessage | EventMessage
    patient: str
    at: str
    is_earlier: bool


@dataclass(slots=True)
class FeedView:
    """The whole clinic. `prompt` is what is being typed."""

    clinic: str = ""
    stations: dict[str, StationView] = field(default_factory=dict)
    connection: str = "connecting"
    prompt: str = ""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    _connected_ns: int | None = None
    _numbers: dict[tuple[SessionKey, str], int] = field(default_factory=dict)

    def update(self, event: FeedEvent, *, now_ns: int = 0) -> str | None:
        """Bring the board up to date; returns the line a log would print, if there is one."""
        line = self._line(event, now_ns)
        if line is not None:
            line = plain(line)
            self.lines.append(line)
        return line

    def note(self, line: str) -> None:
        """Something else that a person should read."""
        self.lines.append(line)

    def silence(self, *, now_ns: int) -> str:
        """A sentence while no station of the clinic has ever been heard, though the broker is; else ""."""
        if self.stations or self._connected_ns is None or now_ns - self._connected_ns < HEARD_WITHIN_NS:
            return ""
        return f"no station of clinic {self.clinic!r} is heard: is that its name, and may this login hear it?"

    def sessions(self) -> list[SessionKey]:
        """The sessions that run now."""
        return [
            SessionKey(station=view.station, session_id=view.session_id)
            for view in self.stations.values()
            if view.session_id and view.problem != NO_SESSION
        ]

    def waiting(self) -> list[tuple[str, str]]:
        """(id, priority) of each alert that nobody has acknowledged."""
        return [
            (f"{row.session.station}/{row.session.session_id}/{row.message.alert_id}", row.message.priority)
            for row in self.rows()
            if state_of(row.message) in WAITING
        ]

    def numbered(self) -> dict[str, NumberedAlert]:
        """The alerts by the number beside them."""
        return {
            str(row.number): NumberedAlert(
                session=row.session, alert_id=row.message.alert_id, rule_id=row.message.rule_id
            )
            for row in self.rows()
            if row.number is not None
        }

    def rows(self) -> list[AlertRow]:
        """The alerts that are there now, worst first, over all stations.

        An alert keeps its number for as long as it is there: between a look and a key nothing may move.
        """
        present = {
            (SessionKey(station=view.station, session_id=session_id), alert_id): message
            for view in self.stations.values()
            for (session_id, alert_id), message in view.alerts.items()
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
            self._row(session, message) for session, message in ((key[0], present[key]) for key in ordered)
        ]

    def _row(self, session: SessionKey, message: AlertMessage | EventMessage) -> AlertRow:
        view = self.stations[session.station]
        return AlertRow(
            number=self._numbers.get((session, message.alert_id)),
            session=session,
            message=message,
            patient=view.patient_of(session.session_id),
            at=local_time(message.first_offending),
            is_earlier=session.session_id != view.session_id or view.problem == NO_SESSION,
        )

    def _line(self, event: FeedEvent, now_ns: int) -> str | None:  # noqa: PLR0911 - one for each kind
        match event:
            case BrokerState():
                self.connection = "" if event.is_connected else event.problem
                self._connected_ns = now_ns if event.is_connected else None
                return "connected to the broker" if event.is_connected else f"no broker: {event.problem}"
            case AlertReceived():
                return self._alert(event)
            case StationStale():
                self._station(event.station).problem = event.reason
                return f"{event.station}: {event.reason}"
            case StationFresh():
                view = self._station(event.station)
                view.problem = "" if view.session_id else NO_SESSION
                return f"{event.station}: heard again"
            case GapFound():
                return f"{event.station}: events after {event.after_seq} are missing; asked for them"
            case SessionEnded():
                return self._ended(event.station)
            case MessageReceived():
                return self._message(event)

    def _ended(self, station: str) -> str | None:
        view = self._station(station)
        was, view.problem = view.problem, NO_SESSION
        view.session_id, view.latest = "", None
        return f"{station}: the session is over" if was != NO_SESSION else None

    def _alert(self, event: AlertReceived) -> str:
        view = self._station(event.station)
        message = event.message
        state = state_of(message)
        key = event.session_id, message.alert_id
        known = view.alerts.get(key)
        if known is None or (message.boot, message.seq) >= (known.boot, known.seq):
            if state in ACTIVE:
                view.alerts[key] = message
            else:
                view.alerts.pop(key, None)
        late = " (told late)" if event.is_late else ""
        return (
            f"{local_time(message.t)} {MARKS[message.priority]} {state}, {event.station} "
            f"{view.patient_of(event.session_id)}: {message.message} [{message.alert_id}]{late}"
        )

    def _message(self, event: MessageReceived) -> str | None:
        view = self._station(event.station)
        match event.message:
            case LatestMessage() if event.session_id:
                # The last word of a session that is over may still be on its way.
                if view.problem != NO_SESSION:
                    view.latest, view.session_id = event.message, event.session_id
                    view.problem = "" if view.problem == NOT_HEARD else view.problem
            case SessionMessage(session_id=session_id, plan_id=plan_id):
                is_new = session_id != view.session_id
                view.session_id, view.plan_ids[session_id] = session_id, plan_id
                if view.problem in {NOT_HEARD, NO_SESSION}:
                    view.problem = ""
                if is_new:
                    view.latest = None
                    return f"{event.station}: session {session_id} of {plan_id or 'nobody named'}"
            case ReplyMessage():
                return _reply_line(event.station, event.message)
            case _:
                if view.problem == NOT_HEARD:
                    view.problem = NO_SESSION
        return None

    def _station(self, station: str) -> StationView:
        return self.stations.setdefault(station, StationView(station=station))


def _reply_line(station: str, reply: ReplyMessage) -> str | None:
    if reply.result in {CommandResult.REJECTED, CommandResult.EXPIRED}:
        return f"{station}: {reply.verb} {reply.result}: {reply.reason}"
    if reply.verb == "limit":
        return f"{station}: {limit_words(reply.details)}"
    if reply.verb in {"override", "pause", "resume"}:
        return f"{station}: {reply.verb} {reply.result}"
    return None


def is_proposal(reply: ReplyMessage) -> bool:
    """Whether a station has taken the first step of a changed limit, which waits for the second."""
    return (
        reply.verb == "limit" and reply.result == CommandResult.ACCEPTED and not reply.details.get("in_force")
    )


def state_of(message: AlertMessage | EventMessage) -> str:
    """The state that a message puts its alert in."""
    return message.to_state if isinstance(message, EventMessage) else message.state


def local_time(instant: str) -> str:
    """An instant of the wire as the clock on the wall shows it."""
    return datetime.fromisoformat(instant).astimezone().strftime("%H:%M:%S")
