"""What a therapist's application knows: what it has had, what is missing, which station is silent. Pure.

Messages come twice, late, and from before a restart. Each is told once, and confirmed each time it comes, for
the confirmation may have been lost. Events are told in the order they were stored: one that comes before its
predecessors waits for them, but not for long.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from monitor.delivery.receiver.events import (
    AlertReceived,
    FeedEvent,
    GapFound,
    MessageReceived,
    SessionEnded,
    StationFresh,
    StationStale,
)
from protocols.mqtt import wire
from protocols.mqtt.enums import ACTIVE, StationState
from protocols.mqtt.messages import AlertMessage, EventMessage, StatusMessage
from protocols.mqtt.topics import Topic, TopicKind, parse

# A station says `latest` every second.
STALE_AFTER_NS = 3_000_000_000

# A snapshot that does not fill the hole is asked for again.
ASK_AGAIN_AFTER_NS = 5_000_000_000

# An event waits for those before it: a snapshot brings them within milliseconds, a station that reconnects
# within a second or two. Longer would keep an alert from a person for the sake of order.
HELD_AT_MOST_NS = 2_000_000_000

# An application that has just come hears of sessions that it has not followed from their start.
NEW_HERE_NS = 5_000_000_000

# A lower boot that lives while the higher one is silent: the station's store was replaced or set back.
OTHER_BOOT_AFTER_NS = 10_000_000_000

# Ids remembered: a station would have to send this many alerts between a message and its repetition.
MAX_IDS_KNOWN = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKey:
    """One session of one station."""

    station: str
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRequest:
    """A snapshot to ask for."""

    session: SessionKey
    boot: int
    after_seq: int


@dataclass(slots=True)
class FeedUpdate:
    """What a message leads to; `received` are those that have been told (now or before)."""

    events: list[FeedEvent] = field(default_factory=list)
    received: list[tuple[SessionKey, str]] = field(default_factory=list)
    wanted: list[SnapshotRequest] = field(default_factory=list)


@dataclass(slots=True)
class _Sequence:
    """The events of one boot of one session: all up to `whole` are here, and those in `beyond`."""

    whole: int
    beyond: set[int] = field(default_factory=set)
    asked_ns: int | None = None
    told: int = 0  # all up to this have been told, or are not expected any more
    held: dict[int, AlertReceived] = field(default_factory=dict)
    held_since_ns: int = 0

    def add(self, seq: int) -> None:
        if seq > self.whole:
            self.beyond.add(seq)
        while self.whole + 1 in self.beyond:
            self.whole += 1
            self.beyond.remove(self.whole)


@dataclass(slots=True)
class _Station:
    heard_ns: int
    boot: int = 0
    is_ready: bool = False
    is_stale: bool = False


class FeedState:
    """One application's view of one clinic."""

    def __init__(
        self,
        *,
        known: Iterable[str] = (),
        newest: Mapping[tuple[str, str, int], int] | None = None,
    ) -> None:
        """`known` and `newest` are what an inbox remembers of earlier runs."""
        self._known: OrderedDict[str, None] = OrderedDict.fromkeys(known)
        self._sequences: dict[tuple[SessionKey, int], _Sequence] = {
            (SessionKey(station=station, session_id=session_id), boot): _Sequence(whole=seq, told=seq)
            for (station, session_id, boot), seq in (newest or {}).items()
        }
        self._heard_since_ns = {station: -NEW_HERE_NS for station, _, _ in newest or {}}
        self._stations: dict[str, _Station] = {}
        self._alerts: dict[tuple[SessionKey, str], AlertMessage | EventMessage] = {}

    def alerts(self) -> list[tuple[SessionKey, AlertMessage | EventMessage]]:
        """The newest word on each alert that is not over, oldest first."""
        return [(session, message) for (session, _), message in self._alerts.items()]

    def receive(self, topic: str, payload: bytes, *, now_ns: int, is_retained: bool = False) -> FeedUpdate:
        """One message; `is_retained` when the broker had kept it: it says nothing about now.

        Raises:
            WireError: it is none of ours.
        """
        place = parse(topic)
        update = FeedUpdate()
        if place.kind is TopicKind.COMMAND:
            return update  # what other therapists ask of the station
        if not payload:
            if place.kind is TopicKind.SESSION:
                update.events.append(SessionEnded(station=place.station))
            return update
        message = wire.decode(place.kind, payload)
        if isinstance(message, StatusMessage):
            self._on_status(place.station, message, update, now_ns)
            return update
        if not is_retained:
            self._on_message(place.station, update, now_ns)
        if isinstance(message, EventMessage | AlertMessage):
            self._on_alert(place, message, update, now_ns)
        else:
            update.events.append(
                MessageReceived(station=place.station, session_id=place.session_id, message=message)
            )
        return update

    def stale(self, *, now_ns: int) -> list[FeedEvent]:
        """The stations that have fallen silent since the last call."""
        fell_silent: list[FeedEvent] = []
        for name, station in self._stations.items():
            if station.is_ready and not station.is_stale and now_ns - station.heard_ns > STALE_AFTER_NS:
                station.is_stale = True
                fell_silent.append(StationStale(station=name, reason="nothing heard for 3 s"))
        return fell_silent

    def overdue(self, *, now_ns: int) -> FeedUpdate:
        """What has waited long enough for its predecessors."""
        update = FeedUpdate()
        for (session, _), sequence in self._sequences.items():
            if sequence.held and now_ns - sequence.held_since_ns >= HELD_AT_MOST_NS:
                for seq in sorted(sequence.held):
                    self._tell(session, sequence.held.pop(seq), update)
                    sequence.told = max(sequence.told, seq)
        return update

    def _on_status(self, name: str, status: StatusMessage, update: FeedUpdate, now_ns: int) -> None:
        station = self._stations.setdefault(name, _Station(heard_ns=now_ns))
        is_lively = status.state == StationState.READY and now_ns - station.heard_ns >= OTHER_BOOT_AFTER_NS
        if status.boot < station.boot and not is_lively:
            return  # the will of a run that is over
        station.boot = status.boot
        station.is_ready = status.state == StationState.READY
        update.events.append(MessageReceived(station=name, session_id=status.session_id, message=status))
        if status.state in {StationState.READY, StationState.INIT}:
            self._on_message(name, update, now_ns)
        elif status.state == StationState.LOST and not station.is_stale:
            station.is_stale = True
            update.events.append(StationStale(station=name, reason="the station has lost its connection"))

    def _on_message(self, name: str, update: FeedUpdate, now_ns: int) -> None:
        station = self._stations.setdefault(name, _Station(heard_ns=now_ns))
        self._heard_since_ns.setdefault(name, now_ns)
        station.heard_ns = now_ns
        if station.is_stale:
            station.is_stale = False
            update.events.append(StationFresh(station=name))

    def _on_alert(
        self, place: Topic, message: EventMessage | AlertMessage, update: FeedUpdate, now_ns: int
    ) -> None:
        session = SessionKey(station=place.station, session_id=place.session_id or "")
        self._remember_alert(session, message)
        if isinstance(message, EventMessage):
            self._count(session, message, update, now_ns)
        sequence = self._sequences.get((session, message.boot))
        if sequence is None and self._was_here_before(session, now_ns):
            # Not an event: but those before it are on their way, and this one comes after them.
            sequence = self._sequences[session, message.boot] = _Sequence(whole=0)
        is_next = sequence is not None and message.seq == sequence.told + 1
        alert = AlertReceived(
            station=place.station, session_id=session.session_id, message=message, is_late=message.hist
        )
        if message.id in self._known:
            update.received.append((session, message.id))
        elif sequence is None or message.seq <= sequence.told or is_next:
            self._tell(session, alert, update)
        else:
            if not sequence.held:
                sequence.held_since_ns = now_ns
            sequence.held[message.seq] = alert
        if sequence is not None and is_next:
            self._advance(session, sequence, update, now_ns)

    def _advance(self, session: SessionKey, sequence: _Sequence, update: FeedUpdate, now_ns: int) -> None:
        sequence.told += 1
        sequence.held_since_ns = now_ns  # those before it are coming: what waits for them waits on
        while (alert := sequence.held.pop(sequence.told + 1, None)) is not None:
            self._tell(session, alert, update)
            sequence.told += 1

    def _tell(self, session: SessionKey, alert: AlertReceived, update: FeedUpdate) -> None:
        if alert.message.id in self._known:
            return
        self._known[alert.message.id] = None
        if len(self._known) > MAX_IDS_KNOWN:
            self._known.popitem(last=False)
        update.events.append(alert)
        update.received.append((session, alert.message.id))

    def _remember_alert(self, session: SessionKey, message: EventMessage | AlertMessage) -> None:
        key = (session, message.alert_id)
        known = self._alerts.get(key)
        if known is not None and (message.boot, message.seq) < (known.boot, known.seq):
            return
        is_over = (
            message.presence == "off" if isinstance(message, AlertMessage) else message.to_state not in ACTIVE
        )
        if is_over:
            self._alerts.pop(key, None)
        else:
            self._alerts[key] = message

    def _was_here_before(self, session: SessionKey, now_ns: int) -> bool:
        """Whether this application knew the station before it heard of this session."""
        return now_ns - self._heard_since_ns.setdefault(session.station, now_ns) >= NEW_HERE_NS

    def _count(self, session: SessionKey, message: EventMessage, update: FeedUpdate, now_ns: int) -> None:
        """Keep count of a session's events; what came before the first one heard is not missed.

        The retained topics tell a new application what it must know; and the station sends again whatever
        nobody has confirmed.
        """
        sequence = self._sequences.get((session, message.boot))
        if sequence is None:
            # Of a session that began after this application nothing has been missed; of another one the
            # retained topics tell what must be known.
            first = 0 if self._was_here_before(session, now_ns) else message.seq - 1
            sequence = self._sequences[session, message.boot] = _Sequence(whole=first, told=first)
        sequence.add(message.seq)
        if not sequence.beyond:
            sequence.asked_ns = None
            return
        if sequence.asked_ns is not None and now_ns - sequence.asked_ns < ASK_AGAIN_AFTER_NS:
            return
        sequence.asked_ns = now_ns
        update.wanted.append(
            SnapshotRequest(session=session, boot=message.boot, after_seq=max(0, sequence.whole))
        )
        update.events.append(
            GapFound(
                station=session.station,
                session_id=session.session_id,
                boot=message.boot,
                after_seq=max(0, sequence.whole),
            )
        )
