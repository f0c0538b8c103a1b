"""Live, stored or uncertain: the table, whole, and properties over generated memories and clock faults."""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from devices.frames import Frame, LinkEvent, LinkState
from monitor.ingest.live_or_stored import (
    TABLE,
    ClockState,
    Evidence,
    Habits,
    LiveOrStored,
    Origin,
    Record,
    Stamp,
    User,
    judge,
)
from monitor.ingest.memory_ring import oldest_first
from monitor.ingest.station_clock import EPOCH, StationClock
from monitor.inputs import ClockAnchor, Tick
from monitor.outputs import ReadingFiled, VitalUpdate
from monitor.samples import Code
from monitor.sensors import Arm, SensorConfig, SensorRole
from protocols.ble import blood_pressure, microlife
from protocols.ble.blood_pressure import BloodPressureMeasurement, encode_measurement
from protocols.ble.date_time import DateTime
from tests.support.session_bench import BEGINS, SessionBench, at, clock

NS_PER_S = 1_000_000_000
FIELDS: dict[str, tuple[object, ...]] = {
    "user": tuple(User),
    "handed_over": (False, True),
    "measured": (False, True),
    "stamp": tuple(Stamp),
    "clock": tuple(ClockState),
    "beside_live": (False, True),
    "last": (False, True),
    "visited": (False, True),
}
EVERY = [
    Evidence(**dict(zip(FIELDS, values, strict=True)))  # type: ignore[arg-type]
    for values in itertools.product(*FIELDS.values())
]


# -- the table -----------------------------------------------------------------------------------------------


def test_every_row_of_the_table_is_reached() -> None:
    assert {id(judge(evidence)) for evidence in EVERY} == {id(row) for row in TABLE}


def test_whatever_the_evidence_another_users_reading_is_left_out() -> None:
    assert {judge(one).origin for one in EVERY if one.user is User.OTHER} == {Origin.LEFT_OUT}


def test_whatever_the_evidence_a_repetition_is_stored() -> None:
    repeated = [one for one in EVERY if one.handed_over and one.user is not User.OTHER]
    assert {judge(one).origin for one in repeated} == {Origin.STORED}


def test_live_is_only_what_something_proves() -> None:
    for one in EVERY:
        if judge(one).origin is Origin.LIVE:
            assert one.user is User.OURS
            assert one.stamp is Stamp.NOW or one.measured or (one.stamp is Stamp.NONE and one.visited)


def test_after_a_complete_visit_nothing_new_is_filed_unless_the_cuff_proves_it_old() -> None:
    for one in EVERY:
        if judge(one).origin is Origin.STORED and one.visited and not one.handed_over:
            proven = one.stamp is Stamp.OLD and one.clock is ClockState.SAID_RIGHT
            assert proven or one.beside_live


def test_what_is_not_live_says_why() -> None:
    assert all(judge(one).word for one in EVERY if judge(one).origin is not Origin.LIVE)


# -- one record after the other --------------------------------------------------------------------------


def judged(
    *records: tuple[float, datetime | None, str], habits: Habits | None = None
) -> list[tuple[str, Origin]]:
    """(seconds, date, values) of each record, and what is made of it."""
    station = StationClock(start_ns=0)
    station.anchor(ClockAnchor(received_ns=0, utc_ns=round((BEGINS - EPOCH).total_seconds()) * NS_PER_S))
    cuff: LiveOrStored[str] = LiveOrStored(station, habits or Habits())
    out = []
    for at_s, taken, values in records:
        now_ns = round(at_s * NS_PER_S)
        out += cuff.pass_time(now_ns)
        out += cuff.add(Record(key=(taken, values), received_ns=now_ns, taken=taken, content=values))
    out += cuff.pass_time(10**15)
    return [(one.record.content, one.origin) for one in out]


def test_a_cuff_that_sends_each_record_once_may_measure_the_same_twice() -> None:
    found = judged((60, None, "128/78"), (300, None, "128/78"), habits=Habits(resends=False))
    assert found == [("128/78", Origin.UNCERTAIN), ("128/78", Origin.LIVE)]


def test_a_memory_that_has_dropped_its_oldest_still_shows_what_is_new() -> None:
    """[A B C] and then [B C A]: the last has the values of the one that was dropped."""
    first = [(60 + n / 10, None, values) for n, values in enumerate("ABC")]
    second = [(300 + n / 10, None, values) for n, values in enumerate("BCA")]
    found = judged(*first, *second, habits=Habits(resends=True))
    assert found[3:] == [("B", Origin.STORED), ("C", Origin.STORED), ("A", Origin.LIVE)]


def test_the_same_indication_twice_in_a_row_is_one_reading() -> None:
    now = BEGINS + timedelta(seconds=50)
    assert [origin for _, origin in judged((60, now, "A"), (60.2, now, "A"))] == [
        Origin.LIVE,
        Origin.STORED,
    ]


