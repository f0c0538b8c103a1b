from dataclasses import replace

from monitor.delivery.publish.retained_state import RetainedState
from monitor.store.rows import RetainedRow

S = 1_000_000_000
ROW = RetainedRow(
    topic="alert/g2-1", message_id="m1", session_id="s", body="{}", cleared=False, confirmed=False
)
OVER = replace(ROW, message_id="m2", cleared=True)


def test_said_at_once_and_every_30_seconds() -> None:
    topics = RetainedState()
    assert (topics.due(now_ns=0), topics.next_due_ns(), len(topics)) == ([], None, 0)
    topics.set([ROW], now_ns=5 * S)
    assert topics.due(now_ns=5 * S) == [ROW]
    topics.published(ROW, now_ns=5 * S)
    assert topics.due(now_ns=34 * S) == []
    assert topics.next_due_ns() == 35 * S
    assert topics.due(now_ns=35 * S) == [ROW]
    topics.published(ROW, now_ns=35 * S)
    topics.connected(now_ns=36 * S)
    assert topics.due(now_ns=36 * S) == [ROW]


def test_repetitions_are_not_kept_for_an_application_that_is_away() -> None:
    topics = RetainedState()
    topics.set([ROW], now_ns=0)
    assert topics.qos(ROW) == 1
    topics.published(ROW, now_ns=0)
    assert topics.qos(ROW) == 0
    topics.connected(now_ns=1)
    assert topics.qos(ROW) == 1
    topics.published(ROW, now_ns=1)
    topics.set([OVER], now_ns=2)
    assert topics.qos(OVER) == 1
    assert topics.qos(replace(ROW, topic="unknown")) == 1


def test_a_change_while_it_is_being_said_is_said_too() -> None:
    topics = RetainedState()
    topics.set([ROW], now_ns=0)
    topics.set([OVER], now_ns=1)
    topics.published(ROW, now_ns=2)
    assert topics.due(now_ns=2) == [OVER]
    topics.published(replace(ROW, topic="unknown"), now_ns=2)


def test_a_topic_is_emptied_a_while_after_its_last_word_was_confirmed() -> None:
    topics = RetainedState()
    topics.set([ROW], now_ns=0)
    topics.confirm(["m1"], session_id="s", now_ns=S)
    assert topics.to_empty(now_ns=1000 * S) == []  # the alert is still there
    topics.set([OVER], now_ns=2 * S)
    assert topics.to_empty(now_ns=1000 * S) == []  # nobody knows yet that it is over
    topics.confirm(["m2"], session_id="s", now_ns=10 * S)
    assert topics.to_empty(now_ns=39 * S) == []
    topics.published(OVER, now_ns=10 * S)
    assert topics.next_due_ns() == 40 * S
    assert topics.to_empty(now_ns=40 * S) == [OVER]
    topics.emptied(OVER)
    assert len(topics) == 0


def test_an_alert_that_comes_back_is_not_emptied() -> None:
    topics = RetainedState()
    topics.set([OVER], now_ns=0)
    topics.confirm(["m2"], session_id="s", now_ns=0)
    again = replace(ROW, message_id="m3")
    topics.set([again], now_ns=30 * S)
    topics.emptied(OVER)  # the emptying was under way; the topic has to be said again
    assert topics.to_empty(now_ns=999 * S) == []
    assert topics.due(now_ns=30 * S) == [again]


def test_after_a_restart_what_was_over_and_confirmed_is_emptied() -> None:
    topics = RetainedState()
    topics.set([replace(OVER, confirmed=True), replace(ROW, topic="other", confirmed=True)], now_ns=0)
    assert [row.topic for row in topics.to_empty(now_ns=30 * S)] == ["alert/g2-1"]
    assert topics.active == 1
