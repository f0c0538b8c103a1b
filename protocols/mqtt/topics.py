"""The topic tree `kinewatch/v1`: building topics, and reading them back.

The major schema version is a level of its own; a breaking change is `kinewatch/v2`. Levels are lower case,
digits and dashes: dots would be separators inside NATS, and `+ # / $` mean something to every broker.
At most seven slashes (the limit of AWS IoT Core). No name, record number or birth date is ever in a topic.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from protocols.mqtt.errors import TopicError

ROOT = "kinewatch/v1"

MAX_LEVEL_LENGTH = 64
_LEVEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?\Z")


class TopicKind(StrEnum):
    """What a topic carries."""

    STATUS = "status"
    DEVICE = "dev"
    SESSION = "session"
    VITAL = "vital"
    LATEST = "latest"
    REP = "rep"
    ROM = "rom"
    ALERT = "alert"
    EVENT = "event"
    ENTRY = "entry"
    COMMAND = "cmd"
    REPLY = "reply"


# Kinds whose last level names a thing (a device, a code, an alert ...), and kinds without one.
_STATION_LEAVES = {TopicKind.DEVICE}
_SESSION_LEAVES = {
    TopicKind.VITAL,
    TopicKind.REP,
    TopicKind.ROM,
    TopicKind.ALERT,
    TopicKind.COMMAND,
    TopicKind.REPLY,
}
_STATION_BARE = {TopicKind.STATUS, TopicKind.SESSION}
_SESSION_BARE = {TopicKind.LATEST, TopicKind.EVENT, TopicKind.ENTRY}

# Retained: a page that has just been opened must know it. Never retained: streams, events, commands.
RETAINED = frozenset(
    {TopicKind.STATUS, TopicKind.DEVICE, TopicKind.SESSION, TopicKind.LATEST, TopicKind.ALERT}
)
# Streams whose next value replaces this one go with QoS 0; everything else must arrive.
QOS_0 = frozenset({TopicKind.VITAL, TopicKind.LATEST})


def qos_of(kind: TopicKind) -> int:
    """The quality of service that a kind of topic is published and subscribed with: 0 or 1, never 2."""
    return 0 if kind in QOS_0 else 1


def checked_level(level: str) -> str:
    """`level` itself.

    Raises:
        TopicError: it is not 1-64 lower-case letters, digits and inner dashes.
    """
    if not _LEVEL.match(level):
        raise TopicError(
            level, f"a level is 1-{MAX_LEVEL_LENGTH} lower-case letters, digits and inner dashes"
        )
    return level


def level_of(name: str) -> str:
    """A valid level for any name: the name itself where it is one, else its letters and a short digest.

    An alert must never fail to be sent because of the form of its id; different names keep different levels.
    """
    if _LEVEL.match(name):
        return name
    letters = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{letters}-{digest}" if letters else digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One place in the tree. `session_id` is None for the station's own topics, `leaf` for bare kinds."""

    clinic: str
    station: str
    kind: TopicKind
    session_id: str | None = None
    leaf: str | None = None

    def __post_init__(self) -> None:
        """Refuse what the tree does not have.

        Raises:
            TopicError: a level's form, or a kind with the wrong levels.
        """
        for level in (self.clinic, self.station, self.session_id, self.leaf):
            if level is not None:
                checked_level(level)
        in_session = self.kind in _SESSION_LEAVES | _SESSION_BARE
        has_leaf = self.kind in _STATION_LEAVES | _SESSION_LEAVES
        if in_session != (self.session_id is not None) or has_leaf != (self.leaf is not None):
            raise TopicError(str(self), f"{self.kind} does not have these levels")

    def __str__(self) -> str:
        levels = [ROOT, self.clinic, self.station]
        if self.session_id is not None:
            levels += ["s", self.session_id]
        levels.append(self.kind.value)
        if self.leaf is not None:
            levels.append(self.leaf)
        return "/".join(levels)


