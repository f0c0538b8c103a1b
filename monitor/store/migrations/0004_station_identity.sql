-- Version 4: what belongs to this station for as long as its store lives, such as its client id at brokers.
CREATE TABLE identity (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
