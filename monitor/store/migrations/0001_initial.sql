-- Version 1: what must never be lost. Instants are UTC (`_utc` ISO 8601 text, `_utc_ns` nanoseconds since 1970)
-- or the host's monotonic clock of one boot (`_ns`). JSON is canonical (monitor/canonical_json.py).

CREATE TABLE boots (
    boot INTEGER PRIMARY KEY,
    started_utc_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY,
    boot INTEGER NOT NULL REFERENCES boots (boot),
    started_utc_ns INTEGER NOT NULL,
    ended_utc_ns INTEGER,
    header TEXT NOT NULL,   -- JSON: plan, pack, versions, devices; pseudonyms only
    summary TEXT            -- JSON, once ended
) STRICT;

CREATE TABLE transitions (
    session_id TEXT NOT NULL,
    boot INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    alert_id TEXT NOT NULL,
    to_state TEXT NOT NULL,
    body TEXT NOT NULL,     -- JSON of monitor.alerts.transition.Transition
    PRIMARY KEY (session_id, boot, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX transitions_by_alert ON transitions (session_id, alert_id, boot, seq);

-- Events on their way. A row is open until the therapist's application has confirmed its message_id.
CREATE TABLE outbox (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL,
    boot INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    alert_id TEXT NOT NULL,
    priority TEXT NOT NULL,
    topic TEXT NOT NULL,
    body TEXT NOT NULL,
    created_utc_ns INTEGER NOT NULL,
    published_utc_ns INTEGER,
    confirmed_utc_ns INTEGER,
    confirmed_by TEXT
) STRICT;

CREATE INDEX outbox_open ON outbox (row) WHERE confirmed_utc_ns IS NULL;
CREATE INDEX outbox_by_session ON outbox (session_id, boot, seq);

-- What each retained alert topic must say now; told again at every connection, for brokers forget.
CREATE TABLE retained (
    topic TEXT PRIMARY KEY,
    message_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    body TEXT NOT NULL,
    cleared INTEGER NOT NULL CHECK (cleared IN (0, 1)),
    updated_utc_ns INTEGER NOT NULL
) STRICT;

-- A cuff sends a reading once; it is here before it is used.
CREATE TABLE spot_readings (
    fingerprint TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    device TEXT NOT NULL,
    characteristic TEXT NOT NULL,
    received_ns INTEGER NOT NULL,
    received_utc_ns INTEGER NOT NULL,
    taken_at TEXT,
    user_index INTEGER,
    reading TEXT NOT NULL,  -- JSON: the decoded values
    payload BLOB NOT NULL
) STRICT;

-- Every command ever taken, so that each is run once. `result` is null while it runs.
CREATE TABLE commands (
    cmd_id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    verb TEXT NOT NULL,
    actor TEXT NOT NULL,
    received_utc_ns INTEGER NOT NULL,
    result TEXT,
    reason TEXT NOT NULL DEFAULT '',
    details TEXT NOT NULL DEFAULT '{}'  -- JSON: what it did
) STRICT;

-- Append-only; each entry's digest covers the one before it.
CREATE TABLE audit (
    entry INTEGER PRIMARY KEY,
    at_utc_ns INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;

CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;
