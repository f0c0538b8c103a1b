import json
from typing import Any

import pytest

from monitor.delivery.receiver.events import (
    AlertReceived,
    FeedEvent,
    GapFound,
    MessageReceived,
    SessionEnded,
    StationFresh,
    StationStale,
)
from monitor.delivery.receiver.state import MAX_IDS_KNOWN, FeedState, FeedUpdate, SessionKey, SnapshotRequest
from protocols.mqtt.errors import WireError
from protocols.mqtt.messages import StatusMessage

S = 1_000_000_000
STATION = "kinewatch/v1/north/room-2/"
SESSION = STATION + "s/s7f3/"
PLACE = SessionKey(station="room-2", session_id="s7f3")
T = "2026-11-22T03:00:00Z"


def facts(seq: int, *, boot: int = 1, alert_id: str = "G2-1", **others: Any) -> dict[str, Any]:
    return {
        "id": f"b{boot}-{seq}",
        "boot": boot,
        "seq": seq,
        "t": T,
        "sent": T,
        "alert_id": alert_id,
        "condition": "c",
        "kind": "physiological",
        "priority": "high",
        "rule_id": "G2",
        "rule_version": 1,
        "phase": "exercise",
        "message": "m",
        "advice": "a",
        "first_offending": T,
        **others,
    }


def event(
    state: FeedState, seq: int, *, at_s: float = 0, to_state: str = "firing", **others: Any
) -> FeedUpdate:
    fields = facts(seq, from_state="pending", to_state=to_state, **others)
    return state.receive(SESSION + "event", json.dumps(fields).encode(), now_ns=round(at_s * S))


def alert(state: FeedState, seq: int, *, presence: str = "on", **others: Any) -> FeedUpdate:
    fields = facts(seq, state="firing", presence=presence, change="raised", **others)
    return state.receive(SESSION + "alert/g2-1", json.dumps(fields).encode(), now_ns=0)


def status(state: FeedState, what: str, *, boot: int = 1, at_s: float = 0) -> list[FeedEvent]:
    fields = {"state": what, "boot": boot}
    return state.receive(STATION + "status", json.dumps(fields).encode(), now_ns=round(at_s * S)).events


def kinds(events: list[FeedEvent]) -> list[type]:
    return [type(each) for each in events]


def test_told_once_confirmed_each_time() -> None:
    state = FeedState()
    first, second, third = event(state, 1), event(state, 1), alert(state, 1)
    assert kinds(first.events) == [AlertReceived]
    assert second.events == third.events == []
    assert first.received == second.received == third.received == [(PLACE, "b1-1")]


def test_late_is_told_as_late() -> None:
    (told,) = event(FeedState(), 1, hist=True).events
    assert isinstance(told, AlertReceived)
    assert told.is_late


def test_a_hole_is_asked_for_and_again_while_it_lasts() -> None:
    state = FeedState()
    event(state, 5)
    assert event(state, 6).wanted == []
    late = event(state, 9, at_s=1)
    assert late.wanted == [SnapshotRequest(session=PLACE, boot=1, after_seq=6)]
    assert GapFound(station="room-2", session_id="s7f3", boot=1, after_seq=6) in late.events
    assert event(state, 10, at_s=2).wanted == []  # it has just been asked for
    assert event(state, 11, at_s=6).wanted == [SnapshotRequest(session=PLACE, boot=1, after_seq=6)]
    assert event(state, 7, at_s=7).wanted == []
    assert event(state, 8, at_s=8).wanted == []  # the hole is filled, 9 to 11 included
    assert event(state, 12, at_s=8).wanted == []
    assert event(state, 14, at_s=8.1).wanted == [SnapshotRequest(session=PLACE, boot=1, after_seq=12)]


def test_what_came_before_the_first_event_is_not_missed() -> None:
    state = FeedState()
    assert event(state, 40).wanted == []
    assert event(state, 39).wanted == []  # an older one, sent again by the station


