from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.transition import Priority
from monitor.delivery.publish.outbox import Outbox
from monitor.store.rows import OutboxRow

S = 1_000_000_000


def row(number: int, priority: Priority = Priority.HIGH) -> OutboxRow:
    return OutboxRow(
        row=number,
        message_id=f"m{number}",
        session_id="s",
        boot=1,
        seq=number,
        alert_id="G2-1",
        priority=priority,
        topic="event",
        body="{}",
        created_utc_ns=0,
        published=False,
    )


def numbers(rows: list[OutboxRow]) -> list[int]:
    return [each.row for each in rows]


def test_an_event_is_sent_at_once_then_after_2_5_and_every_30_seconds() -> None:
    outbox = Outbox()
    outbox.add([row(1)], now_ns=100 * S)
    sent = []
    now = 100 * S
    while now <= 200 * S:
        for due in outbox.due(now_ns=now):
            sent.append((now - 100 * S) // S)
            outbox.sent(due.message_id, now_ns=now)
        now += S
    assert sent == [0, 2, 7, 37, 67, 97]


def test_only_the_first_attempts_are_kept_for_an_application_that_is_away() -> None:
    outbox = Outbox()
    outbox.add([row(1)], now_ns=0)
    asked = []
    for _ in range(5):
        asked.append(outbox.qos("m1"))
        outbox.sent("m1", now_ns=0)
    assert asked == [1, 1, 1, 0, 0]
    outbox.connected(now_ns=0)  # the broker may have lost what it kept
    assert outbox.qos("m1") == 1
    assert outbox.qos("unknown") == 1


def test_a_new_connection_starts_it_all_again() -> None:
    outbox = Outbox()
    outbox.add([row(1), row(2)], now_ns=0)
    for _ in range(3):
        outbox.sent("m1", now_ns=0)
        outbox.sent("m2", now_ns=0)
    assert outbox.due(now_ns=S) == []
    outbox.connected(now_ns=S)
    assert numbers(outbox.due(now_ns=S)) == [1, 2]
    outbox.sent("m1", now_ns=S)
    assert outbox.next_due_ns() == S
    outbox.sent("m2", now_ns=S)
    assert outbox.next_due_ns() == 3 * S


def test_a_sign_of_life_brings_forward_what_has_waited_and_only_that() -> None:
    outbox = Outbox()
    outbox.add([row(1), row(2)], now_ns=0)
    for instant_ns in (0, 2 * S, 7 * S):
        outbox.sent("m1", now_ns=instant_ns)  # next at 37 s
    outbox.sent("m2", now_ns=7 * S)
    outbox.receiver_active(now_ns=8 * S)
    assert outbox.due(now_ns=8 * S) == []  # both were sent a moment ago
    outbox.receiver_active(now_ns=9 * S)
    assert numbers(outbox.due(now_ns=9 * S)) == [1, 2]
    outbox.sent("m2", now_ns=9 * S)
    outbox.receiver_active(now_ns=20 * S)
    assert numbers(outbox.due(now_ns=20 * S)) == [1, 2]


def test_order_is_that_of_the_session_whatever_the_disk_has_taken() -> None:
    outbox = Outbox()
    outbox.add([row(1), row(1 << 62)], now_ns=0)  # the disk did not take the second one
    outbox.add([row(2)], now_ns=0)
    assert numbers(outbox.due(now_ns=0)) == [1, 1 << 62, 2]


def test_ages_are_by_priority_and_from_the_time_of_storing() -> None:
    outbox = Outbox()
    outbox.add([row(1, Priority.MEDIUM)], now_ns=50 * S, since_ns=20 * S)
    outbox.add([row(2)], now_ns=51 * S)
    outbox.add([row(1, Priority.MEDIUM)], now_ns=55 * S)  # known already
    assert outbox.oldest_age_s(Priority.MEDIUM, now_ns=60 * S) == 40
    assert outbox.oldest_age_s(Priority.HIGH, now_ns=60 * S) == 9
    assert outbox.oldest_age_s(Priority.LOW, now_ns=60 * S) is None
    outbox.close(["m1"])
    assert outbox.oldest_age_s(Priority.MEDIUM, now_ns=60 * S) is None


def test_a_closed_event_is_never_sent_again() -> None:
    outbox = Outbox()
    outbox.add([row(1)], now_ns=0)
    outbox.close(["m1", "unknown"])
    outbox.sent("m1", now_ns=0)  # its publish was still under way
    outbox.connected(now_ns=9 * S)
    assert (len(outbox), outbox.due(now_ns=99 * S), outbox.next_due_ns()) == (0, [], None)
    assert "m1" not in outbox


actions = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 12)),
        st.tuples(st.just("close"), st.integers(1, 12)),
        st.tuples(st.just("pass"), st.integers(0, 40)),
        st.tuples(st.just("connect"), st.just(0)),
    ),
    max_size=40,
)


@given(actions)
def test_what_is_open_is_sent_again_within_30_seconds_and_nothing_else(steps: list[tuple[str, int]]) -> None:
    outbox, now, last_sent = Outbox(), 0, dict[int, int]()
    open_rows: dict[int, None] = {}  # in the order they were added
    for what, number in steps:
        if what == "add":
            outbox.add([row(number)], now_ns=now)
            if number not in open_rows:
                open_rows[number] = None
                last_sent.pop(number, None)
        elif what == "close":
            outbox.close([f"m{number}"])
            open_rows.pop(number, None)
        elif what == "connect":
            outbox.connected(now_ns=now)
        else:
            now += number * S
        due = numbers(outbox.due(now_ns=now))
        assert due == [number for number in open_rows if number in due]
        assert (outbox.next_due_ns() is None) == (not open_rows)
        for each in open_rows.keys() - set(due):
            assert now - last_sent[each] < 30 * S
        for each in due:
            outbox.sent(f"m{each}", now_ns=now)
            last_sent[each] = now
    assert len(outbox) == len(open_rows)
