import os
import sqlite3
import stat
from pathlib import Path

import pytest

from monitor.store.database import Database, migrations
from monitor.store.errors import (
    StoreBusyError,
    StoreError,
    StoreTooNewError,
    StoreUnavailableError,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sub" / "station.sqlite"


def count(database: Database) -> int:
    return int(database.connection.execute("SELECT count(*) FROM boots").fetchone()[0])


def insert(database: Database, boot: int) -> None:
    database.connection.execute("INSERT INTO boots VALUES (?, 0)", (boot,))


def test_it_is_durable_and_private(path: Path) -> None:
    database = Database(path)
    ask = database.connection.execute
    assert ask("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ask("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert ask("PRAGMA user_version").fetchone() == (len(migrations()),)
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    database.close()
    database.close()


def test_a_transaction_is_all_or_nothing(path: Path) -> None:
    database = Database(path)

    def insert_and_fail(boot: int, *, inner: int | None = None) -> None:
        with database.transaction():
            insert(database, boot)
            if inner is not None:
                with database.transaction():
                    insert(database, inner)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        insert_and_fail(1)
    assert count(database) == 0
    with database.transaction():
        insert(database, 1)
        with pytest.raises(ZeroDivisionError):
            insert_and_fail(2, inner=3)
        insert(database, 4)
    assert database.connection.execute("SELECT boot FROM boots").fetchall() == [(1,), (4,)]
    database.close()


def test_what_sqlite_cannot_do_is_one_error(path: Path) -> None:
    database = Database(path)

    def insert_twice() -> None:
        with database.transaction():
            insert(database, 1)
            insert(database, 1)

    with pytest.raises(StoreUnavailableError, match="UNIQUE") as caught:
        insert_twice()
    assert caught.value.path == path
    assert isinstance(caught.value, StoreError)
    assert count(database) == 0
    database.close()


def test_a_full_disk_is_told_and_survived(path: Path) -> None:
    database = Database(path)
    pages = database.connection.execute("PRAGMA page_count").fetchone()[0]
    database.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailableError, match="full"), database.transaction() as connection:
        connection.execute("INSERT INTO sessions VALUES ('s', 1, 0, NULL, ?, NULL)", ("x" * 1_000_000,))
    database.connection.execute("PRAGMA max_page_count = 100000")
    with database.transaction():
        insert(database, 1)
    assert count(database) == 1
    database.close()


def test_one_service_at_a_time(path: Path) -> None:
    first = Database(path)
    with pytest.raises(StoreBusyError, match="another kinewatch"):
        Database(path)
    first.close()
    Database(path).close()


def test_a_later_schema_is_left_alone(path: Path) -> None:
    Database(path).close()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(StoreTooNewError) as caught:
        Database(path)
    assert (caught.value.version, caught.value.known) == (99, len(migrations()))
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA user_version").fetchone() == (99,)
    raw.close()


def test_a_file_that_is_no_store(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database, and was never meant to be one" * 100)
    with pytest.raises(StoreUnavailableError, match="no store of kinewatch"):
        Database(path)
    assert path.read_bytes().startswith(b"this is no database")


def test_a_path_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError, match="cannot be opened"):
        Database(tmp_path / "file" / "station.sqlite")
    (tmp_path / "folder.sqlite").mkdir()
    with pytest.raises(StoreUnavailableError, match="cannot be opened"):
        Database(tmp_path / "folder.sqlite")
    assert not os.path.lexists(tmp_path / "folder.sqlite-wal")


def test_a_migration_that_fails_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [*migrations(), "CREATE TABLE half (a TEXT); CREATE TABLE boots (b TEXT);"]
    Database(path).close()
    monkeypatch.setattr("monitor.store.database.migrations", lambda: broken)
    with pytest.raises(StoreUnavailableError):
        Database(path)
    monkeypatch.undo()
    database = Database(path)
    names = {row[0] for row in database.connection.execute("SELECT name FROM sqlite_master")}
    assert "half" not in names
    database.close()
