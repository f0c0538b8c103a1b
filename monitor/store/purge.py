"""Removes sessions whose retention is over: every row of theirs but the audit, which says so."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.store.database import Database

# Every table with rows of a session; the last one is what the others refer to.
_TABLES = (
    "transitions",
    "outbox",
    "retained",
    "spot_readings",
    "commands",
    "amendments",
    "session_facts",
    "session_exercises",
    "session_alerts",
    "fhir_pushes",
    "session_records",
    "sessions",
)
# Amendments cannot be removed one by one; with their session they are.
_GUARD = "amendments_are_not_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """A session whose retention is over; `open_messages` of it have reached no therapist yet: it stays."""

    session_id: str
    started_utc_ns: int
    open_messages: int


def expired(database: Database, *, before_utc_ns: int) -> list[Expired]:
    """The sessions that began before an instant, oldest first."""
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT session_id, started_utc_ns, (SELECT COUNT (*) FROM outbox WHERE "
            "outbox.session_id = sessions.session_id AND confirmed_utc_ns IS NULL) FROM sessions "
            "WHERE started_utc_ns < ? ORDER BY started_utc_ns",
            (before_utc_ns,),
        ).fetchall()
    return [Expired(session_id=row[0], started_utc_ns=row[1], open_messages=row[2]) for row in rows]


def remove(database: Database, session_ids: Sequence[str]) -> None:
    """Remove these sessions' rows, all or none; what they held is overwritten in the file."""
    with database.transaction() as connection:
        guard = connection.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", (_GUARD,)
        ).fetchone()
        connection.execute(f"DROP TRIGGER IF EXISTS {_GUARD}")
        for session_id in session_ids:
            for table in _TABLES:
                connection.execute(f"DELETE FROM {table} WHERE session_id = ?", (session_id,))  # noqa: S608 - constants
        if guard is not None:
            connection.execute(guard[0])


def compact(database: Database) -> None:
    """Give the space back and leave nothing of what was removed in the file or beside it."""
    with database.reading() as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint (TRUNCATE)")