def parse(topic: str) -> Topic:
    """Read a topic of the tree.

    Raises:
        TopicError: it is not one.
    """
    if not topic.startswith(ROOT + "/"):
        raise TopicError(topic, f"does not begin with {ROOT}/")
    levels = topic[len(ROOT) + 1 :].split("/")
    session_id = None
    if len(levels) >= 4 and levels[2] == "s":
        session_id = levels[3]
        levels[2:4] = []
    if not 3 <= len(levels) <= 4:
        raise TopicError(topic, "has not the number of levels that the tree has")
    try:
        kind = TopicKind(levels[2])
    except ValueError:
        raise TopicError(topic, f"{levels[2][:40]!r} is not a kind of topic") from None
    return Topic(
        clinic=levels[0],
        station=levels[1],
        kind=kind,
        session_id=session_id,
        leaf=levels[3] if len(levels) == 4 else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StationTopics:
    """The topics of one station."""

    clinic: str
    station: str

    def status(self) -> str:
        """Birth, heartbeat and will. Retained."""
        return self._topic(TopicKind.STATUS)

    def device(self, device: str) -> str:
        """A sensor's link and battery. Retained."""
        return self._topic(TopicKind.DEVICE, leaf=level_of(device))

    def session(self) -> str:
        """The session that runs; an empty payload says there is none. Retained."""
        return self._topic(TopicKind.SESSION)

    def commands(self) -> str:
        """The filter of all commands to this station."""
        base = f"{ROOT}/{checked_level(self.clinic)}/{checked_level(self.station)}"
        return f"{base}/s/+/{TopicKind.COMMAND.value}/+"

    def in_session(self, session_id: str) -> "SessionTopics":
        """The topics of one session of this station."""
        return SessionTopics(clinic=self.clinic, station=self.station, session_id=session_id)

    def _topic(self, kind: TopicKind, *, leaf: str | None = None) -> str:
        return str(Topic(clinic=self.clinic, station=self.station, kind=kind, leaf=leaf))


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTopics:
    """The topics of one session; `session_id` is random and says nothing about the patient."""

    clinic: str
    station: str
    session_id: str

    def of_station(self) -> StationTopics:
        """The topics of the station whose session this is."""
        return StationTopics(clinic=self.clinic, station=self.station)

    def vital(self, code: str) -> str:
        """The stream of one vital sign; QoS 0. Codes (`spo2_percent`) have underscores and never dashes."""
        return self._topic(TopicKind.VITAL, leaf=level_of(code.replace("_", "-")))

    def latest(self) -> str:
        """All vitals once a second, for a page just opened. Retained, QoS 0."""
        return self._topic(TopicKind.LATEST)

    def rep(self, exercise: str) -> str:
        """Repetitions, counted cumulatively."""
        return self._topic(TopicKind.REP, leaf=level_of(exercise))

    def rom(self, joint: str) -> str:
        """The range of motion of each repetition."""
        return self._topic(TopicKind.ROM, leaf=level_of(joint))

    def alert(self, alert_id: str) -> str:
        """The full present state of one alert. Retained."""
        return self._topic(TopicKind.ALERT, leaf=level_of(alert_id.lower()))

    def event(self) -> str:
        """Every transition of every alert, in order."""
        return self._topic(TopicKind.EVENT)

    def entry(self) -> str:
        """What people say and do: ratings, notes, posture; and the ends of sets and phases."""
        return self._topic(TopicKind.ENTRY)

    def command(self, verb: str) -> str:
        """From the therapist to the station. Never retained."""
        return self._topic(TopicKind.COMMAND, leaf=verb)

    def reply(self, cmd_id: str) -> str:
        """The station's answer to one command."""
        return self._topic(TopicKind.REPLY, leaf=level_of(cmd_id))

    def _topic(self, kind: TopicKind, *, leaf: str | None = None) -> str:
        return str(
            Topic(clinic=self.clinic, station=self.station, kind=kind, session_id=self.session_id, leaf=leaf)
        )


def clinic_filter(clinic: str) -> str:
    """What a therapist subscribes to: everything of the clinic."""
    return f"{ROOT}/{checked_level(clinic)}/#"
