//! The interface, call by call: which read by key, which search, which have a transaction of their own.

use super::connect::Purpose;
use super::facts::Account;
use super::fault::Fault;
use super::lanes::{self, Wanted};
use super::queue::{Job, Verdict};
use super::{
    Inner, PostgresStore, accounts, administration, claims, customers, dues, events, in_own_task, loads, nodes,
    notifications, operations, reports, settling, standing,
};
use crate::prepared::Prepared;
use crate::{
    AccountRow, Act, Administered, AuditEntry, AuditRecord, Callback, CatalogVersion, Change, ClaimsPage,
    ClosedOperation, Committed, Conflict, Counted, CredentialRow, Examine, Figures, HandOver, LaneResult, LaneWork,
    Load, Loaded, NamingPage, Node, NotificationState, Report, Rewriting, RewritingDone, Row, RowChange, SealedSecret,
    Standing, Store, StoreError, StoreFuture, StoredEvent, StoredNotification, Target, Uses,
};
use entitlement::Moment;
use ids::{AccountId, EntitlementKey, NotificationId, OperationId, RouteId, TargetId};
use std::sync::Arc;
use tokio::sync::oneshot;

impl Inner {
    async fn account(&self, account: AccountId) -> Result<Account, Fault> {
        self.facts.account(&self.connections, account).await
    }

    async fn load(&self, load: Load) -> Result<Loaded, StoreError> {
        let facts = match load {
            Load { target: Target::Id(_), .. } | Load { identity: Some(_), .. } => {
                Some(self.account(load.account).await?)
            }
            // The account plays no part, or its number is enough.
            Load { target: Target::Nothing | Target::Key(_) | Target::Customer(..), identity: None, .. } => None,
        };
        Ok(loads::load(&self.gathered, &load, facts).await?)
    }

    async fn commit(&self, change: Change, hand_over: Option<HandOver>) -> Result<Committed, StoreError> {
        let account = self.account(change.account).await?;
        if let RowChange::Insert(row) = &change.row {
            self.facts.is_route(&self.connections, row.route).await?;
        }
        let prepared = Arc::new(Prepared::new(change)?);
        let (to, answer) = oneshot::channel();
        self.queue.push(Job::new(Arc::clone(&prepared), account, hand_over, to))?;
        let gone = |_| Err(StoreError::Unknown("the task that commits has gone".into()));
        match answer.await.unwrap_or_else(gone)? {
            Verdict::Done(_) => Ok(Committed::Done),
            Verdict::Stood(cause) => {
                self.figures.count_conflict(cause);
                let found = loads::found(&self.gathered, &prepared.change, Some(account)).await?;
                Ok(Committed::Conflict(Box::new(Conflict { cause, found })))
            }
        }
    }

    async fn answers(&self) -> Result<(), StoreError> {
        self.connections.read("SELECT 1", &[]).await?;
        if self.queue.waiting() < self.queue.waiting_max() { Ok(()) } else { Err(StoreError::Busy) }
    }
}

/// Waits for what was found below, and says it as the store does.
macro_rules! asked {
    ($found:expr) => {
        Box::pin(async move { Ok($found.await?) })
    };
}

impl Store for PostgresStore {
    fn now(&self) -> Moment {
        self.inner.clock.now()
    }

