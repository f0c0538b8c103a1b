"""One SQLite file: opened durably, brought to the present schema, written in nested transactions."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path

from monitor.store.errors import (
    StoreError,
    StoreLockedError,
    StoreTooNewError,
    StoreUnavailableError,
)
from monitor.store.lock import open_lock, take_lock

# How long SQLite itself waits for another program's lock; the writer tries again (`monitor.store.writer`).
LOCKED_WITHIN_MS = 250


def migrations() -> list[str]:
    """The SQL that leads from version n to n + 1, in order: `migrations/0001_....sql` and its successors."""
    folder = files("monitor.store").joinpath("migrations")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [folder.joinpath(name).read_text(encoding="utf-8") for name in names]


class Database:
    """A connection to be used from the thread that opened it.

    WAL, so that readers never hold up the writer; `synchronous=FULL`, so that a commit that has returned
    survives a power cut. The file is readable for its owner only: it holds health data.

    `beside` opens an existing store beside a service that may be using it, for reading and for short writes:
    SQLite lets one writer wait for the other.

    Raises:
        StoreUnavailableError, StoreBusyError, StoreTooNewError
    """

    def __init__(self, path: Path, *, beside: bool = False) -> None:
        self.path = path
        self._depth = 0
        if beside and not path.is_file():
            raise StoreUnavailableError(path, "does not exist: no session has been kept there")
        self._lock_fd = open_lock(path)
        try:
            if not beside or _version_of(path) < len(migrations()):
                take_lock(self._lock_fd, path)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self.connection = self._connect()
            if beside:
                fcntl.flock(self._lock_fd, fcntl.LOCK_UN)
        except StoreError:
            os.close(self._lock_fd)
            raise
        except OSError as exc:
            os.close(self._lock_fd)
            raise StoreUnavailableError(path, f"cannot be opened ({exc.strerror or exc})") from exc

    def close(self) -> None:
        """Close the file and let others have it; a second call does nothing."""
        if self._lock_fd < 0:
            return
        self.connection.close()
        os.close(self._lock_fd)
        self._lock_fd = -1

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Inside another transaction: a savepoint, durable when the outermost one ends.

        Raises:
            StoreUnavailableError: SQLite could not do it (disk full, I/O error, damaged file).
        """
        depth, self._depth = self._depth, self._depth + 1
        begin, commit, rollback = (
            ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
            if depth == 0
            else (f"SAVEPOINT s{depth}", f"RELEASE s{depth}", f"ROLLBACK TO s{depth}; RELEASE s{depth}")
        )
        try:
            self.connection.execute(begin)
            try:
                yield self.connection
                self.connection.execute(commit)
            except BaseException:
                # After a full disk SQLite may have rolled back by itself.
                if self.connection.in_transaction:
                    for statement in rollback.split("; "):
                        self.connection.execute(statement)
                raise
        except sqlite3.Error as exc:
            is_locked = getattr(exc, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
            kind = StoreLockedError if is_locked else StoreUnavailableError
            raise kind(self.path, f"cannot be used ({exc})") from exc
        finally:
            self._depth = depth

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """What SQLite says against a statement becomes one of our errors.

        Raises:
            StoreUnavailableError: the file cannot be read, or is damaged.
        """
        try:
            yield self.connection
        except sqlite3.Error as exc:
            raise StoreUnavailableError(self.path, f"cannot be used ({exc})") from exc

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")  # macOS: fsync alone stops at the disk's own cache
            connection.execute("PRAGMA foreign_keys = ON")
            self._migrate(connection)
            connection.execute(f"PRAGMA busy_timeout = {LOCKED_WITHIN_MS}")
        except sqlite3.Error as exc:
            connection.close()
            raise StoreUnavailableError(self.path, f"is no store of kinewatch, or damaged ({exc})") from exc
        except StoreError:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        steps = migrations()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(steps):
            raise StoreTooNewError(self.path, version, len(steps))
        for number, step in enumerate(steps[version:], start=version + 1):
            # executescript would commit first; one script, one transaction, so that no half schema is left.
            connection.executescript(f"BEGIN IMMEDIATE;\n{step}\nPRAGMA user_version = {number};\nCOMMIT;")


def _version_of(path: Path) -> int:
    """The schema version that a file says it has; 0 when it says nothing."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error:
        return 0
