//! The interface every engine implements, and that a fault-injecting decorator wraps.

use crate::{
    AccountRow, Act, Administered, AuditEntry, AuditRecord, Callback, CatalogVersion, Change, ClaimsPage,
    ClosedOperation, Committed, Counted, CredentialRow, Examine, Figures, HandOver, LaneResult, LaneWork, Load, Loaded,
    NamingPage, Node, NotificationState, Report, Rewriting, RewritingDone, Row, SealedSecret, Standing, StoredEvent,
    StoredNotification, Uses,
};
use entitlement::Moment;
use ids::{AccountId, EntitlementKey, NotificationId, OperationId, RouteId, TargetId};
use std::future::Future;
use std::pin::Pin;

/// A future an engine returns; boxed so that engines and decorators stay interchangeable.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Why the store could not do it. Nothing of a failed change is there, except after `Unknown`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk is full: nothing was applied; room makes it work again.
    #[error("the disk is full")]
    Full,
    /// Too much is waiting already; try again.
    #[error("the store has too much waiting")]
    Busy,
    /// The engine stopped (an I/O error at commit): the process must stop accepting and exit.
    #[error("the store has stopped: {0}")]
    Stopped(String),
    /// It is not known whether the change is durable; commit it again with the same ids.
    #[error("the outcome of the commit is unknown: {0}")]
    Unknown(String),
    /// What lies in the store cannot be read: a defect.
    #[error("the store holds something unreadable: {0}")]
    Unreadable(String),
}

