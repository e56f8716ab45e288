//! What an examination reads: everything that has to agree, side by side, as it lay in one snapshot.
//! Whether it agrees is not judged here: the checks are the hub's doctor.

use crate::{Restoration, Row, StoreFuture, StoredEvent, StoredNotification};
use entitlement::{Moment, Stage};
use ids::{AccountId, EntitlementKey, OperationId, TargetId};

/// Reads a store for an examination, beside whoever writes into it. Each call is one short snapshot, so
/// that the log can be cut between them; pages bound the memory.
pub trait Examine: Send + Sync {
    /// How much there is, for progress: upper bounds, without counting.
    fn examine_size(&self) -> StoreFuture<'_, StoreSize>;
    /// Entitlements by key, each with everything that hangs on it.
    fn examine_entitlements(&self, after: Option<EntitlementKey>, limit: usize) -> StoreFuture<'_, Vec<Examined>>;
    /// All accounts.
    fn examine_accounts(&self) -> StoreFuture<'_, Vec<ExaminedAccount>>;
    /// The next positions of a feed as runs without a gap, first and last of each.
    fn examine_feed(&self, account: AccountId, after: u64, limit: usize) -> StoreFuture<'_, Vec<(u64, u64)>>;
    /// Claims by their number.
    fn examine_claims(&self, after: u64, limit: usize) -> StoreFuture<'_, Vec<ExaminedClaim>>;
    /// Walks the keys that stand in a table, a page at a time, and names those without entitlement.
    fn examine_keys(&self, of: Kept, after: Option<EntitlementKey>, limit: usize) -> StoreFuture<'_, ExaminedKeys>;
    /// What the engine says of itself: schema, references, structure.
    fn engine_health(&self, depth: Depth) -> StoreFuture<'_, EngineHealth>;
    /// The restorations this store has gone through, oldest first.
    fn restorations(&self) -> StoreFuture<'_, Vec<Restoration>>;
}

/// Upper bounds of what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreSize {
    /// Entitlements.
    pub entitlements: u64,
    /// Events of all histories.
    pub events: u64,
    /// Request identities.
    pub claims: u64,
}

/// One entitlement and everything that hangs on it, in one snapshot.
#[derive(Debug, Clone)]
pub struct Examined {
    /// Which.
    pub key: EntitlementKey,
    /// The row; `None` where its account or route is gone; in words where it cannot be read.
    pub row: Result<Option<Row>, String>,
    /// The column that says live or test.
    pub live: bool,
    /// The open operation's stage as its index has it; `None` where none is open.
    pub stage: Option<Stage>,
    /// The mode of its account, if there is such an account.
    pub account_live: Option<bool>,
    /// Whose its route is, if there is such a route.
    pub route_account: Option<AccountId>,
    /// The history, or why it cannot be read.
    pub history: Result<Vec<StoredEvent>, String>,
    /// Its lanes, by target.
    pub lanes: Vec<ExaminedLane>,
    /// Its notifications by target and sequence, or why they cannot be read.
    pub notifications: Result<Vec<StoredNotification>, String>,
    /// Events and notifications that are booked for another account, or another home of it.
    pub booked_elsewhere: u32,
    /// Its own id is the key of another entitlement of the mode.
    pub own_id_is_a_key: bool,
    /// Its open operation is kept as ended, too.
    pub operation_has_ended: bool,
    /// Its history began on a day from which events are kept no longer: that of an ended one may be gone, whole.
    pub history_was_dropped: bool,
    /// The same of notifications: the first of each lane may be gone.
    pub notifications_were_dropped: bool,
}

/// A lane's counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExaminedLane {
    /// Whereto.
    pub target: TargetId,
    /// The number that the next notification gets.
    pub next: u32,
    /// The notification to be sent; `next` where nothing waits.
    pub head: u32,
    /// When it is sent, where one waits.
    pub attempt_at: Option<Moment>,
}

/// An account's feed counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExaminedAccount {
    /// Its number.
    pub id: AccountId,
    /// The organisation's key.
    pub organisation: String,
    /// True for live, false for test.
    pub live: bool,
    /// The last position given out, as the account says.
    pub position: u64,
    /// The last position that stands at an event; 0 for none.
    pub last_event: u64,
}

/// A claim with what it points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExaminedClaim {
    /// Its number.
    pub number: u64,
    /// Whose.
    pub account: AccountId,
    /// The request identity.
    pub identity: String,
    /// The entitlement it names.
    pub key: Option<EntitlementKey>,
    /// The record's version there, if the entitlement is there.
    pub found_version: Option<u32>,
    /// What it remembers.
    pub remembers: Remembered,
}

/// What a claim remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remembered {
    /// Nothing yet: it waits for an operation.
    Nothing {
        /// Which.
        operation: Option<OperationId>,
        /// It is open at the entitlement, or kept as ended.
        is_known: bool,
    },
    /// The record at that version.
    Record(u32),
    /// A whole body.
    Literal,
}

/// Tables whose rows name an entitlement by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Events of histories.
    Events,
    /// Lanes.
    Lanes,
    /// Notifications.
    Notifications,
    /// Promised calls of the test merchant.
    Callbacks,
}

impl Kept {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Events, Self::Lanes, Self::Notifications, Self::Callbacks];
}

/// A page of keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExaminedKeys {
    /// Those without an entitlement.
    pub orphans: Vec<EntitlementKey>,
    /// The page's last key; `None` where there are no more.
    pub last: Option<EntitlementKey>,
}

/// How closely the engine looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The structure.
    Quick,
    /// Also that every index says what its table says.
    Full,
}

/// What the engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineHealth {
    /// What is wrong.
    pub faults: Vec<EngineFault>,
    /// The schema is the one this program knows, so that the rest can be read.
    pub is_readable: bool,
    /// Beside a running hub a look that takes too long is broken off: what was not looked at.
    pub left_out: Vec<&'static str>,
}

/// A fault the engine has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineFault {
    /// In which of its own checks.
    pub kind: EngineCheck,
    /// In its words.
    pub what: String,
}

/// The engine's own checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineCheck {
    /// Tables, indexes, migrations.
    Schema,
    /// Pages, trees, values.
    Structure,
    /// Rows that name rows which are not there.
    References,
}

/// Adds the next position of a feed to its runs without a gap.
pub(crate) fn add_to_runs(runs: &mut Vec<(u64, u64)>, position: u64) {
    match runs.last_mut() {
        Some((_, last)) if *last + 1 == position => *last = position,
        _ => runs.push((position, position)),
    }
}
