import itertools
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from monitor.alerts.transition import AlertState, Priority
from monitor.store.errors import StoreConflictError, StoreUnavailableError
from monitor.store.rows import OutboxRow, Post, SpotReading
from monitor.store.store import Store
from tests.support.alert_transitions import transition

SESSION = "s7f3"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "station.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path, utc_ns=lambda: 1000) as opened:
        yield opened


def posts(seq: int, *, topic: str = "alert/g2-1", cleared: bool = False) -> list[Post]:
    event = Post(message_id=f"m{seq}", topic="event", body=f'{{"seq":{seq}}}', priority=Priority.HIGH)
    return [event, replace(event, topic=topic, retained=True, cleared=cleared)]


def ids(rows: list[OutboxRow]) -> list[str]:
    return [row.message_id for row in rows]


def test_boots_rise(path: Path) -> None:
    boots = []
    for utc_s in (1_700_000_000, 1_700_000_000, 60, 1_800_000_000):  # a clock that stands, is lost, is set
        with Store(path, utc_ns=lambda utc_s=utc_s: utc_s * 1_000_000_000) as store:
            boots.append(store.boot)
    assert boots == [1_700_000_000, 1_700_000_001, 1_700_000_002, 1_800_000_000]


def test_a_store_that_was_replaced_does_not_begin_with_boot_1(path: Path, tmp_path: Path) -> None:
    with Store(path) as store:
        old = store.boot
        client_id = store.client_id
    with Store(path) as store:
        assert store.client_id == client_id  # the broker knows the station again
    with Store(tmp_path / "another.sqlite") as replaced:
        assert replaced.boot >= old
        assert replaced.client_id != client_id


def test_a_transition_and_its_messages_are_stored_together(store: Store) -> None:
    (row,) = store.append(transition(1), posts(1), session_id=SESSION)
    assert row == OutboxRow(
        row=1,
        message_id="m1",
        session_id=SESSION,
        boot=1,
        seq=1,
        alert_id="G2-1",
        priority=Priority.HIGH,
        topic="event",
        body='{"seq":1}',
        created_utc_ns=1000,
        published=False,
    )
    assert store.open_rows() == [row]
    (kept,) = store.retained()
    assert (kept.topic, kept.message_id, kept.cleared, kept.confirmed) == ("alert/g2-1", "m1", False, False)
    assert store.active_alerts(SESSION) == [transition(1)]


def test_the_same_again_changes_nothing(store: Store) -> None:
    store.append(transition(1), posts(1), session_id=SESSION)
    assert store.append(transition(1), posts(1), session_id=SESSION) == []
    assert ids(store.open_rows()) == ["m1"]


def test_another_transition_under_the_same_number_is_told(store: Store) -> None:
    store.append(transition(1), posts(1), session_id=SESSION)
    with pytest.raises(StoreConflictError, match="another transition 1"):
        store.append(transition(1, message="other"), posts(2), session_id=SESSION)
    store.append(transition(1), posts(9), session_id="another-session")


def test_half_a_transition_is_never_stored(store: Store) -> None:
    store.append(transition(1), posts(1), session_id=SESSION)
    with pytest.raises(StoreUnavailableError, match="UNIQUE"):
        store.append(transition(2), posts(1), session_id=SESSION)  # the message id is taken
    assert ids(store.open_rows()) == ["m1"]
    assert [each.seq for each in store.active_alerts(SESSION)] == [1]
    store.append(transition(2), posts(2), session_id=SESSION)


def test_only_a_confirmation_closes_a_row(store: Store, path: Path) -> None:
    for seq in (1, 2, 3):
        store.append(transition(seq), posts(seq), session_id=SESSION)
    store.mark_published("m2")
    assert [row.published for row in store.open_rows()] == [False, True, False]
    assert store.confirm(["m2", "unknown", "m2"], session_id=SESSION, actor="therapist-1") == ["m2"]
    assert store.confirm(["m2"], session_id=SESSION, actor="therapist-2") == []
    assert store.confirm(["m3"], session_id="another", actor="therapist-1") == []
    assert ids(store.open_rows()) == ["m1", "m3"]
    store.close()
    with Store(path) as again:
        assert [(row.message_id, row.boot) for row in again.open_rows()] == [("m1", 1), ("m3", 1)]
        (entry,) = again.audit_entries()
        assert (entry.actor, entry.action, entry.detail) == ("therapist-1", "received", '{"ids":["m2"]}')


