"""The command as a person meets it: help, version, wrong use."""

import re
import subprocess
import sys

import pytest

from monitor.cli.main import COMMANDS, main
from monitor.errors import RunFailedError


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert re.search(rf"examples?:\s+kinewatch {name}\b", capsys.readouterr().out)


@pytest.mark.parametrize("words", [[], ["fly"], ["demo", "--speed", "fast"]])
def test_wrong_use_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: kinewatch" in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    """`kinewatch --help` must be instant: no numpy, bleak, pydantic or bumble for a list of commands."""
    program = (
        "import sys; from monitor.cli.main import build_parser; build_parser(None);"
        "print([m for m in ('numpy', 'scipy', 'bleak', 'pydantic', 'bumble', 'rich') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_tasks_that_failed_together_are_told_as_sentences(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A task group wraps errors; a person sees a sentence all the same."""

    def fail(_: object) -> int:
        raise BaseExceptionGroup("tasks", [ExceptionGroup("inner", [RunFailedError("no room on the disk")])])

    monkeypatch.setattr("monitor.cli.decode.command.run", fail)
    assert main(["decode", "2a19", "33"]) == 1
    assert capsys.readouterr().err == "kinewatch decode: no room on the disk\n"


def test_a_defect_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> int:
        raise ExceptionGroup("tasks", [RunFailedError("one"), ZeroDivisionError()])

    monkeypatch.setattr("monitor.cli.decode.command.run", fail)
    with pytest.raises(ExceptionGroup):
        main(["decode", "2a19", "33"])
