"""The cases that the page's own code passes too, in a browser (tests/browser/test_page_code.py)."""

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
from monitor.delivery.receiver.state import FeedState
from protocols.mqtt.errors import WireError
from protocols.mqtt.messages import StatusMessage
from tests.support.feed_cases import CASES, wire_of

WORDS = {
    GapFound: "gap",
    StationStale: "stale",
    StationFresh: "fresh",
    SessionEnded: "session_ended",
}


def word(event: FeedEvent) -> str:
    match event:
        case AlertReceived():
            return "alert late" if event.is_late else "alert"
        case MessageReceived(message=StatusMessage()):
            return "status"
        case _:
            return WORDS.get(type(event), type(event).__name__)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_what_a_therapists_application_knows(case: dict[str, Any]) -> None:
    state = FeedState()
    for step in case["steps"]:
        now_ns = round(step.get("at_s", 0) * 1e9)
        wire = wire_of(step)
        if wire is None:
            told = state.overdue(now_ns=now_ns).events if "overdue" in step else state.stale(now_ns=now_ns)
            assert [word(event) for event in told] == step["events"]
            continue
        if step.get("refused"):
            with pytest.raises(WireError):
                state.receive(
                    wire[0], wire[1].encode(), now_ns=now_ns, is_retained=step.get("retained", False)
                )
            continue
        taken = state.receive(
            wire[0], wire[1].encode(), now_ns=now_ns, is_retained=step.get("retained", False)
        )
        if "events" in step:
            assert [word(event) for event in taken.events] == step["events"], step
        if "received" in step:
            assert [message_id for _, message_id in taken.received] == step["received"]
        if "wanted" in step:
            assert [wanted.after_seq for wanted in taken.wanted] == step["wanted"], step
        if "active" in step:
            active = [f"{message.alert_id} {message.seq}" for _, message in state.alerts()]
            assert active == step["active"]
