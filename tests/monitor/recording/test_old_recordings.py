"""Recordings of earlier builds replay the same: what names things may change, what a session says may not."""

from pathlib import Path

import pytest

from monitor.cli.main import main

FOLDER = Path(__file__).parents[2] / "recordings"
RECORDINGS = sorted(FOLDER.glob("*.mcap"))


def test_there_is_one() -> None:
    assert RECORDINGS


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_it_replays_identically(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(path), "--quiet"]) == 0
    assert "identical: 2541 inputs, 731 events" in "".join(capsys.readouterr())
