-- What operators did, append-only: each entry's hash is over the one before it.
CREATE TABLE audit (
    number  INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,
    act     TEXT NOT NULL,
    subject TEXT NOT NULL,
    before  TEXT,
    after   TEXT,
    note    TEXT,
    hash    BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

-- Secrets that the hub has to send, sealed with a key that does not lie in this file.
CREATE TABLE secret (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    set_at INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

-- When a version was applied.
ALTER TABLE catalog_version ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
