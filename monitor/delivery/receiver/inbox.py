"""What a therapist's application has had, on its own disk: an alert is confirmed only after it is in here.

A transactional inbox: a message is made durable, shown to a person, marked as shown, and then confirmed. When
the program is killed in between, the next start shows what was not marked, and nothing else a second time.
(Between showing and marking lies a tenth of a millisecond that nothing can close.)

One program at a time has an inbox; a second screen with the same login takes the next free one.
"""

import asyncio
import fcntl
import logging
import os
import secrets
import sqlite3
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.delivery.errors import InboxError

logger = logging.getLogger(__name__)

# More than a clinic's stations say between a message and its repetition; older ones are forgotten.
MAX_KNOWN = 50_000
_FORGET_EVERY = 1_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    station TEXT NOT NULL,
    session_id TEXT NOT NULL,
    boot INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    topic TEXT NOT NULL,
    payload BLOB,            -- until it has been shown
    taken_utc_ns INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One message: who said it, where in its session, and the message itself."""

    message_id: str
    station: str
    session_id: str
    boot: int
    seq: int
    topic: str
    payload: bytes


class Inbox:
    """A context manager around one inbox file; its own thread does all that waits for a disk.

    Attributes:
        client_id: this screen's, random and kept: nobody can guess it, and the broker knows it again.
        known: ids of all that has been taken, oldest first.
        unshown: what was taken and not marked as shown, in the order taken.
        newest: (station, session id, boot) -> the highest `seq` taken.

    Raises (when made):
        InboxError: the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_open = True
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock_fd = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except (OSError, ValueError) as exc:
            raise InboxError(path, f"cannot be opened ({getattr(exc, 'strerror', None) or exc})") from exc
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kinewatch-inbox")
            self._thread.submit(self._open).result()
        except BlockingIOError as exc:
            os.close(self._lock_fd)
            raise InboxError(path, "another screen is using it") from exc
        except (sqlite3.Error, OSError) as exc:
            os.close(self._lock_fd)
            raise InboxError(path, f"is no inbox of kinewatch, or damaged ({exc})") from exc

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self.is_open = False
        self._thread.submit(self._connection.close)
        self._thread.shutdown(wait=False)
        os.close(self._lock_fd)

    def take(self, rows: Sequence[InboxRow]) -> "asyncio.Future[None]":
        """Make messages durable; the future is done when they are."""
        return asyncio.get_running_loop().run_in_executor(self._thread, self._take, list(rows))

    def mark_shown(self, message_ids: Sequence[str]) -> "asyncio.Future[None]":
        """A person has had these."""
        return asyncio.get_running_loop().run_in_executor(self._thread, self._mark_shown, list(message_ids))

    # Everything below runs on the inbox's thread.

    def _open(self) -> None:
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        self._connection = sqlite3.connect(self.path, isolation_level=None)
        execute = self._connection.execute
        execute("PRAGMA journal_mode = WAL")
        self._connection.executescript(_SCHEMA)
        name = "client_id"
        execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, f"kw-{secrets.token_hex(8)}"))
        (self.client_id,) = execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        self.known = [row[0] for row in execute("SELECT message_id FROM inbox ORDER BY number")]
        self.unshown = [
            InboxRow(
                message_id=row[0],
                station=row[1],
                session_id=row[2],
                boot=row[3],
                seq=row[4],
                topic=row[5],
                payload=row[6],
            )
            for row in execute(
                "SELECT message_id, station, session_id, boot, seq, topic, payload FROM inbox "
                "WHERE payload IS NOT NULL ORDER BY number"
            )
        ]
        self.newest = {
            (row[0], row[1], row[2]): int(row[3])
            for row in execute(
                "SELECT station, session_id, boot, MAX (seq) FROM inbox GROUP BY station, session_id, boot"
            )
        }
        self._since_forgotten = 0

    def _take(self, rows: Iterable[InboxRow]) -> None:
        now = time.time_ns()
        values = [
            (row.message_id, row.station, row.session_id, row.boot, row.seq, row.topic, row.payload, now)
            for row in rows
        ]
        execute = self._connection.execute
        execute("PRAGMA synchronous = FULL")
        execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(
                "INSERT OR IGNORE INTO inbox (message_id, station, session_id, boot, seq, topic, payload, "
                "taken_utc_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            self._since_forgotten += len(values)
            if self._since_forgotten >= _FORGET_EVERY:
                self._since_forgotten = 0
                execute(
                    "DELETE FROM inbox WHERE number <= (SELECT MAX (number) FROM inbox) - ?", (MAX_KNOWN,)
                )
            execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise

    def _mark_shown(self, message_ids: Sequence[str]) -> None:
        # No fsync: what a power cut undoes is shown once more, and the next message makes it durable.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        with self._connection:
            self._connection.execute("BEGIN")
            self._connection.executemany(
                "UPDATE inbox SET payload = NULL WHERE message_id = ?", [(each,) for each in message_ids]
            )


# Screens of one login on one machine, each with an inbox of its own.
MAX_SCREENS = 9


def free_inbox(folder: Path, name: str) -> Inbox:
    """The first inbox of `name` that no other screen has.

    Raises:
        InboxError: the folder cannot be used, or all are taken.
    """
    for number in range(1, MAX_SCREENS + 1):
        path = folder / (f"{name}.sqlite" if number == 1 else f"{name}-{number}.sqlite")
        try:
            return Inbox(path)
        except InboxError as exc:
            if not isinstance(exc.__cause__, BlockingIOError):
                raise
    raise InboxError(folder, f"{MAX_SCREENS} screens of {name} run on this machine already")
