"""When a session's retention is over all of it goes: not what no therapist has, not the audit."""

import sqlite3
from functools import partial
from pathlib import Path

import pytest

from monitor.alerts.transition import AlertState
from monitor.cli.main import main
from monitor.outputs import Transition
from monitor.retention import NS_PER_DAY, over
from monitor.store.rows import Post
from monitor.store.store import Store
from tests.support.alert_transitions import transition

NOW_NS = 1_795_316_400_000_000_000
STATION = """
[station]
clinic = "north"
station = "gym-1"
sessions_folder = "{folder}"
[[devices]]
device = "strap"
family = "heart_rate"
role = "heart_rate_strap"
"""


def post(session_id: str, alert: Transition) -> Post:
    return Post(
        message_id=f"{session_id}-{alert.seq}",
        topic=f"kinewatch/v1/north/gym-1/s/{session_id}/event",
        body="{}",
        retained=False,
        cleared=False,
        priority=alert.priority,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three sessions: an old one, an old one with an open message, and a new one."""
    sessions = tmp_path / "sessions"
    for session_id, age_days, is_confirmed in (("old", 40, True), ("unheard", 40, False), ("new", 1, True)):
        (sessions / session_id).mkdir(parents=True)
        (sessions / session_id / "recording.mcap").write_bytes(b"secret of " + session_id.encode())
        at_ns = NOW_NS - age_days * NS_PER_DAY
        with Store(sessions / "station.sqlite", utc_ns=partial(int, at_ns)) as store:
            store.begin_session(session_id, {"plan": {"patient_id": f"patient-{session_id}"}})
            alert = transition(seq=1, to_state=AlertState.FIRING)
            store.append(alert, [post(session_id, alert)], session_id=session_id)
            if is_confirmed:
                store.confirm([f"{session_id}-1"], actor="therapist-1", session_id=session_id)
            store.end_session(session_id, {"frames": 1})
    (tmp_path / "station.toml").write_text(STATION.format(folder=sessions))
    return sessions


def test_what_is_over_and_what_must_wait(folder: Path) -> None:
    with Store(folder / "station.sqlite") as store:
        found = over(store, now_utc_ns=NOW_NS, days=30)
    assert [one.session_id for one in found.due] == ["old"]
    assert [(one.session_id, one.open_messages) for one in found.waiting] == [("unheard", 1)]


def test_the_command_removes_only_when_told_to(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: NOW_NS)
    settings = str(folder.parent / "station.toml")
    assert main(["purge", "--station", settings]) == 2
    assert "--older-than" in capsys.readouterr().err
    assert main(["purge", "--station", settings, "--older-than", "30"]) == 0
    output = capsys.readouterr().out
    assert "to go    old" in output
    assert "stays    unheard  1 messages" in output
    assert (folder / "old").exists()
    assert main(["purge", "--station", settings, "--older-than", "30", "--yes"]) == 0
    assert "1 sessions older than 30 days removed" in capsys.readouterr().out
    assert not (folder / "old").exists()
    assert (folder / "unheard").exists()
    assert (folder / "new").exists()
    with Store(folder / "station.sqlite") as store:
        assert {one.session_id for one in store.sessions()} == {"unheard", "new"}
        purged = [one for one in store.audit_entries() if one.action == "purge"]
        assert [one.subject for one in purged] == ["old"]
        assert store.audit_break() is None
    # Nothing of the patient is left in the file's free pages or beside it.
    for path in folder.glob("station.sqlite*"):
        assert b"patient-old" not in path.read_bytes()
    assert main(["audit", "--station", settings, "--session", "old"]) == 0
    assert "purge" in capsys.readouterr().out


def test_the_guard_of_amendments_is_back_after_a_purge(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time_ns", lambda: NOW_NS)
    statement = (
        "INSERT INTO amendments (session_id, at_utc_ns, actor, fact_id, correction, reason) "
        "VALUES (?, 0, 'a', 'set-1', 'x', 'y')"
    )
    with sqlite3.connect(folder / "station.sqlite") as connection:
        connection.execute(statement, ("old",))
        connection.execute(statement, ("new",))
    settings = str(folder.parent / "station.toml")
    assert main(["purge", "--station", settings, "--older-than", "30", "--yes"]) == 0
    with sqlite3.connect(folder / "station.sqlite") as connection:
        assert connection.execute("SELECT session_id FROM amendments").fetchall() == [("new",)]
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("DELETE FROM amendments")
    connection.close()


def test_every_table_of_a_session_is_purged(folder: Path) -> None:
    """A table that somebody adds and purge forgets fails here."""
    from monitor.store.purge import _TABLES

    with sqlite3.connect(folder / "station.sqlite") as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        with_session = {
            name
            for name in tables
            if any(column[1] == "session_id" for column in connection.execute(f"PRAGMA table_info ({name})"))
        }
    connection.close()
    assert with_session == set(_TABLES)


def test_a_changed_audit_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(folder / "station.sqlite") as connection:
        connection.execute("DROP TRIGGER audit_is_not_changed")
        connection.execute("UPDATE audit SET actor = 'nobody' WHERE entry = 1")
    connection.close()
    settings = str(folder.parent / "station.toml")
    assert main(["audit", "--station", settings, "--json"]) == 1
    assert "entry 1 does not follow" in capsys.readouterr().err
