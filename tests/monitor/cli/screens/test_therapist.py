"""The therapist's screen sounds what nobody has acknowledged; its keys become commands of a session."""

import asyncio
from typing import Any

import pytest

from monitor.cli.screens.therapist import Therapist
from monitor.delivery.broker.broker import Broker
from monitor.delivery.broker.login_file import Login
from monitor.delivery.receiver.events import AlertReceived, BrokerState, MessageReceived
from protocols.mqtt.messages import AlertMessage, ReplyMessage, SessionMessage

T = "2026-11-22T03:00:00.000Z"
HEAD: dict[str, Any] = {"id": "01HZZZZZZZZZZZZZZZZZZZZZZZ", "boot": 1, "seq": 1, "t": T, "sent": T}
LOGIN = Login(clinic="north", broker=Broker(host="127.0.0.1", port=1, username="therapist-1"))


class Player:
    def __init__(self) -> None:
        self.played: list[str] = []
        self.problem = ""

    def play(self, priority: str) -> None:
        self.played.append(priority)


def alert(state: str, *, seq: int = 1, priority: str = "high") -> AlertReceived:
    message = AlertMessage(
        **{**HEAD, "seq": seq},
        alert_id="G12-1",
        condition="symptom",
        kind="physiological",
        priority=priority,
        rule_id="G12",
        rule_version=1,
        phase="exercise",
        message="Symptom: stop",
        advice="Stop now.",
        first_offending=T,
        state=state,
        presence="on",
        change="raised",
    )
    return AlertReceived(station="gym-1", session_id="s1", message=message, is_late=False)


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, object]]]:
    """What goes to the stations."""
    orders: list[tuple[str, str, dict[str, object]]] = []

    def order(_: object, session: Any, verb: str, **fields: object) -> str:
        orders.append((session.session_id, verb, fields))
        return f"c{len(orders)}"

    monkeypatch.setattr("monitor.delivery.receiver.client.TherapistFeed.command", order)
    return orders


async def test_an_alert_is_heard_at_once_and_until_somebody_acknowledges_it() -> None:
    player = Player()
    lines: list[str] = []
    therapist = Therapist(LOGIN, None, sound=player, show=lines.append)
    therapist._on_event(BrokerState(is_connected=True))
    therapist._on_event(alert("firing"))
    assert player.played == ["high"]
    therapist._on_event(alert("acknowledged", seq=2))
    therapist._sound_what_is_due()
    assert player.played == ["high"]
    assert any("Symptom: stop" in line for line in lines)
    player.problem = "no tones, only the terminal's bell"
    therapist._sound_what_is_due()
    assert lines[-1] == player.problem


async def test_keys_become_commands_of_the_alerts_session(
    ordered: list[tuple[str, str, dict[str, object]]],
) -> None:
    lines: list[str] = []
    therapist = Therapist(LOGIN, None, sound=Player(), show=lines.append)
    session = SessionMessage(**HEAD, session_id="s1", plan_id="patient-7", started=T)
    therapist._on_event(MessageReceived(station="gym-1", session_id=None, message=session))
    therapist._on_event(alert("firing"))
    for key in "1o1fine\nlspo2_low_percent 92\n":
        therapist.press(key)
    details: dict[str, Any] = {"limit": "spo2_low_percent", "old": 90.0, "new": 92.0, "in_force": False}
    proposal = ReplyMessage(**HEAD, cmd_id="c3", verb="limit", result="accepted", details=details)
    therapist._on_event(MessageReceived(station="gym-1", session_id="s1", message=proposal))
    therapist.press("y")
    assert ordered == [
        ("s1", "ack", {"alert_id": "G12-1"}),
        ("s1", "override", {"alert_id": "G12-1", "reason": "fine"}),
        ("s1", "limit", {"limit": "spo2_low_percent", "value": 92.0}),
        ("s1", "limit", {"confirm": "c3"}),
    ]
    therapist.press("7")
    assert lines[-1] == "no alert has the number 7"
    await asyncio.sleep(0)
