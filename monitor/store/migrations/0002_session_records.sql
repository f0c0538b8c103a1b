-- Version 2: the record of each session, kept whole, with what lists and reports over many sessions ask for.

-- One row a session, small, so that sixty thousand can be listed at once.
CREATE TABLE session_records (
    session_id TEXT PRIMARY KEY,
    patient_id TEXT NOT NULL,
    clinic TEXT NOT NULL,
    station TEXT NOT NULL,
    pack TEXT NOT NULL,
    plan_version TEXT NOT NULL,
    started_utc_ns INTEGER NOT NULL,
    duration_s REAL NOT NULL,
    is_complete INTEGER NOT NULL CHECK (is_complete IN (0, 1)),
    has_ended INTEGER NOT NULL CHECK (has_ended IN (0, 1)),
    sets_done INTEGER NOT NULL,
    sets_prescribed INTEGER NOT NULL,
    repetitions_done INTEGER NOT NULL,
    repetitions_prescribed INTEGER NOT NULL,
    alerts INTEGER NOT NULL,
    alerts_high INTEGER NOT NULL,
    messages_unconfirmed INTEGER NOT NULL,
    completeness_percent REAL,          -- the worst sensor's; null: no streaming sensor
    recovery_fall_per_min REAL          -- heart rate, peak minus one minute after; null: not measured
) STRICT;

CREATE INDEX session_records_by_time ON session_records (started_utc_ns);
CREATE INDEX session_records_by_patient ON session_records (patient_id, started_utc_ns);

-- monitor/record/facts_json.py without curves, zstd.
CREATE TABLE session_facts (
    session_id TEXT PRIMARY KEY REFERENCES session_records (session_id) ON DELETE CASCADE,
    facts BLOB NOT NULL
) STRICT;

CREATE TABLE session_exercises (
    session_id TEXT NOT NULL REFERENCES session_records (session_id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    exercise TEXT NOT NULL,
    joint TEXT NOT NULL,
    side TEXT NOT NULL,
    load REAL,
    sets_done INTEGER NOT NULL,
    sets_prescribed INTEGER NOT NULL,
    repetitions_done INTEGER NOT NULL,
    repetitions_prescribed INTEGER NOT NULL,
    range_best_deg REAL,
    range_error_deg REAL,
    detectable_change_deg REAL,
    range_goal_deg REAL,
    exertion REAL,                      -- the last rating of this exercise
    exertion_scale TEXT,
    PRIMARY KEY (session_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_alerts (
    session_id TEXT NOT NULL REFERENCES session_records (session_id) ON DELETE CASCADE,
    alert_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    priority TEXT NOT NULL,
    kind TEXT NOT NULL,
    firings INTEGER NOT NULL,
    confirmed_after_ms REAL,
    acknowledged_after_s REAL,
    resolved_after_s REAL,
    by_artefact INTEGER NOT NULL CHECK (by_artefact IN (0, 1)),
    verdict TEXT,
    PRIMARY KEY (session_id, alert_id)
) STRICT, WITHOUT ROWID;

-- Corrections: the fact stays, the correction stands beside it.
CREATE TABLE amendments (
    number INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL,
    at_utc_ns INTEGER NOT NULL,
    actor TEXT NOT NULL,
    fact_id TEXT NOT NULL,
    correction TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

CREATE INDEX amendments_by_session ON amendments (session_id, number);

CREATE TRIGGER amendments_are_not_changed BEFORE UPDATE ON amendments
BEGIN SELECT RAISE (ABORT, 'amendments are append-only'); END;

CREATE TRIGGER amendments_are_not_removed BEFORE DELETE ON amendments
BEGIN SELECT RAISE (ABORT, 'amendments are append-only'); END;
