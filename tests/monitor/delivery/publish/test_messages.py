import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.life_cycle import TRANSITIONS
from monitor.alerts.transition import AlertKind, AlertState, Priority
from monitor.delivery.publish.messages import (
    PRESENCE,
    SenderIdentity,
    change_of,
    posts_of,
    retained_rows,
    stamped,
    unstored_rows,
)
from monitor.inputs import ClockAnchor
from protocols.mqtt import messages, wire
from protocols.mqtt.messages import AlertMessage, EventMessage
from protocols.mqtt.topics import StationTopics, TopicKind
from tests.support.alert_transitions import transition

S = 1_000_000_000
ANCHOR = ClockAnchor(received_ns=0, utc_ns=1_795_316_400 * S)  # 2026-11-22T03:00:00Z
TOPICS = StationTopics(clinic="north", station="room-2")
SPEAKER = SenderIdentity(topics=TOPICS.in_session("s7f3"), boot=17, anchor=ANCHOR)
SENT_NS = ANCHOR.utc_ns + 21 * S


def test_an_alert_and_its_event_say_everything() -> None:
    event_post, alert_post = posts_of(transition(3), SPEAKER)
    assert (event_post.topic, event_post.retained) == ("kinewatch/v1/north/room-2/s/s7f3/event", False)
    assert (alert_post.topic, alert_post.retained) == ("kinewatch/v1/north/room-2/s/s7f3/alert/g2-1", True)
    event = wire.decode(TopicKind.EVENT, stamped(event_post.body, utc_ns=SENT_NS))
    alert = wire.decode(TopicKind.ALERT, stamped(alert_post.body, utc_ns=SENT_NS))
    assert isinstance(event, EventMessage)
    assert isinstance(alert, AlertMessage)
    assert event.id == alert.id == event_post.message_id == alert_post.message_id
    assert (event.boot, event.seq, event.t) == (17, 3, "2026-11-22T03:00:20.000Z")
    assert event.first_offending == "2026-11-22T03:00:15.000Z"
    assert (event.sent, event.hist) == ("2026-11-22T03:00:21.000Z", False)
    assert (event.from_state, event.to_state) == ("pending", "firing")
    assert (alert.state, alert.presence, alert.change) == ("firing", "on", "raised")
    facts = (event.value, event.unit, event.limit, event.q, event.sources, event.confirm_s, event.phase)
    assert facts == (84.0, "%", 85.0, "good", ("oximeter",), 5.0, "exercise")
    assert (event.rule_id, event.rule_version, event.priority, event.kind) == (
        "G2",
        1,
        "high",
        "physiological",
    )
    assert not alert_post.cleared


def test_the_same_transition_has_the_same_id_and_another_has_another() -> None:
    assert posts_of(transition(3), SPEAKER) == posts_of(transition(3), SPEAKER)
    other_boot = SenderIdentity(topics=SPEAKER.topics, boot=18, anchor=ANCHOR)
    made = [
        posts_of(transition(3), SPEAKER),
        posts_of(transition(4), SPEAKER),
        posts_of(transition(3), other_boot),
    ]
    assert len({posts[0].message_id for posts in made}) == 3


def test_what_is_told_late_is_history() -> None:
    body = posts_of(transition(), SPEAKER)[0].body
    assert json.loads(stamped(body, utc_ns=ANCHOR.utc_ns + 29 * S))["hist"] is False
    assert json.loads(stamped(body, utc_ns=ANCHOR.utc_ns + 31 * S))["hist"] is True


