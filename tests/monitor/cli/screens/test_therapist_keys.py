"""The therapist's keys: an alert is named by the number beside it, and nothing happens by half."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.screens.asked import Notice
from monitor.cli.screens.therapist_keys import NumberedAlert, Order, TherapistKeys
from monitor.delivery.receiver.state import SessionKey
from protocols.mqtt import wire

S = 1_000_000_000
HERE, THERE = SessionKey(station="gym-1", session_id="s1"), SessionKey(station="gym-2", session_id="s2")
ALERTS = {"1": NumberedAlert(session=HERE, alert_id="G12-1", rule_id="G12")}


def pressed(
    text: str, *, every_ns: int = S // 10, sessions: Sequence[SessionKey] = (HERE,)
) -> list[Order | Notice | None]:
    keys = TherapistKeys()
    return [
        keys.press(key, now_ns=number * every_ns, alerts=ALERTS, sessions=sessions)
        for number, key in enumerate(text)
    ]


@pytest.mark.parametrize(
    ("keys", "verb", "fields"),
    [
        ("1", "ack", {"alert_id": "G12-1"}),
        ("v12", "ack", {"alert_id": "G12-1", "verdict": "not_needed"}),
        ("o1looked at him\n", "override", {"alert_id": "G12-1", "reason": "looked at him"}),
        ("p1", "pause", {"rule_id": "G12", "for_s": 60.0}),
        ("P1", "resume", {"rule_id": "G12"}),
        (
            "lspo2_low_percent 88 copd\n",
            "limit",
            {"limit": "spo2_low_percent", "value": 88.0, "reason": "copd"},
        ),
    ],
)
def test_what_keys_ask_for(keys: str, verb: str, fields: dict[str, object]) -> None:
    assert pressed(keys)[-1] == Order(session=HERE, verb=verb, fields=fields)
    head = {"cmd_id": "a" * 12, "expires_at": "2026-11-22T03:00:00.000Z", "actor": "t"}
    wire.COMMAND_ADAPTER.validate_python({**head, "verb": verb, **fields})


def test_a_limit_names_its_station_where_several_run() -> None:
    asked = pressed("lgym-2 spo2_low_percent 92\n", sessions=[HERE, THERE])[-1]
    assert isinstance(asked, Order)
    assert asked.session == THERE
    assert pressed("lgym-9 x 1\n", sessions=[HERE, THERE])[-1] == Notice(sentence="no session runs at gym-9")
    assert isinstance(pressed("l", sessions=[])[-1], Notice)
    assert isinstance(pressed("lx\n")[-1], Notice)


def test_a_changed_limit_is_taken_by_a_second_key() -> None:
    keys = TherapistKeys()
    keys.proposed(HERE, "c1", now_ns=0)
    taken = keys.press("y", now_ns=S, alerts={}, sessions=[])
    assert taken == Order(session=HERE, verb="limit", fields={"confirm": "c1"})
    assert isinstance(keys.press("y", now_ns=S, alerts={}, sessions=[]), Notice)


def test_half_a_key_is_forgotten_and_a_missing_number_is_said() -> None:
    assert pressed("p1", every_ns=11 * S)[-1] == Order(session=HERE, verb="ack", fields={"alert_id": "G12-1"})
    assert pressed("7") == [Notice(sentence="no alert has the number 7")]
    assert pressed("o1\n")[-1] == Notice(sentence="to close an alert needs a reason")
    assert pressed("o1x\x1b")[-1] == Notice(sentence="nothing was asked for")
    assert pressed("x") == [None]


@given(st.text(alphabet="123ovpPly?\n\x1b ab", max_size=30))
def test_any_keys_give_what_the_wire_has(keys: str) -> None:
    for one in pressed(keys):
        assert one is None or isinstance(one, Notice | Order)