def test_what_an_earlier_session_had_is_no_news() -> None:
    station = StationClock(start_ns=0)
    cuff: LiveOrStored[str] = LiveOrStored(station, Habits(resends=True))
    cuff.handed_over_before(["A", "B"])
    for number, key in enumerate("AB"):
        cuff.add(Record(key=key, received_ns=number, taken=None, content=key))
    assert [one.origin for one in cuff.settle()] == [Origin.STORED, Origin.STORED]


def test_a_visit_that_was_cut_off_proves_nothing_about_the_next() -> None:
    station = StationClock(start_ns=0)
    cuff: LiveOrStored[str] = LiveOrStored(station, Habits(resends=False))
    out = cuff.add(Record(key="A", received_ns=60 * NS_PER_S, taken=None, content="A"))
    out += cuff.left(complete=False)
    out += cuff.arrived()
    out += cuff.add(Record(key="B", received_ns=120 * NS_PER_S, taken=None, content="B"))
    out += cuff.left(complete=True)
    assert [one.origin for one in out] == [Origin.UNCERTAIN, Origin.UNCERTAIN]


@pytest.mark.parametrize("newest", range(6))
def test_a_ring_is_turned_so_that_its_newest_is_last(newest: int) -> None:
    days = [BEGINS + timedelta(days=n) for n in range(6)]
    ring = [*days[5 - newest :], *days[: 5 - newest]]
    assert oldest_first(ring, taken=lambda one: one) == days


# -- properties over whole sessions ------------------------------------------------------------------------


@dataclass(frozen=True)
class Measurement:
    """`true_s` is when it was taken (the session begins at 0), `dated` what the cuff says of that."""

    true_s: float
    systolic: int
    dated: DateTime | None


@dataclass(frozen=True)
class Story:
    """What a cuff measured and when it came."""

    family: str
    sends_all: bool
    fault: str
    measurements: tuple[Measurement, ...]
    gap_s: float
    late_s: float
    with_links: bool


RESET = datetime(2021, 1, 1)  # noqa: DTZ001
FAMILIES = {
    True: ("beurer", "blood_pressure", "microlife"),
    False: ("omron", "and_medical", "blood_pressure"),
}


@st.composite
def stories(draw: st.DrawFn) -> Story:
    sends_all = draw(st.booleans())
    family = draw(st.sampled_from(FAMILIES[sends_all]))
    fault = draw(
        st.sampled_from(["right", "tolerated", "constant", "undated", "lost at each rest", "lost once"])
    )
    offset_s = {
        "tolerated": draw(st.integers(-179, 179)),
        # Not so fast that an old record is dated into the session: nobody could tell.
        "constant": draw(st.one_of(st.integers(-(10**8), -250), st.integers(2 * 10**7, 10**8))),
    }.get(fault, 0)
    lost_from = draw(st.integers(0, 8))
    # A wrong clock and a reading of the minutes before the session cannot be told from one of the session.
    youngest_s = 1 if fault == "right" else 700
    ages = sorted(draw(st.lists(st.integers(youngest_s, 10**7), max_size=4, unique=True)), reverse=True)
    # A cuff comes after each measurement; between two of them lies more than one takes.
    steps = draw(st.lists(st.integers(60, 600), min_size=1, max_size=4))
    times = [-float(age) for age in ages] + [float(t) for t in itertools.accumulate(steps)]
    systolics = draw(st.lists(st.integers(100, 240), min_size=len(times), max_size=len(times), unique=True))
    measurements = []
    for number, (true_s, systolic) in enumerate(zip(times, systolics, strict=True)):
        says = BEGINS + timedelta(seconds=true_s + offset_s)
        if fault == "lost at each rest" or (fault == "lost once" and number >= lost_from):
            says = RESET + timedelta(seconds=60 if fault != "lost once" else 60 * number)
        if family == "microlife":
            says = says.replace(second=0)
        dated = None if fault == "undated" else DateTime.from_datetime(says.replace(microsecond=0))
        if family == "microlife" and dated is None:
            dated = DateTime(2000, 0, 0, 0, 0, 0)
        measurements.append(Measurement(true_s, systolic, dated))
    return Story(
        family=family,
        sends_all=sends_all,
        fault=fault,
        measurements=tuple(measurements),
        gap_s=draw(st.sampled_from([0.05, 0.3, 1.0])),
        late_s=draw(st.integers(3, 50)),
        with_links=draw(st.booleans()),
    )