@pytest.mark.parametrize(
    ("from_state", "to_state"), sorted({(at, to) for (at, _), to in TRANSITIONS.items()})
)
def test_every_move_of_the_life_cycle_has_words(from_state: AlertState, to_state: AlertState) -> None:
    posts = posts_of(transition(from_state=from_state, to_state=to_state), SPEAKER)
    wire.decode(TopicKind.EVENT, stamped(posts[0].body, utc_ns=SENT_NS))
    if {from_state, to_state} <= {AlertState.INACTIVE, AlertState.PENDING}:
        assert len(posts) == 1
        assert posts[0].priority is Priority.LOW  # it calls nobody, so nobody is waited for
        return
    alert = wire.decode(TopicKind.ALERT, stamped(posts[1].body, utc_ns=SENT_NS))
    assert isinstance(alert, AlertMessage)
    assert posts[1].cleared == (alert.presence == "off")
    assert posts[0].priority is Priority.HIGH


@pytest.mark.parametrize(
    ("from_state", "to_state", "change"),
    [
        (AlertState.PENDING, AlertState.FIRING, "raised"),
        (AlertState.LATCHED, AlertState.FIRING, "raised"),
        (AlertState.FIRING, AlertState.FIRING, "updated"),
        (AlertState.PAUSED, AlertState.FIRING, "updated"),
        (AlertState.FIRING, AlertState.ACKNOWLEDGED, "acknowledged"),
        (AlertState.PENDING, AlertState.PAUSED, "paused"),
        (AlertState.FIRING, AlertState.LATCHED, "cleared"),
        (AlertState.ACKNOWLEDGED, AlertState.RESOLVED, "cleared"),
    ],
)
def test_the_word_for_a_move(from_state: AlertState, to_state: AlertState, change: str) -> None:
    assert change_of(transition(from_state=from_state, to_state=to_state)) == change


def test_the_wire_knows_every_word_of_the_engine() -> None:
    assert set(get_args(messages.AlertState)) == set(AlertState) == set(PRESENCE)
    assert set(get_args(messages.Priority)) == set(Priority)
    assert set(get_args(messages.AlertKind)) == set(AlertKind)
    assert set(PRESENCE.values()) == set(get_args(messages.Presence))


plain_text = st.text(st.characters(exclude_categories=["Cs"]))
any_number = st.none() | st.floats(allow_nan=False, allow_infinity=False)


TEXTS = (
    "alert_id",
    "rule_id",
    "condition",
    "phase",
    "message",
    "advice",
    "unit",
    "quality",
    "reason",
    "actor",
)


@given(
    texts=st.fixed_dictionaries({name: plain_text | st.just("é" * 2000) for name in TEXTS}),
    numbers=st.fixed_dictionaries({"value": any_number, "limit": any_number}),
    sources=st.lists(plain_text, max_size=30).map(tuple),
)
def test_no_alert_fails_to_be_sent_because_of_what_it_says(
    texts: dict[str, str], numbers: dict[str, float | None], sources: tuple[str, ...]
) -> None:
    texts["alert_id"] = texts["alert_id"] or "a"
    event, alert = posts_of(transition(sources=sources, **texts, **numbers), SPEAKER)
    wire.decode(TopicKind.EVENT, stamped(event.body, utc_ns=SENT_NS))
    wire.decode(TopicKind.ALERT, stamped(alert.body, utc_ns=SENT_NS))


def test_a_number_that_is_none_does_not_keep_an_alert_back() -> None:
    event, _ = posts_of(transition(value=float("nan"), limit=float("inf")), SPEAKER)
    assert json.loads(event.body)["value"] is None
    assert json.loads(event.body)["limit"] is None


def test_rows_as_the_store_would_have_them() -> None:
    posts = posts_of(transition(3), SPEAKER)
    (kept,) = retained_rows(posts, session_id="s7f3")
    assert (kept.topic, kept.message_id, kept.confirmed) == (posts[1].topic, posts[1].message_id, False)
    (row,) = unstored_rows(transition(3), posts, identity=SPEAKER, row=99, created_utc_ns=7)
    assert (row.row, row.message_id, row.body, row.seq, row.boot) == (
        99,
        posts[0].message_id,
        posts[0].body,
        3,
        17,
    )
