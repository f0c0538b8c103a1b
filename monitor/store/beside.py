"""A station's store beside the service that may be using it: records, amendments, audit."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor import canonical_json
from monitor.store import audit
from monitor.store.database import Database
from monitor.store.pushes import Pushes
from monitor.store.records import Records
from monitor.store.rows import AuditEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """`cut_off` sessions have no end; `open_messages` are confirmed by no therapist."""

    sessions: int
    cut_off: int
    open_messages: int


class StoreBeside:
    """A context manager around a store that exists; `utc_ns` is the wall clock.

    Raises:
        StoreUnavailableError, StoreTooNewError; StoreBusyError: a running service holds an older store.
    """

    def __init__(self, path: Path, *, utc_ns: Callable[[], int] = time.time_ns) -> None:
        self._database = Database(path, beside=True)
        self._utc_ns = utc_ns
        self.records = Records(self._database)
        self.pushes = Pushes(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

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
        with self._database.reading() as connection:
            return list(audit.entries(connection))

    def left_behind(self) -> LeftBehind:
        """What the sessions so far have left undone."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT (SELECT COUNT (*) FROM sessions), "
                "(SELECT COUNT (*) FROM sessions WHERE ended_utc_ns IS NULL), "
                "(SELECT COUNT (*) FROM outbox WHERE confirmed_utc_ns IS NULL)"
            ).fetchone()
        return LeftBehind(sessions=row[0], cut_off=row[1], open_messages=row[2])

    def amend(self, session_id: str, *, actor: str, fact_id: str, correction: str, reason: str) -> int:
        """Add a correction and its audit entry together; returns its number."""
        with self._database.transaction():
            row = self.records.amend(
                session_id,
                at_utc_ns=self._utc_ns(),
                actor=actor,
                fact_id=fact_id,
                correction=correction,
                reason=reason,
            )
            self.audit(
                actor=actor,
                action="amend",
                subject=session_id,
                detail={"fact": fact_id, "number": row.number},
            )
        return row.number
