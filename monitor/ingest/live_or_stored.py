"""Is a cuff's reading of now, out of its memory, or can that not be known? Decided here, for every cuff.

Theory of operation
-------------------
Cuffs keep readings and hand them over later: each once, or all of them at every visit, with a clock that is
right, slow, lost whenever the cuff goes off, never set, or missing. No single sign decides, so the evidence
of one record is gathered first (`Evidence`), and a table (`TABLE`) judges it; its first row that fits holds.

position   A measurement takes half a minute. Of records that follow each other faster (a burst) only the
           last can be of now; where one of them certainly is, the others are memory. After a visit in which
           the cuff gave all it had, whatever is new was taken in this session, last or not.
history    What was handed over before is a repetition. A cuff that appends to its memory sends the same
           sequence and then what is new, so repetitions are told by sequence, not by values alone.
clock      A record is dated by the cuff. Its date is compared with the station's time, with what the cuff
           itself said its time was, and with a constant error that two records of different visits agree on.
start      A record that its date puts before the session is not of this session.
pressure   A cuff that reported its pressure just now has measured just now.

UNCERTAIN is shown with its doubt and may raise an alert of medium priority; it neither confirms nor clears.
A burst is over after `BURST_PAUSE_NS` without a record, or when the cuff leaves; until then only a record
that needs no further evidence is told. Everything is a function of records, visits and the station's time.
"""

from collections import Counter, deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from devices.cuff_clock import CLOCK_TOLERATED_S
from monitor.ingest.station_clock import StationClock
from monitor.samples import AGE_UNKNOWN, BEFORE_SESSION, CLOCK_LOST, USER_UNKNOWN
from protocols.units import NS_PER_S

Content = TypeVar("Content")

# Inflating, deflating and showing the result: no two measurements are closer.
MEASUREMENT_TAKES_NS = 20 * NS_PER_S
# Cuffs hand over stored records several a second; the slowest seen takes a second and a half for one.
BURST_PAUSE_NS = 3 * NS_PER_S
# From the end of a measurement until its record arrives: waking up, advertising, connecting; a clock without
# seconds is late by up to a minute.
DELIVERED_WITHIN_S = 60.0
# The pressure is reported several times a second; the result follows the last report within seconds.
PRESSURE_COUNTS_NS = 15 * NS_PER_S
# Two records of a clock that is off by a constant agree to this (a clock without seconds: a minute).
OFFSET_AGREES_WITHIN_S = 60.0
# Readings that memory or an earlier visit had: as many as the largest memory holds, twice.
KEYS_KEPT = 512


class Origin(StrEnum):
    """What a reading is."""

    LIVE = "live"
    STORED = "stored"
    UNCERTAIN = "uncertain"
    LEFT_OUT = "left_out"


class Stamp(StrEnum):
    """What the record's own date says."""

    NONE = "none"  # no date, an impossible one, or the station does not know the time
    NOW = "now"  # within the session, and as old as a record that has just been made may be
    BEFORE_START = "before_start"  # as NOW, but before the session began
    OLD = "old"
    FUTURE = "future"


class ClockState(StrEnum):
    """What is known of the cuff's clock."""

    NEVER_RIGHT = "never_right"
    RIGHT = "right"
    SAID_RIGHT = "said_right"  # the cuff told its time in this visit, and it was right
    LOST = "lost"  # right before, and wrong since
    OFF_BY_CONSTANT = "off_by_constant"


class User(StrEnum):
    """Whose reading the cuff says it is."""

    OURS = "ours"
    OTHER = "other"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of one record.

    `handed_over`: it came in an earlier visit, or twice in this one. `measured`: the cuff reported its
    pressure just before. `beside_live`: another record of its burst is certainly of now. `last`: no record
    followed within the time a measurement takes. `visited`: an earlier visit of this session was complete.
    """

    user: User = User.OURS
    handed_over: bool = False
    measured: bool = False
    stamp: Stamp = Stamp.NONE
    clock: ClockState = ClockState.NEVER_RIGHT
    beside_live: bool = False
    last: bool = True
    visited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table: a record whose evidence has all of `when` is `origin`, for the reason `word`."""

    when: Mapping[str, object]
    origin: Origin
    word: str = ""


REPEATED = "repeated"
MEMORY = "memory"
OTHER_USER = "other_user"

_LIVE, _STORED, _UNCERTAIN = Origin.LIVE, Origin.STORED, Origin.UNCERTAIN

