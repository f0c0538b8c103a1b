-- Version 3: what was sent to which FHIR server, and what it answered. One row an attempt that ended.
CREATE TABLE fhir_pushes (
    push INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL,
    server TEXT NOT NULL,
    digest TEXT NOT NULL,               -- SHA-256 of the bundle that was sent
    at_utc_ns INTEGER NOT NULL,
    accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
    status INTEGER,                     -- HTTP; null: no answer
    answer TEXT NOT NULL                -- the entries' status and location as JSON, or what went wrong
) STRICT;

CREATE INDEX fhir_pushes_by_session ON fhir_pushes (server, session_id, accepted);
