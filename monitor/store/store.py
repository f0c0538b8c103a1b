"""What must never be lost: transitions with their outbox rows, spot readings, commands seen, the audit.

Every method is one transaction, durable when it returns, and blocks for it (an fsync: 0.3 ms on an SSD, tens
of milliseconds on a memory card). The service calls it through `monitor.store.writer`, tests directly.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

from monitor import canonical_json
from monitor.alerts.transition import AlertKind, AlertState, Priority, Transition
from monitor.store import audit, fingerprint, purge
from monitor.store.database import Database
from monitor.store.errors import StoreConflictError
from monitor.store.records import Records
from monitor.store.rows import (
    AuditEntry,
    OutboxRow,
    Post,
    RetainedRow,
    SeenCommand,
    SessionRecord,
    SpotReading,
)

NOTHING: Mapping[str, object] = MappingProxyType({})

_SESSION = "session_id, boot, started_utc_ns, ended_utc_ns, header, summary"
_OUTBOX = (
    "row, message_id, session_id, boot, seq, alert_id, priority, topic, body, created_utc_ns, "
    "published_utc_ns IS NOT NULL"
)


class Store:
    """One station's store, in one SQLite file; one service at a time, one thread.

    Opening it begins a boot: `boot` is more than ever before, and at least the seconds since 1970, so that a
    station whose store was lost or replaced is not taken for one of long ago. `client_id` is the station's at
    every broker: random, so that nobody can guess it, and kept, so that a broker knows it again. `utc_ns` is
    the wall clock.

    Raises:
        StoreUnavailableError, StoreBusyError, StoreTooNewError
    """

    def __init__(self, path: Path, *, utc_ns: Callable[[], int] = time.time_ns) -> None:
        self._database = Database(path)
        self._utc_ns = utc_ns
        self.path = path
        try:
            with self._database.transaction() as connection:
                self.boot = int(
                    connection.execute(
                        "INSERT INTO boots (boot, started_utc_ns) VALUES ("
                        "MAX ((SELECT COALESCE (MAX (boot), 0) + 1 FROM boots), ?), ?) RETURNING boot",
                        (utc_ns() // 1_000_000_000, utc_ns()),
                    ).fetchone()[0]
                )
                connection.execute(
                    "INSERT OR IGNORE INTO identity VALUES ('client_id', ?)", (f"kw-{secrets.token_hex(8)}",)
                )
                (self.client_id,) = connection.execute(
                    "SELECT value FROM identity WHERE name = 'client_id'"
                ).fetchone()
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go; a second call does nothing."""
        self._database.close()

    @property
    def records(self) -> Records:
        """The sessions' records."""
        return Records(self._database)

    def transaction(self) -> AbstractContextManager[object]:
        """Several calls as one: all durable at its end, or none."""
        return self._database.transaction()

    # Sessions

    def begin_session(self, session_id: str, header: Mapping[str, object]) -> None:
        """Open the record of a session. A session that goes on after a restart keeps its first header."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO sessions (session_id, boot, started_utc_ns, header) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (session_id) DO NOTHING",
                (session_id, self.boot, self._utc_ns(), canonical_json.encode(header)),
            )

    def end_session(self, session_id: str, summary: Mapping[str, object]) -> None:
        """Close the record; the session's retained topics are emptied once their last word is confirmed."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE sessions SET ended_utc_ns = ?, summary = ? WHERE session_id = ?",
                (self._utc_ns(), canonical_json.encode(summary), session_id),
            )
            connection.execute("UPDATE retained SET cleared = 1 WHERE session_id = ?", (session_id,))

    def session(self, session_id: str) -> SessionRecord | None:
        """One session's record."""
        rows = self._read(f"SELECT {_SESSION} FROM sessions WHERE session_id = ?", (session_id,))  # noqa: S608
        return _session_record(rows[0]) if rows else None

    def sessions(self) -> list[SessionRecord]:
        """All sessions, oldest first; one without an end was cut off."""
        rows = self._read(f"SELECT {_SESSION} FROM sessions ORDER BY boot, started_utc_ns")  # noqa: S608
        return [_session_record(row) for row in rows]

    # Transitions and the outbox

    def append(self, transition: Transition, posts: Sequence[Post], *, session_id: str) -> list[OutboxRow]:
        """Store a transition and its messages together; returns the events that are now on their way.

        Appending the same again changes nothing and returns nothing.

        Raises:
            StoreConflictError: another transition has this session, boot and `seq`.
        """
        body = canonical_json.encode(transition)
        with self._database.transaction() as connection:
            key = (session_id, self.boot, transition.seq)
            known = connection.execute(
                "SELECT body FROM transitions WHERE (session_id, boot, seq) = (?, ?, ?)", key
            ).fetchone()
            if known is not None:
                if known[0] != body:
                    raise StoreConflictError(
                        self.path, f"session {session_id} already has another transition {transition.seq}"
                    )
                return []
            connection.execute(
                "INSERT INTO transitions (session_id, boot, seq, alert_id, to_state, body) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (*key, transition.alert_id, transition.to_state.value, body),
            )
            rows = [self._insert_event(transition, post, session_id) for post in posts if not post.retained]
            for post in posts:
                if post.retained:
                    self._set_retained(post, session_id)
            return rows

    def open_rows(self) -> list[OutboxRow]:
        """The events that no therapist's application has confirmed, in the order they were stored."""
        rows = self._read(f"SELECT {_OUTBOX} FROM outbox WHERE confirmed_utc_ns IS NULL ORDER BY row")  # noqa: S608
        return [_outbox_row(row) for row in rows]

    def rows_after(self, session_id: str, *, boot: int, seq: int, limit: int) -> list[OutboxRow]:
        """A session's events after (`boot`, `seq`), confirmed or not, oldest first, at most `limit`."""
        rows = self._read(
            f"SELECT {_OUTBOX} FROM outbox WHERE session_id = ? AND (boot, seq) > (?, ?) "  # noqa: S608
            "ORDER BY boot, seq LIMIT ?",
            (session_id, boot, seq, limit),
        )
        return [_outbox_row(row) for row in rows]

    def mark_published(self, message_id: str) -> None:
        """A broker has taken the event (PUBACK): not delivery, but worth knowing."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE outbox SET published_utc_ns = ? WHERE message_id = ? AND published_utc_ns IS NULL",
                (self._utc_ns(), message_id),
            )

    def confirm(self, message_ids: Iterable[str], *, session_id: str, actor: str) -> list[str]:
        """A therapist's application has received these of a session; returns the ids that this closed."""
        closed = []
        with self._database.transaction() as connection:
            for message_id in message_ids:
                done = connection.execute(
                    "UPDATE outbox SET confirmed_utc_ns = ?, confirmed_by = ? "
                    "WHERE message_id = ? AND session_id = ? AND confirmed_utc_ns IS NULL",
                    (self._utc_ns(), actor, message_id, session_id),
                )
                if done.rowcount:
                    closed.append(message_id)
            if closed:
                self.audit(actor=actor, action="received", subject="alert", detail={"ids": closed})
        return closed

    def retained(self) -> list[RetainedRow]:
        """What every retained alert topic must say now, oldest topic first."""
        rows = self._read(
            "SELECT retained.topic, retained.message_id, retained.session_id, retained.body, cleared, "
            "confirmed_utc_ns IS NOT NULL FROM retained LEFT JOIN outbox USING (message_id) "
            "ORDER BY updated_utc_ns, retained.topic"
        )
        return [
            RetainedRow(
                topic=row[0],
                message_id=row[1],
                session_id=row[2],
                body=row[3],
                cleared=bool(row[4]),
                confirmed=bool(row[5]),
            )
            for row in rows
        ]

    def forget_retained(self, topic: str, *, message_id: str) -> None:
        """The topic has been emptied at the broker; nothing happens when it says something new by now."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM retained WHERE topic = ? AND message_id = ? AND cleared = 1", (topic, message_id)
            )

    def active_alerts(self, session_id: str) -> list[Transition]:
        """The last transition of each alert of a session that is not resolved: to go on after a restart."""
        rows = self._read(
            "SELECT body, to_state FROM transitions AS last WHERE session_id = ? AND NOT EXISTS ("
            "SELECT 1 FROM transitions AS later WHERE later.session_id = last.session_id "
            "AND later.alert_id = last.alert_id AND (later.boot, later.seq) > (last.boot, last.seq)) "
            "ORDER BY boot, seq",
            (session_id,),
        )
        over = {AlertState.RESOLVED, AlertState.INACTIVE}
        return [_transition(row[0]) for row in rows if AlertState(row[1]) not in over]

    # Spot readings

    def keep_spot_reading(self, reading: SpotReading, *, session_id: str) -> bool:
        """Make a reading durable; False when the device has sent this very reading before."""
        with self._database.transaction() as connection:
            done = connection.execute(
                "INSERT INTO spot_readings (fingerprint, session_id, device, characteristic, received_ns, "
                "received_utc_ns, taken_at, user_index, reading, payload) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (fingerprint) DO NOTHING",
                (
                    fingerprint.of_reading(reading, boot=self.boot),
                    session_id,
                    reading.device,
                    reading.characteristic,
                    reading.received_ns,
                    self._utc_ns(),
                    reading.taken_at,
                    reading.user_index,
                    canonical_json.encode(reading.values),
                    reading.payload,
                ),
            )
            return bool(done.rowcount)

    def spot_readings(self, session_id: str) -> list[SpotReading]:
        """A session's readings in the order they came."""
        rows = self._read(
            "SELECT device, characteristic, received_ns, payload, taken_at, user_index, reading "
            "FROM spot_readings WHERE session_id = ? ORDER BY rowid",
            (session_id,),
        )
        return [
            SpotReading(
                device=row[0],
                characteristic=row[1],
                received_ns=row[2],
                payload=row[3],
                taken_at=row[4],
                user_index=row[5],
                values=json.loads(row[6]),
            )
            for row in rows
        ]

    # Commands

    def take_command(self, cmd_id: str, *, session_id: str, verb: str, actor: str) -> SeenCommand | None:
        """Note a command before it is run. None: it is new, run it. Otherwise: it was taken before."""
        with self._database.transaction() as connection:
            known = connection.execute(
                "SELECT cmd_id, verb, actor, result, reason, details FROM commands WHERE cmd_id = ?",
                (cmd_id,),
            ).fetchone()
            if known is not None:
                return SeenCommand(
                    cmd_id=known[0],
                    verb=known[1],
                    actor=known[2],
                    result=known[3],
                    reason=known[4],
                    details=json.loads(known[5]),
                )
            connection.execute(
                "INSERT INTO commands (cmd_id, session_id, verb, actor, received_utc_ns) "
                "VALUES (?, ?, ?, ?, ?)",
                (cmd_id, session_id, verb, actor, self._utc_ns()),
            )
            return None

    def finish_command(
        self, cmd_id: str, *, result: str, reason: str = "", details: Mapping[str, object] = NOTHING
    ) -> None:
        """What the command's run came to; also an audit entry."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "UPDATE commands SET result = ?, reason = ?, details = ? WHERE cmd_id = ? "
                "RETURNING verb, actor, session_id",
                (result, reason, canonical_json.encode(details), cmd_id),
            ).fetchone()
            if row is not None:
                self.audit(
                    actor=row[1],
                    action=row[0],
                    subject=row[2],
                    detail={"cmd_id": cmd_id, "result": result, "reason": reason, "did": details},
                )

    # Audit

    def audit(self, *, actor: str, action: str, subject: str, detail: Mapping[str, object]) -> AuditEntry:
        """Add one entry to the audit."""
        with self._database.transaction() as connection:
            return audit.append(
                connection,
                at_utc_ns=self._utc_ns(),
                actor=actor,
                action=action,
                subject=subject,
                detail=canonical_json.encode(detail),
            )

    def audit_entries(self) -> list[AuditEntry]:
        """The whole audit, oldest first."""
        return list(audit.entries(self._database.connection))

    def audit_head(self) -> tuple[int, str]:
        """Number and digest of the last entry, to be kept somewhere else too."""
        return audit.head(self._database.connection)

    def audit_break(self) -> AuditEntry | None:
        """The first entry that was tampered with, or None."""
        return audit.first_break(audit.entries(self._database.connection))

    # Retention

    def expired(self, *, before_utc_ns: int) -> list[purge.Expired]:
        """The sessions that began before an instant, oldest first."""
        return purge.expired(self._database, before_utc_ns=before_utc_ns)

    def remove_sessions(self, session_ids: Sequence[str], *, actor: str) -> None:
        """Remove everything of these sessions but the audit, which gets an entry for each."""
        with self._database.transaction():
            purge.remove(self._database, session_ids)
            for session_id in session_ids:
                self.audit(actor=actor, action="purge", subject=session_id, detail={})
        purge.compact(self._database)

    def _read(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        return self._database.connection.execute(statement, values).fetchall()

    def _insert_event(self, transition: Transition, post: Post, session_id: str) -> OutboxRow:
        row = self._database.connection.execute(
            "INSERT INTO outbox (message_id, session_id, boot, seq, alert_id, priority, topic, body, "  # noqa: S608
            f"created_utc_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING {_OUTBOX}",
            (
                post.message_id,
                session_id,
                self.boot,
                transition.seq,
                transition.alert_id,
                post.priority.value,
                post.topic,
                post.body,
                self._utc_ns(),
            ),
        ).fetchone()
        return _outbox_row(row)

    def _set_retained(self, post: Post, session_id: str) -> None:
        self._database.connection.execute(
            "INSERT INTO retained (topic, message_id, session_id, body, cleared, updated_utc_ns) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (topic) DO UPDATE SET message_id = excluded.message_id, "
            "session_id = excluded.session_id, body = excluded.body, cleared = excluded.cleared, "
            "updated_utc_ns = excluded.updated_utc_ns",
            (post.topic, post.message_id, session_id, post.body, post.cleared, self._utc_ns()),
        )


def _session_record(row: Any) -> SessionRecord:
    return SessionRecord(
        session_id=row[0],
        boot=row[1],
        started_utc_ns=row[2],
        ended_utc_ns=row[3],
        header=json.loads(row[4]),
        summary=None if row[5] is None else json.loads(row[5]),
    )


def _outbox_row(row: Any) -> OutboxRow:
    return OutboxRow(
        row=row[0],
        message_id=row[1],
        session_id=row[2],
        boot=row[3],
        seq=row[4],
        alert_id=row[5],
        priority=Priority(row[6]),
        topic=row[7],
        body=row[8],
        created_utc_ns=row[9],
        published=bool(row[10]),
    )


def _transition(body: str) -> Transition:
    fields = json.loads(body)
    fields["kind"] = AlertKind(fields["kind"])
    fields["priority"] = Priority(fields["priority"])
    fields["from_state"] = AlertState(fields["from_state"])
    fields["to_state"] = AlertState(fields["to_state"])
    fields["sources"] = tuple(fields["sources"])
    return Transition(**fields)
