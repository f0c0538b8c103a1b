"""What is typed after `t`: a function test in words, `prepare gait aid=none trial=1`, `start`, `stop tired`.

Values that are numbers become numbers; a value with spaces is quoted as in a shell. Pure.
"""

import shlex

from monitor.cli.screens.asked import Notice, Request

TEST_QUESTION = "test: prepare NAME key=value ..., start, lap, rest, go, metres 12.5, stop WHY, void WHY"
_WORDS = {"start": "start", "lap": "lap", "rest": "rest", "go": "go_on", "stop": "stop", "void": "void"}


def test_asked(text: str) -> Request | Notice:
    """The command that the words mean, or what is wrong with them."""
    try:
        words = shlex.split(text)
    except ValueError:
        return Notice(sentence="a quotation mark is open")
    if not words:
        return Notice(sentence="nothing was asked for")
    first, rest = words[0], words[1:]
    if first == "prepare":
        return _prepared(rest)
    if first == "metres":
        return _partial(rest)
    if first not in _WORDS:
        return Notice(sentence=TEST_QUESTION)
    arguments: dict[str, str | float | int | bool] = {"action": _WORDS[first]}
    if rest:
        arguments["reason"] = " ".join(rest)
    return Request(verb="test", arguments=arguments)


def _prepared(words: list[str]) -> Request | Notice:
    if not words:
        return Notice(sentence="which test? prepare NAME key=value ...")
    arguments: dict[str, str | float | int | bool] = {"action": "prepare", "name": words[0]}
    for word in words[1:]:
        key, sign, value = word.partition("=")
        if not (key and sign and value):
            return Notice(sentence=f"{word}: a condition is key=value")
        arguments[key] = _value(value)
    return Request(verb="test", arguments=arguments)


def _partial(words: list[str]) -> Request | Notice:
    metres = _value(words[0]) if len(words) == 1 else None
    if not isinstance(metres, float):
        return Notice(sentence="metres: the rest of the last length, as in: metres 12.5")
    return Request(verb="test", arguments={"action": "partial", "metres": metres})


def _value(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text
