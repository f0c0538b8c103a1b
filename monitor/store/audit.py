"""The hash-chained audit: who did what, when; changing or removing an entry breaks every digest after it.

The chain shows tampering inside the list. Somebody who can write the file can still cut its end off; the head
(`audit_head`) is therefore also written into each session's recording.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator

from monitor import canonical_json
from monitor.store.rows import AuditEntry

# What the first entry says was before it.
GENESIS = "0" * 64

_COLUMNS = "entry, at_utc_ns, actor, action, subject, detail, previous, digest"


def digest_of(
    *, entry: int, at_utc_ns: int, actor: str, action: str, subject: str, detail: str, previous: str
) -> str:
    """SHA-256 over the entry's canonical JSON, the digest before it included."""
    text = canonical_json.encode([entry, at_utc_ns, actor, action, subject, detail, previous])
    return hashlib.sha256(text.encode()).hexdigest()


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    """The number and the digest of the last entry; (0, GENESIS) of an empty audit."""
    row = connection.execute("SELECT entry, digest FROM audit ORDER BY entry DESC LIMIT 1").fetchone()
    return (int(row[0]), str(row[1])) if row else (0, GENESIS)


def append(
    connection: sqlite3.Connection, *, at_utc_ns: int, actor: str, action: str, subject: str, detail: str
) -> AuditEntry:
    """Add one entry; the caller's transaction makes it durable."""
    last, previous = head(connection)
    entry = last + 1
    digest = digest_of(
        entry=entry,
        at_utc_ns=at_utc_ns,
        actor=actor,
        action=action,
        subject=subject,
        detail=detail,
        previous=previous,
    )
    values = (entry, at_utc_ns, actor, action, subject, detail, previous, digest)
    connection.execute(f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)  # noqa: S608 - constants
    return _entry(values)


def entries(connection: sqlite3.Connection) -> Iterator[AuditEntry]:
    """All entries, oldest first."""
    for row in connection.execute(f"SELECT {_COLUMNS} FROM audit ORDER BY entry"):  # noqa: S608 - constants
        yield _entry(row)


def first_break(listed: Iterable[AuditEntry]) -> AuditEntry | None:
    """The first entry that does not follow from the one before it, or None: the chain holds."""
    expected_entry, expected_previous = 1, GENESIS
    for item in listed:
        digest = digest_of(
            entry=item.entry,
            at_utc_ns=item.at_utc_ns,
            actor=item.actor,
            action=item.action,
            subject=item.subject,
            detail=item.detail,
            previous=item.previous,
        )
        if (item.entry, item.previous, item.digest) != (expected_entry, expected_previous, digest):
            return item
        expected_entry, expected_previous = item.entry + 1, digest
    return None


def _entry(row: tuple[int, int, str, str, str, str, str, str]) -> AuditEntry:
    entry, at_utc_ns, actor, action, subject, detail, previous, digest = row
    return AuditEntry(
        entry=entry,
        at_utc_ns=at_utc_ns,
        actor=actor,
        action=action,
        subject=subject,
        detail=detail,
        previous=previous,
        digest=digest,
    )