TABLE: tuple[Row, ...] = (
    Row(when={"user": User.OTHER}, origin=Origin.LEFT_OUT, word=OTHER_USER),
    Row(when={"handed_over": True}, origin=_STORED, word=REPEATED),
    Row(when={"stamp": Stamp.NOW, "user": User.UNSURE}, origin=_UNCERTAIN, word=USER_UNKNOWN),
    Row(when={"stamp": Stamp.NOW}, origin=_LIVE),
    Row(when={"beside_live": True}, origin=_STORED, word=MEMORY),
    Row(when={"stamp": Stamp.OLD, "clock": ClockState.SAID_RIGHT}, origin=_STORED, word=MEMORY),
    Row(when={"stamp": Stamp.BEFORE_START, "measured": False}, origin=_UNCERTAIN, word=BEFORE_SESSION),
    Row(when={"last": False, "visited": False}, origin=_STORED, word=MEMORY),
    Row(when={"user": User.UNSURE}, origin=_UNCERTAIN, word=USER_UNKNOWN),
    Row(when={"measured": True, "last": True}, origin=_LIVE),
    Row(when={"stamp": Stamp.NONE, "visited": True, "last": True}, origin=_LIVE),
    Row(when={"stamp": Stamp.OLD, "clock": ClockState.RIGHT}, origin=_UNCERTAIN, word=CLOCK_LOST),
    Row(when={"stamp": Stamp.OLD, "clock": ClockState.LOST}, origin=_UNCERTAIN, word=CLOCK_LOST),
    Row(when={}, origin=_UNCERTAIN, word=AGE_UNKNOWN),
)


