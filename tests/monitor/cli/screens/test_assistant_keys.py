"""Keys in, commands out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.screens.asked import Notice, Request
from monitor.cli.screens.assistant_keys import KEY_HELP, AssistantKeys, TopAlert
from monitor.plan.roles import Role
from monitor.plan.verbs import may

S = 1_000_000_000
TOP = TopAlert(alert_id="G1-1", rule_id="G1")


def pressed(
    keys: str, *, every_ns: int = S // 10, alert: TopAlert | None = None
) -> list[Request | Notice | None]:
    board = AssistantKeys()
    return [board.press(key, now_ns=number * every_ns, topmost=alert) for number, key in enumerate(keys)]


@pytest.mark.parametrize(
    ("keys", "verb", "arguments"),
    [
        ("c", "calibrate", {}),
        ("z", "zero", {}),
        ("b", "begin", {}),
        ("B\n", "begin", {"accept_missing": True}),
        ("Bno cuff\n", "begin", {"accept_missing": True, "reason": "no cuff"}),
        ("!", "symptom", {"symptom": "stop"}),
        ("a", "acknowledge", {"alert_id": "G1-1"}),
        ("A1", "acknowledge", {"alert_id": "G1-1", "verdict": "acted"}),
        ("A3", "acknowledge", {"alert_id": "G1-1", "verdict": "artefact"}),
        ("m", "pause", {"rule_id": "G1", "for_s": 60.0}),
        ("M", "resume", {}),
        ("p1", "posture", {"posture": "supine"}),
        ("p3", "posture", {"posture": "standing"}),
        ("nhe is tired\n", "note", {"text": "he is tired"}),
        ("lspo2_low_percent 92\n", "limit", {"limit": "spo2_low_percent", "value": 92.0}),
        ("lpain_high 5 his word\r", "limit", {"limit": "pain_high", "value": 5.0, "reason": "his word"}),
        ("r13", "rating", {"scale": "rpe", "value": 13.0}),
        ("rr06", "rating", {"scale": "rpe", "value": 6.0}),
        ("ee", "end", {}),
        ("xee", "end", {}),
    ],
)
def test_what_a_key_asks_for(keys: str, verb: str, arguments: dict[str, object]) -> None:
    assert pressed(keys, alert=TOP)[-1] == Request(verb=verb, arguments=arguments)
    assert may("assistant", verb)


def test_an_alert_that_only_a_therapist_may_close_is_closed_with_a_reason() -> None:
    asked = pressed("oseen by dr. q\n", alert=TOP)[-1]
    assert asked == Request(verb="override", arguments={"alert_id": "G1-1", "reason": "seen by dr. q"})
    assert pressed("o\n", alert=TOP)[-1] == Notice(sentence="to close an alert needs a reason")
    assert may("therapist", "override")
    assert not may("assistant", "override")


def test_one_slip_does_not_end_the_session() -> None:
    assert pressed("e") == [Notice(sentence="press e again to end the session")]
    assert Request(verb="end") not in pressed("ee", every_ns=6 * S)
    assert Request(verb="end") not in pressed("ece")


def test_what_is_left_half_typed_is_forgotten() -> None:
    assert pressed("r1c")[-1] == Request(verb="calibrate")
    assert pressed("r13", every_ns=11 * S)[1:] == [None, None]
    assert pressed("p3", every_ns=11 * S)[-1] is None
    assert pressed("13") == [None, None]
    assert pressed("nsome words\x1bc")[-2:] == [
        Notice(sentence="nothing was asked for"),
        Request(verb="calibrate"),
    ]


def test_nothing_to_acknowledge_is_said() -> None:
    assert pressed("a") == [Notice(sentence="no alert waits to be acknowledged")]
    assert pressed("m") == pressed("o") == [Notice(sentence="there is no alert")]


def test_a_changed_limit_is_taken_by_a_second_key_within_a_minute() -> None:
    keys = AssistantKeys()
    keys.proposed("limit-7", now_ns=0)
    assert keys.press("y", now_ns=S, topmost=None) == Request(verb="limit", arguments={"confirm": "limit-7"})
    assert isinstance(keys.press("y", now_ns=2 * S, topmost=None), Notice)
    keys.proposed("limit-8", now_ns=0)
    assert isinstance(keys.press("y", now_ns=61 * S, topmost=None), Notice)
    assert "for example" in pressed("lnonsense\n")[-1].sentence  # type: ignore[union-attr]


def test_what_is_being_typed_is_shown_and_can_be_corrected() -> None:
    keys = AssistantKeys()
    for key in "nab\x7fc":
        keys.press(key, now_ns=0, topmost=None)
    assert "ac_" in keys.prompt
    assert keys.press("\n", now_ns=0, topmost=None) == Request(verb="note", arguments={"text": "ac"})
    assert keys.prompt == ""


@given(st.text(max_size=30))
def test_any_keys_give_commands_that_exist(keys: str) -> None:
    for one in pressed(keys, alert=TOP):
        assert not isinstance(one, Request) or any(may(role, one.verb) for role in Role)


def test_the_help_names_every_key() -> None:
    for key in ("c ", "b ", "(B ", "! ", "a ", "A ", "r13", "e e", "p ", "m ", "(M ", "n ", "l ", "o "):
        assert key in KEY_HELP
    assert pressed("?") == [Notice(sentence=KEY_HELP)]
