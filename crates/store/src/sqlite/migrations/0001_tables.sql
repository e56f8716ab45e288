-- The first tables. Keys are the 16 bytes of a UUID, moments are milliseconds since 1970 (UTC),
-- closed lists are words. Rowid tables with unique indexes: a wide row WITHOUT ROWID makes its
-- tree a third deeper. Narrow ones, lane and notification, have none.

-- One organisation in one mode. `position` is the last feed position given out.
CREATE TABLE account (
    id           INTEGER PRIMARY KEY,
    organisation TEXT NOT NULL,
    live         INTEGER NOT NULL,
    position     INTEGER NOT NULL DEFAULT 0,
    UNIQUE (organisation, live)
) STRICT;

CREATE TABLE route (
    id       INTEGER PRIMARY KEY,
    account  INTEGER NOT NULL REFERENCES account (id),
    merchant TEXT NOT NULL,
    UNIQUE (account, merchant)
) STRICT;

CREATE TABLE credential (
    id                 INTEGER PRIMARY KEY,
    user               TEXT NOT NULL UNIQUE,
    account            INTEGER NOT NULL REFERENCES account (id),
    password_hash      TEXT NOT NULL,
    old_password_hash  TEXT,
    old_password_until INTEGER,
    revoked_at         INTEGER
) STRICT;

CREATE TABLE catalog_version (
    version  INTEGER PRIMARY KEY,
    document TEXT NOT NULL
) STRICT;

CREATE TABLE setting (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE,
    value BLOB NOT NULL
) STRICT;

-- The truth about each entitlement. Columns are what is searched or checked, `rest` is everything
-- else; nothing stands in both. merchantAccountKey is the route's, entitlementId is own_id or key.
-- `in_flight` is an index entry, as `due_at` is: derived from the open operation at each write.
CREATE TABLE entitlement (
    id          INTEGER PRIMARY KEY,
    key         BLOB NOT NULL,
    account     INTEGER NOT NULL REFERENCES account (id),
    live        INTEGER NOT NULL,
    route       INTEGER NOT NULL REFERENCES route (id),
    own_id      TEXT,
    customer    TEXT NOT NULL,
    slot        INTEGER,
    status      TEXT NOT NULL,
    product     TEXT NOT NULL,
    offer       TEXT,
    external_id TEXT,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    due_at      INTEGER,
    revision    INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    last_event  INTEGER NOT NULL,
    unborn      INTEGER NOT NULL,
    in_flight   INTEGER NOT NULL,
    rest        TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX entitlement_by_key ON entitlement (key);
-- An own id is unique per mode. That it is no key of the mode either, the writer checks.
CREATE UNIQUE INDEX entitlement_by_own_id ON entitlement (live, own_id) WHERE own_id IS NOT NULL;
-- The rule of the limit and the look-up by customer in one: the slot of what has ended is NULL,
-- and NULLs never equal each other, so any number of ended ones may stand beside the open one.
CREATE UNIQUE INDEX entitlement_by_slot ON entitlement (account, customer, route, slot);
-- The order of reports is (dateCreated, entitlementId); within one second the page is sorted,
-- because keeping 36 characters of text per row in order costs more than sorting a second.
CREATE INDEX entitlement_by_creation ON entitlement (account, created_at);
-- updatedSince is how resellers poll.
CREATE INDEX entitlement_by_update ON entitlement (account, updated_at);
CREATE INDEX entitlement_by_external_id ON entitlement (account, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX entitlement_due ON entitlement (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX entitlement_in_flight ON entitlement (key) WHERE in_flight = 1;

-- The histories, append-only. `position` is the place in the account's feed, numbered by the
-- writer inside the transaction; NULL where the event changed no record (noted, end-wished).
CREATE TABLE event (
    id       INTEGER PRIMARY KEY,
    account  INTEGER NOT NULL,
    position INTEGER,
    key      BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    by       TEXT NOT NULL,
    kind     TEXT NOT NULL,
    reason   TEXT,
    request  TEXT,
    sets     TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX event_by_sequence ON event (key, sequence);
CREATE UNIQUE INDEX event_by_position ON event (account, position) WHERE position IS NOT NULL;

-- Request identities. http NULL: no answer yet; form NULL: `answer` is the whole body; else it is
-- `parameters`, and the body is printed from the history at `version`.
CREATE TABLE claim (
    id          INTEGER PRIMARY KEY,
    account     INTEGER NOT NULL,
    identity    TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    key         BLOB,
    operation   BLOB,
    at          INTEGER NOT NULL,
    answered_at INTEGER,
    http        INTEGER,
    form        INTEGER,
    code        INTEGER,
    version     INTEGER,
    answer      TEXT
) STRICT;

CREATE UNIQUE INDEX claim_by_identity ON claim (account, identity);
CREATE INDEX claim_waiting ON claim (operation) WHERE http IS NULL AND operation IS NOT NULL;

-- One lane per entitlement and target, made with its first notice. `head` is the notification to
-- be sent, `next` the number the next one gets; head = next, attempt_at NULL: nothing waits. A
-- parked lane is due when its head has been held for as long as may be. Leases are real time, not
-- the store's clock; 0: not leased. woken: it was woken while leased, so that what the attempt
-- says about waiting is out of date.
CREATE TABLE lane (
    key            BLOB NOT NULL,
    target         INTEGER NOT NULL,
    next           INTEGER NOT NULL,
    head           INTEGER NOT NULL,
    attempt_at     INTEGER,
    failures       INTEGER NOT NULL DEFAULT 0,
    lease_until_ms INTEGER NOT NULL DEFAULT 0,
    fence          INTEGER NOT NULL DEFAULT 0,
    parked_since   INTEGER,
    woken          INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (key, target)
) STRICT, WITHOUT ROWID;

CREATE INDEX lane_due ON lane (attempt_at) WHERE attempt_at IS NOT NULL;

CREATE TABLE notification (
    account      INTEGER NOT NULL,
    key          BLOB NOT NULL,
    target       INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    event        INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    reason       TEXT NOT NULL,
    form         INTEGER NOT NULL,
    committed_at INTEGER NOT NULL,
    held_ms      INTEGER NOT NULL DEFAULT 0,
    state        TEXT NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    last_status  INTEGER,
    last_error   TEXT,
    done_at      INTEGER,
    PRIMARY KEY (key, target, sequence)
) STRICT, WITHOUT ROWID;

-- Newest first, for operators.
CREATE INDEX notification_by_commit ON notification (account, committed_at);

-- Calls the test merchant will make. AUTOINCREMENT: a number is never given twice, so that a
-- late `callback_done` cannot hit another one.
CREATE TABLE callback (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    key  BLOB NOT NULL,
    at   INTEGER NOT NULL,
    says TEXT NOT NULL
) STRICT;

CREATE INDEX callback_due ON callback (at);

-- Operations that ended; open ones stand in their entitlement.
CREATE TABLE operation (
    number    INTEGER PRIMARY KEY,
    id        BLOB NOT NULL UNIQUE,
    key       BLOB NOT NULL,
    kind      TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER NOT NULL
) STRICT;