def judge(evidence: Evidence) -> Row:
    """The first row of the table that fits."""
    for row in TABLE:
        if all(getattr(evidence, name) == value for name, value in row.when.items()):
            return row
    raise AssertionError("the last row fits everything")


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a family hands over its readings.

    `resends`: everything it has at every visit (True), each record once (False), or not known (None).
    `single`: it tells a result when it has measured, and hands over no memory.
    """

    resends: bool | None = None
    single: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Generic[Content]):
    """One reading as the cuff handed it over.

    `taken` is its own local time, None where it has none or an impossible one. `key` is what makes it the
    same reading when it comes again (date as sent, values, user). `content` is handed back with the verdict.
    """

    key: Hashable
    received_ns: int
    taken: datetime | None
    content: Content
    user: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(Generic[Content]):
    """A record with its verdict; `t_ns` is when it was taken, as far as that is known."""

    record: Record[Content]
    origin: Origin
    word: str
    t_ns: int


@dataclass(slots=True)
class _Burst(Generic[Content]):
    """Records that follow each other faster than a cuff measures; `waiting` are not judged yet."""

    records: list[Record[Content]] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)  # by place in `records`
    has_live: bool = False
    measured: bool = False


class LiveOrStored(Generic[Content]):
    """Judges the records of one cuff.

    Attributes:
        due_ns: when the burst at hand is over, if nothing more comes; None while nothing waits.
    """

    def __init__(self, station: StationClock, habits: Habits, *, user: int | None = None) -> None:
        self._station = station
        self._habits = habits
        self._user = user
        self._first_user: int | None = None
        self.due_ns: int | None = None
        self._burst: _Burst[Content] = _Burst()
        self._last_received_ns: int | None = None
        self._pressure_ns: int | None = None
        # Across visits.
        self._visited = False
        self._known: Counter[Hashable] = Counter()
        self._order: deque[Hashable] = deque(maxlen=KEYS_KEPT)
        self._previous: tuple[Hashable, ...] = ()
        self._visit: list[Hashable] = []
        # The clock.
        self._clock = ClockState.NEVER_RIGHT
        self._said_offset_s: float | None = None
        self._said_ns = 0
        self._offset_s: float | None = None
        self._wrong: tuple[datetime, int] | None = None

    # -- what is known from outside the visit ----------------------------------------------------------------

    def handed_over_before(self, keys: Sequence[Hashable]) -> None:
        """What the cuff handed over in earlier sessions, in its order."""
        for key in keys:
            self._remember(key)
        self._previous = tuple(keys)[-KEYS_KEPT:]

    def clock_said(self, said: datetime, at_ns: int) -> None:
        """The cuff told what time it has."""
        now = self._station.local(at_ns)
        if now is None:
            return
        offset_s = (now - said).total_seconds()
        # What it says after it has been set tells nothing of the records that it made before.
        if self._said_offset_s is None:
            self._said_offset_s, self._said_ns = offset_s, at_ns

    def pressure(self, at_ns: int) -> None:
        """The cuff reported its pressure: it measures."""
        self._pressure_ns = at_ns

    # -- visits ----------------------------------------------------------------------------------------------

    def arrived(self) -> list[Judged[Content]]:
        """A new connection."""
        out = self._settle()
        self._end_visit()
        return out

    def left(self, *, complete: bool) -> list[Judged[Content]]:
        """The connection is over; `complete` when the cuff has given all it had."""
        out = self._settle(complete=complete)
        self._visited = self._visited or complete
        self._end_visit()
        return out

    def _end_visit(self) -> None:
        if self._visit:
            self._previous = tuple(self._visit)
            seen = Counter(self._visit)
            for key, count in seen.items():
                for _ in range(count - self._known[key]):
                    self._remember(key)
        self._visit = []
        self._burst = _Burst()
        self._said_offset_s = None

    def _remember(self, key: Hashable) -> None:
        if len(self._order) == KEYS_KEPT:
            oldest = self._order[0]
            self._known[oldest] -= 1
            if not self._known[oldest]:
                del self._known[oldest]
        self._order.append(key)
        self._known[key] += 1

    # -- records ---------------------------------------------------------------------------------------------

    def add(self, record: Record[Content], *, more_follow: bool = False) -> list[Judged[Content]]:
        """A record came; the verdicts that can be given now. `more_follow`: in the same message."""
        out: list[Judged[Content]] = []
        last_ns = self._last_received_ns
        if last_ns is not None and record.received_ns - last_ns >= MEASUREMENT_TAKES_NS:
            out += self._settle()
            if self._pressure_ns is None or self._pressure_ns <= last_ns:
                # Nobody said that the cuff left and came again; so long a pause is another visit.
                said = (self._said_offset_s, self._said_ns)
                self._end_visit()
                if said[1] > last_ns:
                    self._said_offset_s = said[0]
            self._burst = _Burst()
        self._last_received_ns = record.received_ns
        burst = self._burst
        pressed = self._pressure_ns
        if pressed is not None and 0 <= record.received_ns - pressed <= PRESSURE_COUNTS_NS:
            burst.measured = True
        self._pressure_ns = None
        self._visit.append(record.key)
        burst.records.append(record)
        place = len(burst.records) - 1
        sure = self._stamp(record) is Stamp.NOW or (self._habits.single and burst.measured)
        if sure and not self._is_handed_over(len(self._visit) - 1, record):
            out.append(self._verdict(place, last=True))
            burst.has_live = burst.has_live or out[-1].origin is Origin.LIVE
        else:
            burst.waiting.append(place)
            self.due_ns = record.received_ns + BURST_PAUSE_NS
        if self._habits.single and not more_follow:
            out += self._settle()
        return out

    def pass_time(self, now_ns: int) -> list[Judged[Content]]:
        """Nothing more has come until `now_ns`."""
        if self.due_ns is None or now_ns < self.due_ns:
            return []
        return self._settle()

    def settle(self) -> list[Judged[Content]]:
        """The cuff has said that this was all."""
        return self._settle()

    def _settle(self, *, complete: bool = True) -> list[Judged[Content]]:
        """Judge what waits: the burst is over."""
        self.due_ns = None
        burst = self._burst
        if not burst.records:
            return []
        waiting, burst.waiting = burst.waiting, []
        final = len(burst.records) - 1
        out = [self._verdict(place, last=place == final) for place in waiting]
        self._visited = self._visited or complete
        return out

    def _verdict(self, place: int, *, last: bool) -> Judged[Content]:
        burst = self._burst
        record = burst.records[place]
        stamp = self._stamp(record)
        in_visit = len(self._visit) - len(burst.records) + place
        handed_over = self._is_handed_over(in_visit, record)
        if last and not handed_over and stamp in (Stamp.OLD, Stamp.FUTURE, Stamp.BEFORE_START):
            stamp = self._with_learnt_offset(record, stamp)
        evidence = Evidence(
            user=self._whose(record.user),
            handed_over=handed_over,
            measured=burst.measured,
            stamp=stamp,
            clock=self._clock_now(),
            beside_live=burst.has_live,
            last=last,
            visited=self._visited,
        )
        row = judge(evidence)
        self._follow_clock(record, evidence, row.origin)
        return Judged(
            record=record, origin=row.origin, word=row.word, t_ns=self._taken_ns(record, stamp, row.origin)
        )

    # -- history ---------------------------------------------------------------------------------------------

    def _is_handed_over(self, place: int, record: Record[Content]) -> bool:
        """Whether the record at `place` of this visit came before."""
        visit, key = self._visit, record.key
        occurrence = visit[: place + 1].count(key)
        dated = self._stamp(record)
        if dated in (Stamp.NOW, Stamp.BEFORE_START) or (dated is Stamp.OLD and self._is_believed):
            # The same instant and the same values: the same reading, however often it comes.
            return occurrence > 1 or self._known[key] > 0
        if self._habits.resends is False:
            return False
        known = self._known[key] >= occurrence
        overlap = _overlap(self._previous, visit)
        if self._habits.resends is None and sum(self._known[one] > 0 for one in set(visit)) < 2:
            # One record that equals an earlier one, from a cuff of unknown habits: another measurement may
            # have given the same.
            return False
        if overlap and 2 * overlap >= len(self._previous):
            return place < overlap
        return known

    @property
    def _is_believed(self) -> bool:
        return self._clock_now() in (ClockState.RIGHT, ClockState.SAID_RIGHT)

    # -- the clock -------------------------------------------------------------------------------------------

    def _clock_now(self) -> ClockState:
        said = self._said_offset_s
        if said is not None and abs(said) <= CLOCK_TOLERATED_S:
            return ClockState.SAID_RIGHT
        return self._clock

    def _stamp(self, record: Record[Content]) -> Stamp:
        now = self._station.local(record.received_ns)
        if record.taken is None or now is None:
            return Stamp.NONE
        age_s = (now - record.taken).total_seconds()
        known = [offset for offset in (self._said_offset_s, self._offset_s) if offset is not None]
        ages = [age_s, *(age_s - offset for offset in known)]
        near = [one for one in ages if -CLOCK_TOLERATED_S <= one <= CLOCK_TOLERATED_S + DELIVERED_WITHIN_S]
        if near:
            # The error that makes it youngest is the one that its clock has.
            best_s = min(near, key=abs)
            start = self._station.start
            at = now - timedelta(seconds=best_s)
            return Stamp.NOW if start is None or at >= start else Stamp.BEFORE_START
        return Stamp.OLD if age_s > 0 else Stamp.FUTURE

    def _with_learnt_offset(self, record: Record[Content], stamp: Stamp) -> Stamp:
        """NOW where this record and the last wrong one, of different visits, are off by the same."""
        if record.taken is None:
            return stamp
        wrong = self._wrong
        if wrong is None or not self._visited:
            return stamp
        taken, received_ns = wrong
        between_s = (record.received_ns - received_ns) / NS_PER_S
        dated_s = (record.taken - taken).total_seconds()
        tolerance_s = min(OFFSET_AGREES_WITHIN_S, 0.5 * between_s)
        if between_s * NS_PER_S < MEASUREMENT_TAKES_NS or abs(dated_s - between_s) > tolerance_s:
            return stamp
        now = self._station.local(record.received_ns)
        if now is None:
            return stamp
        self._offset_s = (now - record.taken).total_seconds()
        self._clock = ClockState.OFF_BY_CONSTANT
        return Stamp.NOW

    def _follow_clock(self, record: Record[Content], evidence: Evidence, origin: Origin) -> None:
        if evidence.user is User.OTHER or evidence.handed_over or not evidence.last:
            return
        if evidence.stamp is Stamp.NOW:
            if self._offset_s is None:
                self._clock = ClockState.RIGHT
            self._wrong = None
        elif evidence.stamp is not Stamp.NONE and origin is not Origin.STORED:
            if self._clock is ClockState.RIGHT and evidence.stamp is not Stamp.BEFORE_START:
                self._clock = ClockState.LOST
            if record.taken is not None:
                self._wrong = (record.taken, record.received_ns)

    def _taken_ns(self, record: Record[Content], stamp: Stamp, origin: Origin) -> int:
        now = self._station.local(record.received_ns)
        if record.taken is None or now is None or origin is Origin.UNCERTAIN:
            return record.received_ns
        age_s = (now - record.taken).total_seconds()
        if stamp is Stamp.NOW:
            offsets = [offset for offset in (0.0, self._said_offset_s, self._offset_s) if offset is not None]
            age_s = min((age_s - offset for offset in offsets), key=abs)
        if stamp is Stamp.NOW or (origin is Origin.STORED and self._is_believed):
            return record.received_ns - round(max(age_s, 0.0) * NS_PER_S)
        return record.received_ns

    # -- the user --------------------------------------------------------------------------------------------

    def _whose(self, user: int | None) -> User:
        if self._user is not None:
            return User.UNSURE if user is None else User.OURS if user == self._user else User.OTHER
        if user is None:
            return User.OURS
        if self._first_user is None:
            self._first_user = user
        return User.OURS if user == self._first_user else User.UNSURE


def _overlap(previous: Sequence[Hashable], visit: Sequence[Hashable]) -> int:
    """The longest end of `previous` that `visit` begins with."""
    for length in range(min(len(previous), len(visit)), 0, -1):
        if tuple(previous[-length:]) == tuple(visit[:length]):
            return length
    return 0