def test_sequences_are_of_one_session_and_one_boot() -> None:
    state = FeedState()
    event(state, 7)
    assert event(state, 1, boot=2).wanted == []
    other = SESSION.replace("s7f3", "other")
    fields = facts(3, from_state="pending", to_state="firing", id="x")
    assert state.receive(other + "event", json.dumps(fields).encode(), now_ns=0).wanted == []


def test_active_alerts_are_the_newest_word_on_each() -> None:
    state = FeedState()
    event(state, 1)
    event(state, 2, alert_id="G4-1")
    event(state, 4, to_state="acknowledged")
    event(state, 3)  # an older word, sent again
    assert [(place, message.alert_id, message.seq) for place, message in state.alerts()] == [
        (PLACE, "G2-1", 4),
        (PLACE, "G4-1", 2),
    ]
    event(state, 5, to_state="resolved")
    alert(state, 6, alert_id="G4-1", presence="off")
    assert state.alerts() == []
    event(state, 4, to_state="acknowledged")


def test_a_station_falls_silent_and_is_heard_again() -> None:
    state = FeedState()
    assert kinds(status(state, "ready")) == [MessageReceived]
    assert state.stale(now_ns=3 * S) == []
    assert state.stale(now_ns=3 * S + 1) == [StationStale(station="room-2", reason="nothing heard for 3 s")]
    assert state.stale(now_ns=9 * S) == []
    assert kinds(event(state, 1, at_s=10).events) == [StationFresh, AlertReceived]
    assert state.stale(now_ns=11 * S) == []
    assert len(state.stale(now_ns=14 * S)) == 1


def test_a_will_is_staleness_unless_it_is_of_an_earlier_run() -> None:
    state = FeedState()
    status(state, "ready", boot=2)
    assert status(state, "lost", boot=1) == []
    assert kinds(status(state, "lost", boot=2)) == [MessageReceived, StationStale]
    assert kinds(status(state, "lost", boot=2)) == [MessageReceived]
    assert kinds(status(state, "ready", boot=3)) == [MessageReceived, StationFresh]


def test_a_station_that_has_said_goodbye_is_not_stale() -> None:
    state = FeedState()
    status(state, "ready")
    status(state, "disconnected")
    assert state.stale(now_ns=99 * S) == []


def test_a_station_never_heard_to_be_ready_is_not_missed() -> None:
    state = FeedState()
    event(state, 1)
    assert state.stale(now_ns=99 * S) == []


def test_other_messages_are_handed_on() -> None:
    state = FeedState()
    fields = {"id": "x", "boot": 1, "seq": 1, "t": T, "sent": T, "code": "hr", "value": 90, "unit": "/min"}
    update = state.receive(SESSION + "vital/hr", json.dumps(fields | {"q": "good"}).encode(), now_ns=0)
    assert kinds(update.events) == [MessageReceived]
    assert update.received == []


def test_emptied_topics() -> None:
    state = FeedState()
    assert state.receive(STATION + "session", b"", now_ns=0).events == [SessionEnded(station="room-2")]
    assert state.receive(SESSION + "alert/g2-1", b"", now_ns=0) == FeedUpdate()
    assert state.receive(SESSION + "latest", b"", now_ns=0) == FeedUpdate()


def test_other_therapists_commands_are_passed_over() -> None:
    assert FeedState().receive(SESSION + "cmd/ack", b"not even json", now_ns=0) == FeedUpdate()


@pytest.mark.parametrize(("topic", "payload"), [("elsewhere", b"{}"), (SESSION + "event", b"{}")])
def test_what_is_none_of_ours(topic: str, payload: bytes) -> None:
    with pytest.raises(WireError):
        FeedState().receive(topic, payload, now_ns=0)


def test_ids_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_IDS_KNOWN >= 10_000
    monkeypatch.setattr("monitor.delivery.receiver.state.MAX_IDS_KNOWN", 3)
    state = FeedState()
    for seq in range(1, 6):
        event(state, seq)
    assert event(state, 5).events == []
    assert kinds(event(state, 1).events) == [AlertReceived]


def test_status_is_handed_on_as_a_message() -> None:
    (told,) = status(FeedState(), "ready")
    assert isinstance(told, MessageReceived)
    assert isinstance(told.message, StatusMessage)
