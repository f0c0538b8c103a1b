"""report, sessions, amend: what they write, say and refuse; every export is in the audit."""

import json
from pathlib import Path

import pytest

from monitor.app import STORE_NAME
from monitor.cli.main import main
from monitor.record.rows import stored_record
from monitor.store.store import Store
from tests.support.recorded_session import Recorded


@pytest.fixture
def sessions(golden: Recorded, tmp_path: Path) -> Path:
    """A station's folder: the store, and one session with its recording."""
    folder = tmp_path / "sessions"
    (folder / golden.facts.session_id).mkdir(parents=True)
    (folder / golden.facts.session_id / "recording.mcap").write_bytes(golden.path.read_bytes())
    with Store(folder / STORE_NAME) as store:
        store.records.keep(stored_record(golden.facts))
    return folder


def exports(sessions: Path) -> list[str]:
    with Store(sessions / STORE_NAME) as store:
        assert store.audit_break() is None
        return [entry.detail for entry in store.audit_entries() if entry.action == "export"]


def test_report_of_a_folder(sessions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sessions / "knee-extension"
    assert main(["report", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder / 'report.html'}\n"
    assert (folder / "report.html").stat().st_mode & 0o077 == 0
    assert len(exports(sessions)) == 1


def test_report_by_the_beginning_of_an_id(
    sessions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = [
        "report",
        "knee",
        "--sessions",
        str(sessions),
        "--out",
        str(out),
        "--format",
        "html,csv,soap,json",
    ]
    assert main([*words, "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert all(Path(path).is_file() for paths in files.values() for path in paths)
    assert json.loads(exports(sessions)[0])["formats"] == ["html", "csv", "soap", "json"]


def test_report_without_its_recording_has_no_curves(sessions: Path, tmp_path: Path) -> None:
    (sessions / "knee-extension" / "recording.mcap").unlink()
    assert (
        main(["report", "knee-extension", "--sessions", str(sessions), "--out", str(tmp_path / "out")]) == 0
    )
    assert "the curves are in the recording" in (tmp_path / "out" / "report.html").read_text()


def test_one_text_to_standard_output(sessions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(sessions / "knee-extension"), "--format", "soap", "--out", "-"]) == 0
    assert "VISIT NOTE" in capsys.readouterr().out


def test_free_text_only_when_asked(sessions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["report", str(sessions / "knee-extension"), "--format", "soap", "--out", "-"]
    assert main(words) == 0
    assert "chest tightness" not in capsys.readouterr().out
    assert main([*words, "--free-text"]) == 0
    assert "chest tightness" in capsys.readouterr().out


def test_a_correction_is_shown_and_audited(sessions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(sessions / "knee-extension")
    assert main(["amend", folder, "rating-1", "RPE was 14", "--reason", "typed 13", "--by", "dr-berger"]) == 0
    assert main(["report", folder, "--format", "html", "--out", "-", "--free-text"]) == 0
    page = capsys.readouterr().out
    assert "RPE was 14" in page
    assert "dr-berger" not in page


def test_a_recording_alone_is_in_no_audit(
    sessions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "recording.mcap").write_bytes((sessions / "knee-extension" / "recording.mcap").read_bytes())
    assert main(["report", str(alone)]) == 0
    assert "in no audit" in capsys.readouterr().err
    assert main(["amend", str(alone), "set-1", "x", "--reason", "y"]) == 1


def test_sessions_are_listed(sessions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sessions", "--sessions", str(sessions)]) == 0
    assert "knee-extension" in capsys.readouterr().out
    assert main(["sessions", "--sessions", str(sessions), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sets_done"] == 3
    assert main(["sessions", "--sessions", str(sessions), "--patient", "nobody"]) == 0
    assert "no session has been kept of nobody" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["report", "nope"], 2, "neither a folder nor a recording"),
        (["report", "nope", "--sessions", "SESSIONS"], 2, "no such session"),
        (["report", "SESSIONS"], 2, "holds no recording.mcap"),
        (["report", "SESSION", "--format", "papyrus"], 2, "no such format"),
        (["report", "SESSION", "--format", "csv", "--out", "-"], 2, "prints one text"),
        (["sessions", "--sessions", "/nowhere"], 2, "no such folder"),
        (["amend", "SESSION", "set-99", "x", "--reason", "y"], 2, "no such fact"),
        (["amend", "SESSION", "set-1", " ", "--reason", "y"], 2, "expected one line"),
    ],
)
def test_wrong_use_is_one_sentence(
    words: list[str], code: int, said: str, sessions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"SESSIONS": str(sessions), "SESSION": str(sessions / "knee-extension")}
    assert main([places.get(word, word) for word in words]) == code
    assert said in capsys.readouterr().err


def test_a_session_that_was_cut_off_gets_its_record(sessions: Path) -> None:
    folder = sessions / "cut"
    folder.mkdir()
    content = (sessions / "knee-extension" / "recording.mcap").read_bytes()
    (folder / "recording.mcap").write_bytes(content[: len(content) // 2])
    with Store(sessions / STORE_NAME) as store, store.transaction() as connection:
        connection.execute("DELETE FROM session_records")  # type: ignore[attr-defined]
    assert main(["report", str(folder)]) == 0
    with Store(sessions / STORE_NAME) as store:
        assert [row.is_complete for row in store.records.rows()] == [False]


def test_progress_compare_and_quality(sessions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--sessions", str(sessions)]
    folder = str(sessions / "knee-extension")
    assert main(["progress", "demo-knee-extension", *where]) == 0
    assert "knee extension, right knee: 1 visits" in capsys.readouterr().out
    assert main(["progress", "demo-knee-extension", *where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["exercises"][0]["exercise"] == "knee_extension"
    assert main(["progress", "nobody", *where]) == 2
    assert "no session of this patient" in capsys.readouterr().err
    assert main(["compare", folder, "knee", *where]) == 0
    assert "best range" in capsys.readouterr().out
    assert main(["compare", folder, folder, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["same_patient"]
    assert main(["quality", *where, "--since", "2026-01"]) == 0
    assert "1 sessions" in capsys.readouterr().out
    assert main(["quality", *where, "--json", "--until", "2020-01"]) == 0
    assert json.loads(capsys.readouterr().out)["sessions"] == 0
    with pytest.raises(SystemExit):
        main(["quality", *where, "--since", "January"])
    with pytest.raises(SystemExit):
        main(["sessions", *where, "--last", "none"])