    fn load(&self, load: Load) -> StoreFuture<'_, Loaded> {
        Box::pin(self.inner.load(load))
    }

    fn own_id_is_used(&self, account: AccountId, id: String) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let live = self.inner.account(account).await?.live;
            Ok(loads::own_id_is_used(&self.inner.connections, &id, live).await?)
        })
    }

    fn commit(&self, change: Change) -> StoreFuture<'_, Committed> {
        Box::pin(self.inner.commit(change, None))
    }

    fn commit_and_hand_over(&self, change: Change, hand_over: HandOver) -> StoreFuture<'_, Committed> {
        Box::pin(self.inner.commit(change, Some(hand_over)))
    }

    fn hands_over(&self) -> bool {
        true
    }

    fn history(&self, key: EntitlementKey, up_to_version: Option<u32>) -> StoreFuture<'_, Vec<StoredEvent>> {
        asked!(events::history(&self.inner.connections, key, up_to_version))
    }

    fn report(&self, account: AccountId, report: Report) -> StoreFuture<'_, Vec<Row>> {
        Box::pin(async move {
            let facts = self.inner.account(account).await?;
            Ok(reports::page(&self.inner.gathered, account, &report, facts).await?)
        })
    }

    fn feed_head(&self, account: AccountId) -> StoreFuture<'_, u64> {
        asked!(events::feed_head(&self.inner.connections, account))
    }

    fn feed(
        &self,
        account: AccountId,
        after: u64,
        limit: usize,
    ) -> StoreFuture<'_, Vec<(EntitlementKey, StoredEvent)>> {
        asked!(events::feed(&self.inner.connections, account, after, limit))
    }

    fn due(&self, by: Moment, limit: usize) -> StoreFuture<'_, Vec<(Moment, EntitlementKey)>> {
        asked!(dues::entitlements(&self.inner.connections, by, limit, self.inner.holder))
    }

    fn callbacks_due(&self, by: Moment, limit: usize) -> StoreFuture<'_, Vec<Callback>> {
        asked!(dues::callbacks(&self.inner.connections, by, limit))
    }

    fn lanes_due(&self, by: Moment, limit: usize) -> StoreFuture<'_, Vec<(Moment, EntitlementKey, TargetId, u32)>> {
        asked!(lanes::due(&self.inner.connections, by, limit))
    }

    fn next_due(&self) -> StoreFuture<'_, Option<Moment>> {
        asked!(dues::next(&self.inner.connections))
    }

    fn in_flight(&self, limit: usize) -> StoreFuture<'_, Vec<EntitlementKey>> {
        asked!(dues::in_flight(&self.inner.connections, limit, self.inner.holder))
    }

    fn closed_operation(&self, id: OperationId) -> StoreFuture<'_, Option<ClosedOperation>> {
        asked!(operations::by_id(&self.inner.connections, id))
    }

    fn closed_operations(&self, key: EntitlementKey, limit: usize) -> StoreFuture<'_, Vec<ClosedOperation>> {
        asked!(operations::of(&self.inner.connections, key, limit))
    }

    fn forget_claims(&self, before: Moment, limit: usize) -> StoreFuture<'_, usize> {
        let inner = Arc::clone(&self.inner);
        Box::pin(in_own_task(async move { Ok(claims::forget(&inner.connections, before, limit).await?) }))
    }

    fn claim_lanes(
        &self,
        now: Moment,
        real_now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> StoreFuture<'_, Vec<LaneWork>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(in_own_task(async move {
            let wanted = Wanted { now, real_now_ms, lease_ms, limit, holder: inner.holder };
            let claimed = lanes::claim(&inner.connections, (&inner.looks, &inner.clock), wanted).await?;
            Ok(lanes::works(&inner.connections, &claimed).await?)
        }))
    }

    fn settle_lanes(&self, results: Vec<LaneResult>) -> StoreFuture<'_, usize> {
        let inner = Arc::clone(&self.inner);
        Box::pin(in_own_task(async move { settling::settle(&inner.connections, results).await }))
    }

    fn wake_lanes(&self, key: EntitlementKey) -> StoreFuture<'_, ()> {
        let (inner, now) = (Arc::clone(&self.inner), self.now());
        Box::pin(in_own_task(async move { lanes::wake(&inner.connections, key, now).await }))
    }

    fn notifications(
        &self,
        account: AccountId,
        key: Option<EntitlementKey>,
        state: Option<NotificationState>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<StoredNotification>> {
        asked!(notifications::newest(&self.inner.connections, account, key, state, limit))
    }

    fn notification(&self, id: NotificationId) -> StoreFuture<'_, Option<(StoredNotification, Row)>> {
        asked!(notifications::by_id(&self.inner.connections, id))
    }

    fn account(&self, organisation: String, live: bool) -> StoreFuture<'_, AccountId> {
        asked!(accounts::account(&self.inner.connections, &organisation, live, None, self.inner.restored.as_ref()))
    }

    fn accounts(&self) -> StoreFuture<'_, Vec<AccountRow>> {
        asked!(accounts::accounts(&self.inner.connections))
    }

    fn route(&self, account: AccountId, merchant_account_key: String) -> StoreFuture<'_, RouteId> {
        asked!(accounts::route(&self.inner.connections, account, &merchant_account_key))
    }

    fn credentials(&self) -> StoreFuture<'_, Vec<CredentialRow>> {
        asked!(accounts::credentials(&self.inner.connections))
    }

    fn put_credential(&self, credential: CredentialRow) -> StoreFuture<'_, ()> {
        let inner = Arc::clone(&self.inner);
        Box::pin(in_own_task(async move {
            let held = inner.connections.own(Purpose::Keys).await?;
            accounts::put_credential(&held, &credential).await?;
            held.give_back();
            Ok(())
        }))
    }

    fn catalog(&self) -> StoreFuture<'_, Option<(u32, String)>> {
        asked!(accounts::catalog(&self.inner.connections))
    }

    fn catalog_version(&self, version: u32) -> StoreFuture<'_, Option<CatalogVersion>> {
        asked!(administration::catalog_version(&self.inner.connections, version))
    }

    fn catalog_versions(&self, limit: usize) -> StoreFuture<'_, Vec<CatalogVersion>> {
        asked!(administration::catalog_versions(&self.inner.connections, limit))
    }

    fn uses(&self) -> StoreFuture<'_, Uses> {
        asked!(administration::uses(&self.inner.connections))
    }

    fn secrets(&self) -> StoreFuture<'_, Vec<SealedSecret>> {
        asked!(administration::secrets(&self.inner.connections))
    }

    fn administer(&self, acts: Vec<Act>, entry: AuditEntry) -> StoreFuture<'_, Administered> {
        let inner = Arc::clone(&self.inner);
        Box::pin(in_own_task(async move { administration::administer(&inner.connections, acts, entry).await }))
    }

    fn audit(&self, after: u64, limit: usize) -> StoreFuture<'_, Vec<AuditRecord>> {
        asked!(administration::audit(&self.inner.connections, after, limit))
    }

    fn audit_head(&self) -> StoreFuture<'_, u64> {
        asked!(administration::audit_head(&self.inner.connections))
    }

    fn of_customer(
        &self,
        account: AccountId,
        customer: String,
        after: Option<EntitlementKey>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<Row>> {
        Box::pin(async move { Ok(customers::of(&self.inner.connections, account, &customer, after, limit).await?) })
    }

    fn naming_customer(
        &self,
        account: AccountId,
        customer: String,
        after: i64,
        limit: usize,
    ) -> StoreFuture<'_, NamingPage> {
        Box::pin(async move { Ok(customers::naming(&self.inner.connections, account, &customer, after, limit).await?) })
    }

    fn claims_of(
        &self,
        account: AccountId,
        keys: Vec<EntitlementKey>,
        after: u64,
        limit: usize,
    ) -> StoreFuture<'_, ClaimsPage> {
        Box::pin(async move { Ok(customers::claims_of(&self.inner.connections, account, &keys, after, limit).await?) })
    }

    fn rewrite(&self, rewriting: Rewriting) -> StoreFuture<'_, RewritingDone> {
        let inner = Arc::clone(&self.inner);
        Box::pin(in_own_task(async move {
            let homes = inner.account(rewriting.account).await?.homes;
            customers::rewrite(&inner.connections, rewriting, homes).await
        }))
    }

    fn setting(&self, name: &'static str) -> StoreFuture<'_, Option<Vec<u8>>> {
        asked!(accounts::setting(&self.inner.connections, name))
    }

    fn put_setting(&self, name: &'static str, value: Vec<u8>) -> StoreFuture<'_, ()> {
        let inner = Arc::clone(&self.inner);
        Box::pin(in_own_task(async move { Ok(accounts::put_setting(&inner.connections, name, &value).await?) }))
    }

    fn clock_offset_ms(&self) -> i64 {
        self.inner.clock.offset_ms()
    }

    fn set_clock_offset(&self, offset_ms: i64) -> StoreFuture<'_, ()> {
        let inner = Arc::clone(&self.inner);
        Box::pin(in_own_task(async move {
            let text = offset_ms.to_string();
            accounts::put_setting(&inner.connections, accounts::CLOCK_OFFSET, text.as_bytes()).await?;
            inner.moved_clock(offset_ms);
            Ok(())
        }))
    }

    fn reset_test_data(&self) -> StoreFuture<'_, ()> {
        let inner = Arc::clone(&self.inner);
        Box::pin(in_own_task(async move {
            let resets = accounts::empty_test_data(&inner.connections).await?;
            inner.reset_clock(resets);
            Ok(())
        }))
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn nodes(&self) -> StoreFuture<'_, Vec<Node>> {
        asked!(nodes::alive(&self.inner.connections))
    }

    fn count_together(&self, counted: Vec<(String, u64)>) -> StoreFuture<'_, Vec<Counted>> {
        asked!(nodes::count_together(&self.inner.connections, counted, self.inner.holder))
    }

    fn examine(&self) -> &dyn Examine {
        &*self.inner
    }

    fn waiting(&self) -> usize {
        self.inner.queue.waiting()
    }

    fn answers(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.inner.answers())
    }

    fn standing(&self) -> StoreFuture<'_, Standing> {
        asked!(standing::read(&self.inner.connections))
    }

    fn figures(&self) -> &Figures {
        &self.inner.figures
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            // First: whoever shows it every second does so no more.
            self.closing.send_replace(true);
            if self.inner.node.is_some() {
                // Where it fails, the others wait until it has not been seen for a while.
                let _ = nodes::leave(&self.inner.connections, self.inner.holder).await;
            }
            self.shut();
            let mut committers = self.inner.committers.clone();
            // An error means that they are gone already.
            let _ = committers.wait_for(|left| *left == 0).await;
            Ok(())
        })
    }
}
