"""A function test in words at the assistant's keyboard."""

import pytest

from monitor.cli.screens.asked import Notice, Request
from monitor.cli.screens.function_test_entry import test_asked as asked


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("start", {"action": "start"}),
        ("go", {"action": "go_on"}),
        ("stop chest pain", {"action": "stop", "reason": "chest pain"}),
        ("metres 12.5", {"action": "partial", "metres": 12.5}),
        (
            "prepare gait aid=none shoes='old trainers' trial=1",
            {"action": "prepare", "name": "gait", "aid": "none", "shoes": "old trainers", "trial": 1.0},
        ),
    ],
)
def test_words_are_a_command(text: str, arguments: dict[str, object]) -> None:
    assert asked(text) == Request(verb="test", arguments=arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["", "dance", "prepare", "prepare gait aid", "prepare gait =x", "metres", "a 'b"]
)
def test_what_is_no_command_is_said(text: str) -> None:
    answer = asked(text)
    assert isinstance(answer, Notice)
    assert answer.sentence
