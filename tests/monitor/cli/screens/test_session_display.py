"""The session's screen sounds what is serious, as lines or live, and again until somebody answers."""

from io import StringIO

import pytest

from monitor.alerts.transition import AlertState, Priority
from monitor.cli.screens.session_display import SessionDisplay, display_for
from monitor.cli.screens.sound import BELL
from tests.support.alert_transitions import transition


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


async def test_an_alert_rings_and_its_acknowledgement_ends_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    display = SessionDisplay("test", terminal, with_tones=False)
    with display.begin():
        display.observe(transition(seq=1, to_state=AlertState.FIRING, priority=Priority.HIGH))
        assert terminal.getvalue().count(BELL) == 1
        display.observe(transition(seq=2, to_state=AlertState.ACKNOWLEDGED, priority=Priority.HIGH))
        assert terminal.getvalue().count(BELL) == 1
        display.observe(
            transition(seq=3, alert_id="X-2", to_state=AlertState.FIRING, priority=Priority.MEDIUM)
        )
        assert terminal.getvalue().count(BELL) == 2
    # A terminal that cannot redraw gets lines.
    assert "\x1b[" not in terminal.getvalue()
    assert "fires" in terminal.getvalue()


async def test_a_screen_of_its_own_where_the_terminal_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    display = SessionDisplay("test", terminal, with_tones=False)
    with display.begin():
        display.note("the newest line")
        display.refresh()
    assert "\x1b[?1049h" in terminal.getvalue()
    assert terminal.getvalue().rstrip().endswith("\x1b[?25h") or "\x1b[?1049l" in terminal.getvalue()
    assert "the newest line" in terminal.getvalue()


async def test_progress_of_a_program_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    display = display_for("demo", as_json=True)
    display.note("something")
    assert "something" in capsys.readouterr().err
