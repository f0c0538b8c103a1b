"""Keys in, commands out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.screens.assistant_keys import KEY_HELP, Asked, AssistantKeys, Told
from monitor.plan.roles import may

S = 1_000_000_000


def pressed(keys: str, *, every_ns: int = S // 10, alert: str | None = None) -> list[Asked | Told | None]:
    board = AssistantKeys()
    return [
        board.press(key, now_ns=number * every_ns, topmost_alert_id=alert) for number, key in enumerate(keys)
    ]


@pytest.mark.parametrize(
    ("keys", "verb", "arguments"),
    [
        ("c", "calibrate", {}),
        ("z", "zero", {}),
        ("b", "begin", {}),
        ("B", "begin", {"accept_missing": True}),
        ("!", "symptom", {"symptom": "stop"}),
        ("a", "acknowledge", {"alert_id": "G1-1"}),
        ("r13", "rating", {"scale": "rpe", "value": 13.0}),
        ("rr06", "rating", {"scale": "rpe", "value": 6.0}),
        ("ee", "end", {}),
        ("xee", "end", {}),
    ],
)
def test_what_a_key_asks_for(keys: str, verb: str, arguments: dict[str, object]) -> None:
    assert pressed(keys, alert="G1-1")[-1] == Asked(verb=verb, arguments=arguments)
    assert may("assistant", verb)


def test_one_slip_does_not_end_the_session() -> None:
    assert pressed("e") == [Told(sentence="press e again to end the session")]
    assert Asked(verb="end") not in pressed("ee", every_ns=6 * S)
    assert Asked(verb="end") not in pressed("ece")


def test_a_rating_that_is_left_half_typed_is_forgotten() -> None:
    assert pressed("r1c")[-1] == Asked(verb="calibrate")
    assert pressed("r13", every_ns=11 * S)[1:] == [None, None]
    assert pressed("13") == [None, None]


def test_nothing_to_acknowledge_is_said() -> None:
    assert pressed("a") == [Told(sentence="no alert waits to be acknowledged")]


@given(st.text(max_size=30))
def test_any_keys_give_commands_that_an_assistant_may_give(keys: str) -> None:
    for one in pressed(keys, alert="G1-1"):
        assert not isinstance(one, Asked) or may("assistant", one.verb)


def test_the_help_names_every_key() -> None:
    for key in ("c ", "b ", "(B ", "! ", "a ", "r13", "e e"):
        assert key in KEY_HELP
