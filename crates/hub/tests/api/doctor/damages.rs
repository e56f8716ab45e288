//! Ways to break a store, each with the check that names it. They are written into the file behind
//! the hub's back; `ended`, `active`, `queued` and `open` are its entitlements.

use hub::doctor::Check;

/// One of them.
pub(super) struct Damage {
    pub(super) check: Check,
    /// A part of what is said.
    pub(super) says: &'static str,
    pub(super) sql: &'static str,
}

macro_rules! damages {
    ($($check:ident, $says:literal, $sql:literal;)+) => {
        pub(super) const DAMAGES: &[Damage] = &[$(Damage { check: Check::$check, says: $says, sql: $sql }),+];
    };
}

damages! {
    Schema, "index entitlement_by_slot is missing", "DROP INDEX entitlement_by_slot";
    Schema, "table mine is not one of", "CREATE TABLE mine (x)";
    Schema, "schema version 999", "INSERT INTO schema_version VALUES (999, 'later', '', 0)";
    Schema, "index lane_due is another", "DROP INDEX lane_due; CREATE INDEX lane_due ON lane (head)";
    References, "names a row of account", "UPDATE credential SET account = 77";
    References, "names a row of route", "UPDATE entitlement SET route = 77 WHERE own_id = 'active'";
    Unreadable, "entitlement 0", "UPDATE entitlement SET rest = '{' WHERE own_id = 'active'";
    Unreadable, "status 'NONSENSE' is unknown", "UPDATE entitlement SET status = 'NONSENSE' WHERE own_id = 'active'";
    Unreadable, "event 1", "UPDATE event SET sets = '[[7]]' WHERE sequence = 1";
    Unreadable, "notifications: ", "UPDATE notification SET reason = 'NONSENSE'";
    Unreadable, "entitlements", "UPDATE entitlement SET key = x'01' WHERE own_id = 'active'";
    Rules, "SUSPENDED if and only if somebody holds it",
        "UPDATE entitlement SET status = 'ACTIVE' WHERE own_id = 'active'";
    Rules, "it says 0", "UPDATE entitlement SET revision = 0 WHERE own_id = 'active'";
    History, "they differ in productKey", "UPDATE entitlement SET product = 'OTHER' WHERE own_id = 'open'";
    History, "they differ in dateCreated", "UPDATE entitlement SET created_at = created_at - 1000";
    History, "or their numbers have gaps",
        "DELETE FROM event WHERE sequence = 2 AND key = (SELECT key FROM entitlement WHERE own_id = 'ended')";
    History, "its row counts", "UPDATE entitlement SET last_event = last_event + 1 WHERE own_id = 'open'";
    History, "its row has version 9", "UPDATE entitlement SET version = 9 WHERE own_id = 'open'";
    History, "has version 8 after 1", "UPDATE event SET version = 8 WHERE sequence = 2";
    History, "does not begin with its creation", "UPDATE event SET kind = 'noted' WHERE sequence = 1";
    Slot, "it is PENDING and holds no limit slot", "UPDATE entitlement SET slot = NULL WHERE own_id = 'open'";
    Slot, "it is REVOKED and holds limit slot 1", "UPDATE entitlement SET slot = 1 WHERE own_id = 'ended'";
    Slot, "limit slot 0", "UPDATE entitlement SET slot = 0 WHERE own_id = 'open'";
    IndexColumn, "it is due never", "UPDATE entitlement SET due_at = 1 WHERE own_id = 'ended'";
    IndexColumn, "the index of operations has one in flight",
        "UPDATE entitlement SET in_flight = 1 WHERE own_id = 'ended'";
    Identity, "the hub-made id of another",
        "UPDATE entitlement SET own_id = (SELECT lower(substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-' || \
         substr(h, 13, 4) || '-' || substr(h, 17, 4) || '-' || substr(h, 21)) FROM \
         (SELECT hex(key) AS h FROM entitlement WHERE own_id IS NULL)) WHERE own_id = 'open'";
    Account, "it is marked live, its account is test", "UPDATE entitlement SET live = 1 WHERE own_id = 'open'";
    Account, "its account is not there", "UPDATE entitlement SET account = 77 WHERE own_id = 'open'";
    Account, "its route is not there", "UPDATE entitlement SET route = 77 WHERE own_id = 'open'";
    Account, "its route to account 99",
        "INSERT INTO account (id, organisation, live) VALUES (99, 'other', 0); \
         INSERT INTO route (id, account, merchant) VALUES (99, 99, 'BANGO_US'); \
         UPDATE entitlement SET route = 99 WHERE own_id = 'open'";
    Account, "1 of its events and notifications are booked", "UPDATE event SET account = 77 WHERE id = 1";
    Account, "are booked for another account", "UPDATE notification SET account = 77";
    Feed, "event 1 changes the record and has no position", "UPDATE event SET position = NULL WHERE id = 2";
    Feed, "event 1 changes no record and has a position",
        "UPDATE event SET kind = 'noted', sets = '[]' WHERE sequence = 1";
    Feed, "stands before an older one",
        "UPDATE event SET position = 10000 WHERE id = 1; UPDATE account SET position = 10000";
    Feed, "positions 3 to 3 are missing", "DELETE FROM event WHERE position = 3";
    Feed, "which its account has given out, are missing", "UPDATE account SET position = position + 2";
    Feed, "its account has given out 1", "UPDATE account SET position = 1";
    Lane, "gives out 99 next", "UPDATE lane SET next = 99";
    Lane, "the first that waits is", "UPDATE lane SET head = head + 1";
    Lane, "no moment to send it", "UPDATE lane SET attempt_at = NULL";
    Lane, "nothing waits", "UPDATE lane SET attempt_at = 1 WHERE head = next";
    Lane, "has notifications and no lane", "DELETE FROM lane";
    Lane, "its last notification is 0", "DELETE FROM notification";
    Lane, "has number 11 after 1",
        "UPDATE notification SET sequence = 11 WHERE sequence = 2";
    Lane, "has sent one behind number 1", "UPDATE notification SET state = 'waiting' WHERE sequence = 1";
    Notification, "tells of event 99, which is not there", "UPDATE notification SET event = 99";
    Notification, "shows version 99", "UPDATE notification SET version = 99";
    Notification, "says TERMINATION_PENDING, which its event does not",
        "UPDATE notification SET reason = 'TERMINATION_PENDING'";
    Operation, "kept among those that have ended",
        "INSERT INTO operation (id, key, kind, outcome, opened_at, closed_at) \
         SELECT unhex(replace(json_extract(rest, '$.operation.id'), '-', '')), key, 'cancel', 'done', 0, 0 \
         FROM entitlement WHERE own_id = 'queued'";
    Claim, "remembers version 99", "UPDATE claim SET version = 99 WHERE form IS NOT NULL";
    Claim, "which is not there", "UPDATE claim SET key = zeroblob(16) WHERE form IS NOT NULL";
    Claim, "names no entitlement", "UPDATE claim SET key = NULL WHERE form IS NOT NULL";
    Claim, "neither open nor ended", "UPDATE claim SET operation = zeroblob(16) WHERE http IS NULL";
    Claim, "waits for no operation", "UPDATE claim SET operation = NULL WHERE http IS NULL";
    Orphan, "events without an entitlement", "DELETE FROM entitlement WHERE own_id = 'active'";
    Orphan, "lanes without an entitlement", "DELETE FROM entitlement WHERE own_id = 'active'";
    Orphan, "notifications without an entitlement", "DELETE FROM entitlement WHERE own_id = 'active'";
    Orphan, "call-backs without an entitlement", "INSERT INTO callback (key, at, says) VALUES (zeroblob(16), 0, '')";
}
