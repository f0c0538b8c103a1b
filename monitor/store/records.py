"""Session records in the store: one session whole, and many at once."""

from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import Any

import zstandard

from monitor.store.database import Database
from monitor.store.errors import StoreConflictError
from monitor.store.record_rows import AlertRow, AmendmentRow, ExerciseRow, RecordRow, StoredRecord

# SQLite has no booleans.
_COMPLETE, _ENDED = (
    [field.name for field in fields(RecordRow)].index(name) for name in ("is_complete", "has_ended")
)
_RECORD_NAMES = tuple(field.name for field in fields(RecordRow))


def _columns(kind: type[Any]) -> str:
    return ", ".join(field.name for field in fields(kind))


def _insert(table: str, kind: type[Any], *keys: str) -> str:
    names = [*keys, *(field.name for field in fields(kind))]
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - constants


_INSERT_RECORD = _insert("session_records", RecordRow)
_INSERT_EXERCISE = _insert("session_exercises", ExerciseRow, "session_id")
_INSERT_ALERT = _insert("session_alerts", AlertRow, "session_id")
_RECORD = _columns(RecordRow)
_EXERCISE = ", ".join(f"e.{field.name}" for field in fields(ExerciseRow))


class Records:
    """The records in a store that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, record: StoredRecord) -> None:
        """Store a session's record; an earlier one of the same session is replaced by it.

        Facts are a function of the recording: what replaces them was made of the same one, or a longer one.
        """
        with self._database.transaction() as connection:
            key = record.row.session_id
            connection.execute("DELETE FROM session_records WHERE session_id = ?", (key,))
            connection.execute(_INSERT_RECORD, astuple(record.row))
            packed = zstandard.ZstdCompressor(level=9).compress(record.facts.encode())
            connection.execute("INSERT INTO session_facts (session_id, facts) VALUES (?, ?)", (key, packed))
            connection.executemany(_INSERT_EXERCISE, [(key, *astuple(row)) for row in record.exercises])
            connection.executemany(_INSERT_ALERT, [(key, *astuple(row)) for row in record.alerts])

    def facts(self, session_id: str) -> str | None:
        """The JSON of a session's facts, without curves."""
        found = self._read("SELECT facts FROM session_facts WHERE session_id = ?", session_id)
        return zstandard.ZstdDecompressor().decompress(found[0][0]).decode() if found else None

    def rows(
        self, *, patient_id: str | None = None, since_utc_ns: int = 0, limit: int = -1
    ) -> list[RecordRow]:
        """Sessions, newest first."""
        where, values = ("patient_id = ? AND", (patient_id,)) if patient_id is not None else ("", ())
        found = self._read(
            f"SELECT {_RECORD} FROM session_records WHERE {where} started_utc_ns >= ? "  # noqa: S608 - constants
            "ORDER BY started_utc_ns DESC, session_id LIMIT ?",
            *values,
            since_utc_ns,
            limit,
        )
        return [_record(row) for row in found]

    def exercises_of_patient(self, patient_id: str) -> list[tuple[RecordRow, ExerciseRow]]:
        """What a patient did, oldest first, with its session."""
        records = ", ".join(f"r.{field.name}" for field in fields(RecordRow))
        found = self._read(
            f"SELECT {records}, {_EXERCISE} FROM session_records AS r JOIN session_exercises AS e "  # noqa: S608 - constants
            "USING (session_id) WHERE r.patient_id = ? ORDER BY r.started_utc_ns, r.session_id, e.position",
            patient_id,
        )
        width = len(fields(RecordRow))
        names = [field.name for field in fields(ExerciseRow)]
        return [
            (_record(row[:width]), ExerciseRow(**dict(zip(names, row[width:], strict=True)))) for row in found
        ]

    def totals(self, since_utc_ns: int, until_utc_ns: int) -> list[tuple[Any, ...]]:
        """By month (UTC, `YYYY-MM`) and station: what `monitor.record.trends.quality` counts.

        Sessions, ended ones, seconds, repetitions done and prescribed, sessions with all their sets, mean and
        worst completeness, unconfirmed messages.
        """
        return self._read(
            "SELECT strftime('%Y-%m', started_utc_ns / 1000000000, 'unixepoch') AS month, station, COUNT(*), "
            "SUM(has_ended AND is_complete), SUM(duration_s), SUM(repetitions_done), "
            "SUM(repetitions_prescribed), SUM(sets_done >= sets_prescribed), AVG(completeness_percent), "
            "MIN(completeness_percent), SUM(messages_unconfirmed) FROM session_records "
            "WHERE started_utc_ns >= ? AND started_utc_ns < ? "
            "GROUP BY month, station ORDER BY month, station",
            since_utc_ns,
            until_utc_ns,
        )

    def alarms(self, since_utc_ns: int, until_utc_ns: int) -> list[tuple[Any, ...]]:
        """One row an alert: rule, priority, kind, firings, three delays, artefact, verdict."""
        columns = (
            "rule, priority, kind, firings, confirmed_after_ms, acknowledged_after_s, resolved_after_s, "
            "by_artefact, verdict"
        )
        every = self._read("SELECT MIN(started_utc_ns), MAX(started_utc_ns) FROM session_records")[0]
        if every[0] is None or (since_utc_ns <= every[0] and every[1] < until_utc_ns):
            # All of them: without looking each one's session up.
            return self._read(f"SELECT {columns} FROM session_alerts")  # noqa: S608 - constants
        return self._read(
            f"SELECT {columns} FROM session_records AS r JOIN session_alerts USING (session_id) "  # noqa: S608
            "WHERE r.started_utc_ns >= ? AND r.started_utc_ns < ?",
            since_utc_ns,
            until_utc_ns,
        )

    def match(self, beginning: str) -> list[str]:
        """The ids of the sessions that begin so, at most three."""
        upper = beginning + "\U0010ffff"
        found = self._read(
            "SELECT session_id FROM session_records WHERE session_id >= ? AND session_id < ? "
            "ORDER BY session_id LIMIT 3",
            beginning,
            upper,
        )
        return [row[0] for row in found]

    # Amendments

    def amend(
        self, session_id: str, *, at_utc_ns: int, actor: str, fact_id: str, correction: str, reason: str
    ) -> AmendmentRow:
        """Add a correction; nothing that is stored changes."""
        with self._database.transaction() as connection:
            values = (session_id, at_utc_ns, actor, fact_id, correction, reason)
            row = connection.execute(
                "INSERT INTO amendments (session_id, at_utc_ns, actor, fact_id, correction, reason) "
                "VALUES (?, ?, ?, ?, ?, ?) RETURNING number",
                values,
            ).fetchone()
            if row is None:
                raise StoreConflictError(self._database.path, "the correction was not stored")
            return _amendment((row[0], *values))

    def amendments(self, session_id: str) -> list[AmendmentRow]:
        """A session's corrections, oldest first."""
        found = self._read(
            "SELECT number, session_id, at_utc_ns, actor, fact_id, correction, reason FROM amendments "
            "WHERE session_id = ? ORDER BY number",
            session_id,
        )
        return [_amendment(row) for row in found]

    def _read(self, statement: str, *values: object) -> list[Any]:
        with self._database.reading() as connection:
            return connection.execute(statement, values).fetchall()


def _record(row: Sequence[Any]) -> RecordRow:
    values = list(row)
    values[_COMPLETE], values[_ENDED] = bool(row[_COMPLETE]), bool(row[_ENDED])
    return RecordRow(**dict(zip(_RECORD_NAMES, values, strict=True)))


def _amendment(row: tuple[Any, ...]) -> AmendmentRow:
    return AmendmentRow(**dict(zip((field.name for field in fields(AmendmentRow)), row, strict=True)))