def frames_of(story: Story, records: list[Measurement], begin_s: float) -> list[Frame]:
    if story.family == "microlife":
        readings = tuple(
            microlife.StoredReading(
                systolic_mmhg=one.systolic,
                diastolic_mmhg=70,
                pulse_rate_per_min=70,
                timestamp=one.dated or DateTime(2000, 0, 0, 0, 0, 0),
                settings=0x80,
            )
            for one in records
        )
        content = microlife.encode_records(microlife.Records(readings=readings))
        whole = microlife.Frame(device=microlife.Device.CUFF_4G, content=content)
        payloads = [(microlife.NOTIFY, microlife.encode_frame(whole))]
    else:
        payloads = [
            (
                blood_pressure.MEASUREMENT,
                encode_measurement(
                    BloodPressureMeasurement(one.systolic, 70, 90, timestamp=one.dated, pulse_rate_per_min=70)
                ),
            )
            for one in records
        ]
    return [
        Frame(
            device="cuff",
            characteristic=characteristic,
            received_ns=at(begin_s + number * story.gap_s),
            payload=payload,
        )
        for number, (characteristic, payload) in enumerate(payloads)
    ]


def played(story: Story) -> SessionBench:
    """The session: the cuff comes after each measurement, with all it has or with what is new."""
    cuff = SensorConfig(device="cuff", family=story.family, role=SensorRole.CUFF, arm=Arm.RIGHT)
    bench = SessionBench([cuff])
    bench.feed(clock())
    sent = 0
    for number, one in enumerate(story.measurements, start=1):
        if one.true_s < 0:
            continue
        begin_s = one.true_s + story.late_s
        records = list(story.measurements[0 if story.sends_all else sent : number])
        sent = number
        frames = frames_of(story, records, begin_s)
        end_ns = frames[-1].received_ns + NS_PER_S // 10
        if story.with_links:
            bench.feed(*(link(state, begin_s - 1) for state in (LinkState.CONNECTING, LinkState.SUBSCRIBING)))
        bench.feed(*frames)
        if story.with_links:
            bench.feed(link(LinkState.LIVE, end_ns=end_ns), link(LinkState.SEARCHING, end_ns=end_ns))
    bench.feed(Tick(received_ns=at(10_000)))
    return bench


def link(state: LinkState, at_s: float = 0.0, *, end_ns: int | None = None) -> LinkEvent:
    return LinkEvent(device="cuff", state=state, received_ns=at(at_s) if end_ns is None else end_ns)


def readings(bench: SessionBench) -> dict[float, bool]:
    """systolic -> whether the rules take it for certain."""
    running = bench.session._running
    assert running is not None
    found = running._engine.situation.pressures.readings
    return {one.systolic_mmhg: one.certain for one in found}


@pytest.mark.untraced
@given(stories())
def test_no_reading_of_the_session_is_missing_from_screen_and_rules(story: Story) -> None:
    bench = played(story)
    event(f"{story.fault}, {'all' if story.sends_all else 'new'}")
    during = {float(one.systolic) for one in story.measurements if one.true_s >= 0}
    shown = {
        one.value for one in bench.of(VitalUpdate) if one.code is Code.SYSTOLIC_MMHG and one.value is not None
    }
    assert during <= shown
    assert during <= readings(bench).keys()


@pytest.mark.untraced
@given(stories())
def test_no_reading_from_before_the_session_confirms_or_clears(story: Story) -> None:
    bench = played(story)
    known = readings(bench)
    before = [one.systolic for one in story.measurements if one.true_s < 0]
    assert not any(known.get(systolic, False) for systolic in before)
    # What is not shown with its doubt is listed.
    filed = {one.systolic_mmhg for one in bench.of(ReadingFiled)}
    assert all(systolic in filed or systolic in known for systolic in before)


@pytest.mark.untraced
@settings(max_examples=20)
@given(stories())
def test_the_same_visits_give_the_same_outputs(story: Story) -> None:
    assert played(story).outputs == played(story).outputs


@given(
    st.sampled_from(["beurer", "blood_pressure", "microlife", "omron", "and_medical"]),
    st.sampled_from(["right", "undated", "reset"]),
    st.integers(2, 5),
    st.sampled_from([0.05, 0.3, 1.0]),
)
def test_a_burst_from_before_the_session_shows_its_last_at_most_and_in_doubt(
    family: str, fault: str, records: int, gap_s: float
) -> None:
    """A first visit with nothing but memory."""
    old = []
    for number in range(records):
        true_s = -3_600.0 * (records - number)
        dates = {
            "right": DateTime.from_datetime(BEGINS + timedelta(seconds=true_s)),
            "reset": DateTime.from_datetime(RESET),
            "undated": DateTime(2000, 0, 0, 0, 0, 0) if family == "microlife" else None,
        }
        old.append(Measurement(true_s, 200 + number, dates[fault]))
    story = Story(family, True, fault, tuple(old), gap_s, 5, False)
    bench = SessionBench([SensorConfig(device="cuff", family=family, role=SensorRole.CUFF, arm=Arm.RIGHT)])
    bench.feed(clock(), *frames_of(story, old, 700.0), Tick(received_ns=at(1_000)))
    known = readings(bench)
    assert len(known) <= 1
    assert not any(known.values())