def test_what_a_snapshot_says_again(store: Store, path: Path) -> None:
    for seq in range(1, 6):
        store.append(transition(seq), posts(seq), session_id=SESSION)
    store.append(transition(1), posts(91), session_id="other")
    store.confirm(["m3"], session_id=SESSION, actor="t")
    assert ids(store.rows_after(SESSION, boot=1, seq=2, limit=2)) == ["m3", "m4"]
    store.close()
    with Store(path) as again:
        again.append(transition(1, message="after the restart"), posts(11), session_id=SESSION)
        assert ids(again.rows_after(SESSION, boot=1, seq=4, limit=10)) == ["m5", "m11"]
        assert ids(again.rows_after(SESSION, boot=2, seq=0, limit=10)) == ["m11"]


def test_a_retained_topic_says_the_newest(store: Store) -> None:
    store.append(transition(1), posts(1), session_id=SESSION)
    store.append(transition(2, to_state=AlertState.RESOLVED), posts(2, cleared=True), session_id=SESSION)
    (kept,) = store.retained()
    assert (kept.message_id, kept.cleared, kept.confirmed) == ("m2", True, False)
    store.confirm(["m1"], session_id=SESSION, actor="t")
    assert not store.retained()[0].confirmed
    store.confirm(["m2"], session_id=SESSION, actor="t")
    assert store.retained()[0].confirmed
    assert store.active_alerts(SESSION) == []


def test_a_topic_is_forgotten_only_while_it_says_the_same(store: Store) -> None:
    store.append(transition(1), posts(1), session_id=SESSION)
    store.forget_retained("alert/g2-1", message_id="m1")  # not cleared
    assert len(store.retained()) == 1
    store.append(transition(2), posts(2, cleared=True), session_id=SESSION)
    store.forget_retained("alert/g2-1", message_id="m1")  # something newer is said
    assert len(store.retained()) == 1
    store.forget_retained("alert/g2-1", message_id="m2")
    assert store.retained() == []


def test_active_alerts_are_the_last_word_on_each(store: Store) -> None:
    moves = [
        ("G2-1", AlertState.FIRING),
        ("G4-1", AlertState.FIRING),
        ("G2-1", AlertState.ACKNOWLEDGED),
        ("T1-1", AlertState.FIRING),
        ("T1-1", AlertState.RESOLVED),
        ("G4-1", AlertState.LATCHED),
    ]
    for seq, (alert_id, state) in enumerate(moves, start=1):
        store.append(transition(seq, alert_id=alert_id, to_state=state), [], session_id=SESSION)
    active = store.active_alerts(SESSION)
    assert [(each.alert_id, each.to_state) for each in active] == [
        ("G2-1", AlertState.ACKNOWLEDGED),
        ("G4-1", AlertState.LATCHED),
    ]
    assert active[0] == transition(3, alert_id="G2-1", to_state=AlertState.ACKNOWLEDGED)


def test_sessions(store: Store) -> None:
    store.begin_session(SESSION, {"pack": "general"})
    store.begin_session(SESSION, {"pack": "other"})  # after a restart
    store.append(transition(1), posts(1), session_id=SESSION)
    record = store.session(SESSION)
    assert record is not None
    assert (record.header, record.ended_utc_ns, record.summary) == ({"pack": "general"}, None, None)
    store.end_session(SESSION, {"sets": 3})
    ended = store.session(SESSION)
    assert ended is not None
    assert (ended.ended_utc_ns, ended.summary) == (1000, {"sets": 3})
    assert store.retained()[0].cleared
    assert store.session("unknown") is None


READING = SpotReading(
    device="cuff",
    characteristic="00002a35-0000-1000-8000-00805f9b34fb",
    received_ns=5,
    payload=b"\x1e\xf4\x00",
    taken_at="2026-11-22T03:00:00",
    user_index=1,
    values={"systolic_mmhg": 142.0, "diastolic_mmhg": None},
)


def test_a_reading_is_kept_once_however_often_it_is_sent(store: Store, path: Path) -> None:
    assert store.keep_spot_reading(READING, session_id=SESSION)
    assert not store.keep_spot_reading(replace(READING, received_ns=99), session_id=SESSION)
    store.close()
    with Store(path) as again:  # a cuff sends its memory again after a reconnection
        assert not again.keep_spot_reading(READING, session_id=SESSION)
        assert again.spot_readings(SESSION) == [READING]