/// One engine.
pub trait Store: Send + Sync + 'static {
    /// The store's clock: system time plus the sandbox's offset.
    fn now(&self) -> Moment;
    /// What a command needs, in one round trip.
    fn load(&self, load: Load) -> StoreFuture<'_, Loaded>;
    /// Whether an entitlementId that a reseller chose is used in the account's mode, by whomever:
    /// what the commit of a create with it would say.
    fn own_id_is_used(&self, account: AccountId, id: String) -> StoreFuture<'_, bool>;
    /// Makes a change durable, whole or not at all; returns after the commit is on disk.
    fn commit(&self, change: Change) -> StoreFuture<'_, Committed>;
    /// As `commit`; lanes that were empty are claimed with it, and handed over once it is durable. What is not
    /// due at once is not handed over. An engine that does not do so drops `hand_over`, and
    /// [`hands_over`](Store::hands_over) says so.
    fn commit_and_hand_over(&self, change: Change, hand_over: HandOver) -> StoreFuture<'_, Committed> {
        drop(hand_over);
        self.commit(change)
    }
    /// Whether `commit_and_hand_over` does.
    fn hands_over(&self) -> bool {
        false
    }

    /// The history of one entitlement up to a version (or all), in order.
    fn history(&self, key: EntitlementKey, up_to_version: Option<u32>) -> StoreFuture<'_, Vec<StoredEvent>>;
    /// Born entitlements in the order (dateCreated, entitlementId).
    fn report(&self, account: AccountId, report: Report) -> StoreFuture<'_, Vec<Row>>;
    /// The account's last feed position, 0 when empty.
    fn feed_head(&self, account: AccountId) -> StoreFuture<'_, u64>;
    /// Events after a position, with their entitlement's key, in order.
    fn feed(&self, account: AccountId, after: u64, limit: usize)
    -> StoreFuture<'_, Vec<(EntitlementKey, StoredEvent)>>;

    /// Entitlements due by `by`, earliest first. Where several processes share the data, what one of them
    /// has got is kept from the others for a while.
    fn due(&self, by: Moment, limit: usize) -> StoreFuture<'_, Vec<(Moment, EntitlementKey)>>;
    /// Call-backs of the test merchant due by `by`, earliest first.
    fn callbacks_due(&self, by: Moment, limit: usize) -> StoreFuture<'_, Vec<Callback>>;
    /// Lanes whose head is due by `by` and that nobody is working on, with the head's sequence,
    /// earliest first.
    fn lanes_due(&self, by: Moment, limit: usize) -> StoreFuture<'_, Vec<(Moment, EntitlementKey, TargetId, u32)>>;
    /// The earliest moment at which an entitlement, a call-back or a lane is due.
    fn next_due(&self) -> StoreFuture<'_, Option<Moment>>;
    /// In-flight operations whose senders are certainly gone, asked for at start: all of them where no other
    /// process is at work, else none; then their stored leases decide.
    fn in_flight(&self, limit: usize) -> StoreFuture<'_, Vec<EntitlementKey>>;

    /// An operation that ended, by its id.
    fn closed_operation(&self, id: OperationId) -> StoreFuture<'_, Option<ClosedOperation>>;
    /// The operations of an entitlement that ended, newest first.
    fn closed_operations(&self, key: EntitlementKey, limit: usize) -> StoreFuture<'_, Vec<ClosedOperation>>;
    /// Removes at most `limit` claims that were answered before `before`, oldest first; returns
    /// how many went. Small limits keep the writer free for others.
    fn forget_claims(&self, before: Moment, limit: usize) -> StoreFuture<'_, usize>;

    /// Claims lanes whose head is due by `now` and whose lease (real time, ms) has run out.
    fn claim_lanes(&self, now: Moment, real_now_ms: i64, lease_ms: i64, limit: usize)
    -> StoreFuture<'_, Vec<LaneWork>>;
    /// Settles attempts; results under an old fence are dropped. Returns how many lanes go on at once: their next
    /// notification is due.
    fn settle_lanes(&self, results: Vec<LaneResult>) -> StoreFuture<'_, usize>;
    /// Makes parked or backing-off lanes of an entitlement due now (its URL was repaired).
    fn wake_lanes(&self, key: EntitlementKey) -> StoreFuture<'_, ()>;
    /// Notifications of an entitlement or all of an account's, in one state or in any, newest
    /// first.
    fn notifications(
        &self,
        account: AccountId,
        key: Option<EntitlementKey>,
        state: Option<NotificationState>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<StoredNotification>>;
    /// One notification with its entitlement.
    fn notification(&self, id: NotificationId) -> StoreFuture<'_, Option<(StoredNotification, Row)>>;

    /// The number of an organisation in a mode, made if new.
    fn account(&self, organisation: String, live: bool) -> StoreFuture<'_, AccountId>;
    /// All accounts.
    fn accounts(&self) -> StoreFuture<'_, Vec<AccountRow>>;
    /// The number of a route of an account, made if new.
    fn route(&self, account: AccountId, merchant_account_key: String) -> StoreFuture<'_, RouteId>;
    /// All credentials.
    fn credentials(&self) -> StoreFuture<'_, Vec<CredentialRow>>;
    /// Inserts or replaces a credential by user name.
    fn put_credential(&self, credential: CredentialRow) -> StoreFuture<'_, ()>;
    /// The applied catalog document, newest version.
    fn catalog(&self) -> StoreFuture<'_, Option<(u32, String)>>;
    /// One version of it.
    fn catalog_version(&self, version: u32) -> StoreFuture<'_, Option<CatalogVersion>>;
    /// The newest versions, newest first.
    fn catalog_versions(&self, limit: usize) -> StoreFuture<'_, Vec<CatalogVersion>>;
    /// What still refers to the catalog. Walks everything that is open: seconds for millions.
    fn uses(&self) -> StoreFuture<'_, Uses>;
    /// The sealed secrets, by name.
    fn secrets(&self) -> StoreFuture<'_, Vec<SealedSecret>>;
    /// Carries an operator's acts out, all or none, with their entry in the audit.
    fn administer(&self, acts: Vec<Act>, entry: AuditEntry) -> StoreFuture<'_, Administered>;
    /// The audit's entries after a number, in order.
    fn audit(&self, after: u64, limit: usize) -> StoreFuture<'_, Vec<AuditRecord>>;
    /// The number of the audit's newest entry, 0 when it is empty. It grows with everything that operators
    /// do, in whichever process.
    fn audit_head(&self) -> StoreFuture<'_, u64>;
    /// All entitlements of a customer, open, ended and unborn, by key.
    fn of_customer(
        &self,
        account: AccountId,
        customer: String,
        after: Option<EntitlementKey>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<Row>>;
    /// Entitlements whose histories name a customer, whoever's they are now: looks at the next `limit` events
    /// of the feed after a position.
    fn naming_customer(
        &self,
        account: AccountId,
        customer: String,
        after: i64,
        limit: usize,
    ) -> StoreFuture<'_, NamingPage>;
    /// Request identities that name one of these entitlements: looks at the next `limit` of all.
    fn claims_of(
        &self,
        account: AccountId,
        keys: Vec<EntitlementKey>,
        after: u64,
        limit: usize,
    ) -> StoreFuture<'_, ClaimsPage>;
    /// Writes an account's data anew in their places: no position, version or number is given out.
    fn rewrite(&self, rewriting: Rewriting) -> StoreFuture<'_, RewritingDone>;
    /// A named value (secrets, settings).
    fn setting(&self, name: &'static str) -> StoreFuture<'_, Option<Vec<u8>>>;
    /// Sets a named value.
    fn put_setting(&self, name: &'static str, value: Vec<u8>) -> StoreFuture<'_, ()>;

    /// The clock's offset to system time, in ms (sandbox).
    fn clock_offset_ms(&self) -> i64;
    /// Moves the store's clock (sandbox) and makes the offset durable.
    fn set_clock_offset(&self, offset_ms: i64) -> StoreFuture<'_, ()>;
    /// Empties all test data: entitlements, events, claims, lanes, call-backs, the clock offset
    /// (sandbox). Accounts, credentials, catalog and settings stay; test feeds begin at position 1
    /// again.
    fn reset_test_data(&self) -> StoreFuture<'_, ()>;
    /// Whether `commit` always knows what became of a change. An engine behind a network may not,
    /// and answers `StoreError::Unknown`; the caller then commits the same change again.
    fn knows_outcomes(&self) -> bool {
        false
    }
    /// Whether other processes may work on the same data: what they change has to be looked for.
    fn is_shared(&self) -> bool {
        false
    }
    /// The processes that are at work on the same data, this one among them, by their names. None where
    /// they are not counted.
    fn nodes(&self) -> StoreFuture<'_, Vec<Node>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    /// Tells the other processes how much of each name this one has counted since it was opened; returns
    /// what each of the others has told. Of none where there are no others.
    fn count_together(&self, _counted: Vec<(String, u64)>) -> StoreFuture<'_, Vec<Counted>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    /// What an examination reads.
    fn examine(&self) -> &dyn Examine;
    /// Changes waiting to be committed right now (a figure for operators).
    fn waiting(&self) -> usize;
    /// Whether it answers: one small read, and it takes changes. The error says why not.
    fn answers(&self) -> StoreFuture<'_, ()>;
    /// How much lies where (figures for operators); bounded, and some tenths of a second at worst.
    fn standing(&self) -> StoreFuture<'_, Standing>;
    /// What it has counted since it was opened.
    fn figures(&self) -> &Figures;
    /// Finishes what is waiting and closes; no call works afterwards.
    fn close(&self) -> StoreFuture<'_, ()>;
}
