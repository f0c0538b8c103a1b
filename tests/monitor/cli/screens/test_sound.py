"""The bell rings always; a player plays in the background, and one that cannot is said."""

import time
import wave
from io import StringIO
from pathlib import Path

import pytest

from monitor.cli.screens import sound
from monitor.cli.screens.sound import BELL, PULSES, Sound


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def until_played(made: Sound) -> None:
    assert made._playing is not None
    made._playing.join(10)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose programs are in one folder."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


def program(machine: Path, text: str) -> None:
    path = machine / "bin" / "aplay"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_burst_is_played_from_a_real_sound_file(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "PLAYERS", ("aplay",))
    program(machine, f'cp "$1" {machine}/played.wav')
    terminal = Terminal()
    with Sound(terminal) as made:
        made.play("high")
        until_played(made)
    assert terminal.getvalue() == BELL
    with wave.open(str(machine / "played.wav")) as played:
        assert played.getnframes() == sum(round(s * sound.RATE_HZ) for s in PULSES["high"][1])
        assert max(played.readframes(2000)) > 0
    assert made.problem == ""


def test_a_player_that_cannot_play_is_said_and_holds_nobody_up(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound, "PLAYERS", ("aplay",))
    program(machine, "sleep 0.3; exit 1")
    with Sound(Terminal()) as made:
        began_s = time.perf_counter()
        made.play("medium")
        made.play("medium")
        assert time.perf_counter() - began_s < 0.25
        until_played(made)
    assert "aplay cannot play here" in made.problem


def test_without_a_player_there_is_the_bell_and_without_a_terminal_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sound, "PLAYERS", ())
    terminal, file = Terminal(), StringIO()
    for to in (terminal, file):
        with Sound(to) as made:
            made.play("high")
    assert terminal.getvalue() == BELL
    assert file.getvalue() == ""