@pytest.mark.parametrize(
    "change",
    [
        {"device": "other-cuff"},
        {"taken_at": "2026-11-22T03:00:01"},
        {"user_index": 2},
        {"user_index": None},
        {"values": {"systolic_mmhg": 143.0, "diastolic_mmhg": None}},
        {"values": {"systolic_mmhg": 142.0, "diastolic_mmhg": 80.0}},
    ],
    ids=str,
)
def test_another_reading_is_another(store: Store, change: dict[str, object]) -> None:
    store.keep_spot_reading(READING, session_id=SESSION)
    assert store.keep_spot_reading(replace(READING, **change), session_id=SESSION)  # type: ignore[arg-type]
    assert len(store.spot_readings(SESSION)) == 2


def test_without_a_clock_in_the_device_each_arrival_counts(store: Store) -> None:
    clockless = replace(READING, taken_at=None)
    assert store.keep_spot_reading(clockless, session_id=SESSION)
    assert store.keep_spot_reading(replace(clockless, received_ns=6), session_id=SESSION)
    assert not store.keep_spot_reading(clockless, session_id=SESSION)


def test_a_command_is_taken_once_and_its_answer_kept(store: Store, path: Path) -> None:
    taken = {"session_id": SESSION, "verb": "ack", "actor": "therapist-1"}
    assert store.take_command("c1", **taken) is None
    assert store.take_command("c2", **taken) is None
    store.finish_command("c1", result="accepted", details={"alert_id": "G2-1"})
    store.close()
    with Store(path) as again:
        seen, cut_off = again.take_command("c1", **taken), again.take_command("c2", **taken)
        assert seen is not None
        assert cut_off is not None
        assert (seen.result, seen.details, seen.actor) == ("accepted", {"alert_id": "G2-1"}, "therapist-1")
        assert cut_off.result is None
        again.finish_command("unknown", result="accepted")
        (entry,) = again.audit_entries()
        assert (entry.action, entry.subject) == ("ack", SESSION)


def test_several_calls_can_be_one(store: Store) -> None:
    def append_and_fail() -> None:
        with store.transaction():
            store.append(transition(1), posts(1), session_id=SESSION)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        append_and_fail()
    assert store.open_rows() == []


def test_a_store_is_released_when_its_boot_cannot_be_noted(path: Path) -> None:
    Store(path).close()
    raw = sqlite3.connect(path)
    raw.execute("ALTER TABLE boots RENAME COLUMN started_utc_ns TO was")
    raw.close()
    with pytest.raises(StoreUnavailableError):
        Store(path)
    with pytest.raises(StoreUnavailableError):  # and not StoreBusyError
        Store(path)


class OutboxMachine(RuleBasedStateMachine):
    """Whatever happens in whatever order: what was appended is open until it was confirmed, in order."""

    folder: Path
    files = itertools.count()

    @initialize()
    def open(self) -> None:
        self.path = self.folder / f"{next(self.files)}.sqlite"
        self.store = Store(self.path)
        self.seq = 0
        self.appended: list[str] = []
        self.confirmed: set[str] = set()

    @rule(count=st.integers(1, 4))
    def append(self, count: int) -> None:
        for _ in range(count):
            self.seq += 1
            message_id = f"m{len(self.appended)}"
            post = Post(message_id=message_id, topic="event", body="{}", priority=Priority.LOW)
            self.store.append(transition(self.seq), [post], session_id=SESSION)
            self.appended.append(message_id)

    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        some = data.draw(st.lists(st.sampled_from([*self.appended, "unknown"]), max_size=5))
        closed = self.store.confirm(some, session_id=SESSION, actor="t")
        assert set(closed) == set(some) - self.confirmed - {"unknown"}
        self.confirmed |= set(closed)

    @rule()
    def fail_midway(self) -> None:
        def append_confirm_and_fail() -> None:
            with self.store.transaction():
                self.store.append(transition(self.seq + 1), [], session_id=SESSION)
                self.store.confirm(self.appended, session_id=SESSION, actor="t")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            append_confirm_and_fail()

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = Store(self.path)
        self.seq = 0

    @invariant()
    def nothing_is_lost_and_nothing_comes_back(self) -> None:
        expected = [message_id for message_id in self.appended if message_id not in self.confirmed]
        assert ids(self.store.open_rows()) == expected

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()


def test_the_outbox_under_any_sequence_of_events(tmp_path: Path) -> None:
    OutboxMachine.folder = tmp_path
    machine = OutboxMachine.TestCase
    machine.settings = settings(
        max_examples=10, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
    )
    machine().runTest()
