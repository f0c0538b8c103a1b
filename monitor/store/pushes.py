"""What was sent to which FHIR server, and what it answered."""

from dataclasses import astuple, dataclass

from monitor.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One attempt that ended; `status` is HTTP's, None without an answer."""

    session_id: str
    server: str
    digest: str
    at_utc_ns: int
    accepted: bool
    status: int | None
    answer: str


class Pushes:
    """The pushes in a store that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, push: Push) -> None:
        """Keep an attempt and its answer."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO fhir_pushes (session_id, server, digest, at_utc_ns, accepted, status, answer) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                astuple(push),
            )

    def digest_at(self, server: str, session_id: str) -> str | None:
        """What that server has accepted last of a session, as the digest of the bundle."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT digest FROM fhir_pushes WHERE server = ? AND session_id = ? AND accepted = 1 "
                "ORDER BY push DESC LIMIT 1",
                (server, session_id),
            ).fetchone()
        return None if row is None else str(row[0])

    def waiting(self, server: str) -> list[str]:
        """The sessions, oldest first, of which that server lacks something: the record, or a correction."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT r.session_id FROM session_records AS r WHERE NOT EXISTS ("
                "SELECT 1 FROM fhir_pushes AS p WHERE p.server = ? AND p.session_id = r.session_id "
                "AND p.accepted = 1 AND p.at_utc_ns >= COALESCE ("
                "(SELECT MAX (at_utc_ns) FROM amendments AS a WHERE a.session_id = r.session_id), 0)) "
                "ORDER BY r.started_utc_ns, r.session_id",
                (server,),
            ).fetchall()
        return [str(row[0]) for row in rows]
