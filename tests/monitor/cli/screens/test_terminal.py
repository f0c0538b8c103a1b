"""What a terminal can show, and that the log does not write over it."""

import logging
from io import StringIO

import pytest
from rich.console import Console

from monitor.cli.screens.terminal import can_redraw, log_shown_by


@pytest.mark.parametrize(("term", "can"), [("xterm", True), ("dumb", False)])
def test_only_a_terminal_that_moves_its_cursor_is_redrawn(
    monkeypatch: pytest.MonkeyPatch, term: str, can: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    assert can_redraw(Console(file=StringIO(), force_terminal=True)) is can
    assert not can_redraw(Console(file=StringIO()))


def test_the_log_is_shown_on_the_screen_and_nowhere_else(capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[str] = []
    logger = logging.getLogger("monitor.delivery.mqtt")
    with log_shown_by(shown.append):
        logger.info("of no interest")
        for _ in range(5):
            logger.warning("no broker at %s", "127.0.0.1")
        logger.warning("another thing")
    assert shown == ["log: no broker at 127.0.0.1", "log: another thing"]
    assert capsys.readouterr().err == ""
