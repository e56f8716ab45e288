//! The interface, call by call: which are reads, which go to the writer.

use super::{
    SqliteStore, accounts, administration, callbacks, claims, commit, customers, events, lanes, loads, notifications,
    operations, reports, standing, stored,
};
use crate::prepared::{self, Prepared};
use crate::{
    AccountRow, Act, Administered, AuditEntry, AuditRecord, Callback, CatalogVersion, Change, ClaimsPage,
    ClosedOperation, Committed, CredentialRow, Examine, Figures, LaneResult, LaneWork, Load, Loaded, NamingPage,
    NotificationState, Report, Rewriting, RewritingDone, Row, SealedSecret, Standing, Store, StoreError, StoreFuture,
    StoredEvent, StoredNotification, Uses,
};
use entitlement::Moment;
use ids::{AccountId, EntitlementKey, NotificationId, OperationId, RouteId, TargetId};
use std::sync::Arc;

/// A page of the feed up to this size is read on the caller's thread (below a millisecond).
const EVENTS_INLINE_MAX: usize = 100;

/// A limit as SQLite takes it.
fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

impl Store for SqliteStore {
    fn now(&self) -> Moment {
        self.clock.now()
    }

    fn load(&self, load: Load) -> StoreFuture<'_, Loaded> {
        Box::pin(async move { self.readers.read(|connection| loads::load(connection, &load)) })
    }

    fn own_id_is_used(&self, account: AccountId, id: String) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            self.readers.read(|connection| {
                let live = accounts::is_live(connection, account)?;
                Ok(stored::own_id_is_used(connection, &id, live)?)
            })
        })
    }

    fn commit(&self, change: Change) -> StoreFuture<'_, Committed> {
        Box::pin(async move {
            // Shared, so that it is freed here and not on the writer's thread, which has more to do.
            let prepared = Arc::new(Prepared::new(change)?);
            let handed_over = Arc::clone(&prepared);
            let committed = self.write(prepared.keys(), move |session| commit::apply(session, &handed_over)).await;
            if let Ok(Committed::Conflict(conflict)) = &committed {
                self.figures.count_conflict(conflict.cause);
            }
            committed
        })
    }

    fn history(&self, key: EntitlementKey, up_to_version: Option<u32>) -> StoreFuture<'_, Vec<StoredEvent>> {
        Box::pin(async move { self.readers.read(|connection| events::history(connection, key, up_to_version)) })
    }

    fn report(&self, account: AccountId, report: Report) -> StoreFuture<'_, Vec<Row>> {
        Box::pin(
            async move { self.readers.read_long(move |connection| reports::page(connection, account, &report)).await },
        )
    }

    fn feed_head(&self, account: AccountId) -> StoreFuture<'_, u64> {
        Box::pin(async move { self.readers.read(|connection| events::feed_head(connection, account)) })
    }

    fn feed(
        &self,
        account: AccountId,
        after: u64,
        limit: usize,
    ) -> StoreFuture<'_, Vec<(EntitlementKey, StoredEvent)>> {
        Box::pin(async move {
            if limit <= EVENTS_INLINE_MAX {
                return self.readers.read(|connection| events::feed(connection, account, after, limit));
            }
            self.readers.read_long(move |connection| events::feed(connection, account, after, limit)).await
        })
    }

    fn due(&self, by: Moment, limit: usize) -> StoreFuture<'_, Vec<(Moment, EntitlementKey)>> {
        Box::pin(
            async move { self.readers.read(|connection| callbacks::entitlements_due(connection, by, bound(limit))) },
        )
    }

    fn callbacks_due(&self, by: Moment, limit: usize) -> StoreFuture<'_, Vec<Callback>> {
        Box::pin(async move { self.readers.read(|connection| callbacks::due(connection, by, bound(limit))) })
    }

    fn lanes_due(&self, by: Moment, limit: usize) -> StoreFuture<'_, Vec<(Moment, EntitlementKey, TargetId, u32)>> {
        Box::pin(async move { self.readers.read(|connection| lanes::due(connection, by, bound(limit))) })
    }

    fn next_due(&self) -> StoreFuture<'_, Option<Moment>> {
        Box::pin(async move { self.readers.read(callbacks::next) })
    }

    fn in_flight(&self, limit: usize) -> StoreFuture<'_, Vec<EntitlementKey>> {
        Box::pin(async move { self.readers.read(|connection| callbacks::in_flight(connection, bound(limit))) })
    }

    fn closed_operation(&self, id: OperationId) -> StoreFuture<'_, Option<ClosedOperation>> {
        Box::pin(async move { self.readers.read(|connection| operations::by_id(connection, id)) })
    }

    fn closed_operations(&self, key: EntitlementKey, limit: usize) -> StoreFuture<'_, Vec<ClosedOperation>> {
        Box::pin(async move { self.readers.read(|connection| operations::of(connection, key, bound(limit))) })
    }

    fn forget_claims(&self, before: Moment, limit: usize) -> StoreFuture<'_, usize> {
        Box::pin(self.write(Vec::new(), move |session| Ok(claims::forget(session.connection, before, limit)?)))
    }

    fn claim_lanes(
        &self,
        now: Moment,
        real_now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> StoreFuture<'_, Vec<LaneWork>> {
        Box::pin(async move {
            let claim = move |session: &mut super::Session<'_>| {
                lanes::claim(session.connection, now, real_now_ms, lease_ms, bound(limit))
            };
            let claimed = self.write(Vec::new(), claim).await?;
            if claimed.is_empty() {
                return Ok(Vec::new());
            }
            self.readers.read(|connection| lanes::works(connection, &claimed))
        })
    }

    fn settle_lanes(&self, results: Vec<LaneResult>) -> StoreFuture<'_, usize> {
        Box::pin(self.write(Vec::new(), move |session| {
            results
                .iter()
                .try_fold(0, |going_on, result| Ok(going_on + usize::from(lanes::settle(session.connection, result)?)))
        }))
    }

    fn wake_lanes(&self, key: EntitlementKey) -> StoreFuture<'_, ()> {
        let now = self.now();
        Box::pin(self.write(Vec::new(), move |session| Ok(lanes::wake(session.connection, key, now)?)))
    }

    fn notifications(
        &self,
        account: AccountId,
        key: Option<EntitlementKey>,
        state: Option<NotificationState>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<StoredNotification>> {
        Box::pin(async move {
            self.readers.read(|connection| notifications::newest(connection, account, key, state, bound(limit)))
        })
    }

    fn notification(&self, id: NotificationId) -> StoreFuture<'_, Option<(StoredNotification, Row)>> {
        Box::pin(async move { self.readers.read(|connection| notifications::by_id(connection, id)) })
    }

    fn account(&self, organisation: String, live: bool) -> StoreFuture<'_, AccountId> {
        Box::pin(async move {
            match self.readers.read(|connection| accounts::account(connection, &organisation, live))? {
                Some(id) => Ok(id),
                None => {
                    self.write(Vec::new(), move |session| {
                        accounts::insert_account(session.connection, &organisation, live)
                    })
                    .await
                }
            }
        })
    }

    fn accounts(&self) -> StoreFuture<'_, Vec<AccountRow>> {
        Box::pin(async move { self.readers.read(accounts::accounts) })
    }

    fn route(&self, account: AccountId, merchant_account_key: String) -> StoreFuture<'_, RouteId> {
        Box::pin(async move {
            match self.readers.read(|connection| accounts::route(connection, account, &merchant_account_key))? {
                Some(id) => Ok(id),
                None => {
                    self.write(Vec::new(), move |session| {
                        accounts::insert_route(session.connection, account, &merchant_account_key)
                    })
                    .await
                }
            }
        })
    }

    fn credentials(&self) -> StoreFuture<'_, Vec<CredentialRow>> {
        Box::pin(async move { self.readers.read(accounts::credentials) })
    }

    fn put_credential(&self, credential: CredentialRow) -> StoreFuture<'_, ()> {
        Box::pin(self.write(Vec::new(), move |session| accounts::put_credential(session.connection, &credential)))
    }

    fn catalog(&self) -> StoreFuture<'_, Option<(u32, String)>> {
        Box::pin(async move { self.readers.read(accounts::catalog) })
    }

    fn catalog_version(&self, version: u32) -> StoreFuture<'_, Option<CatalogVersion>> {
        Box::pin(async move { self.readers.read(|connection| administration::catalog_version(connection, version)) })
    }

    fn catalog_versions(&self, limit: usize) -> StoreFuture<'_, Vec<CatalogVersion>> {
        Box::pin(
            async move { self.readers.read(|connection| administration::catalog_versions(connection, bound(limit))) },
        )
    }

    fn uses(&self) -> StoreFuture<'_, Uses> {
        Box::pin(async move { self.readers.read_long(administration::uses).await })
    }

    fn secrets(&self) -> StoreFuture<'_, Vec<SealedSecret>> {
        Box::pin(async move { self.readers.read(administration::secrets) })
    }

    fn administer(&self, acts: Vec<Act>, entry: AuditEntry) -> StoreFuture<'_, Administered> {
        Box::pin(self.write(Vec::new(), move |session| administration::administer(session, &acts, &entry)))
    }

    fn audit(&self, after: u64, limit: usize) -> StoreFuture<'_, Vec<AuditRecord>> {
        Box::pin(async move { self.readers.read(|connection| administration::audit(connection, after, bound(limit))) })
    }

    fn audit_head(&self) -> StoreFuture<'_, u64> {
        Box::pin(async move { self.readers.read(administration::audit_head) })
    }

    fn of_customer(
        &self,
        account: AccountId,
        customer: String,
        after: Option<EntitlementKey>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<Row>> {
        Box::pin(async move {
            self.readers.read(|connection| customers::of(connection, account, &customer, after, bound(limit)))
        })
    }

    fn naming_customer(
        &self,
        account: AccountId,
        customer: String,
        after: i64,
        limit: usize,
    ) -> StoreFuture<'_, NamingPage> {
        Box::pin(async move {
            let look = move |connection: &_| customers::naming(connection, account, &customer, after, bound(limit));
            self.readers.read_long(look).await
        })
    }

    fn claims_of(
        &self,
        account: AccountId,
        keys: Vec<EntitlementKey>,
        after: u64,
        limit: usize,
    ) -> StoreFuture<'_, ClaimsPage> {
        Box::pin(async move {
            let look = move |connection: &_| customers::claims_of(connection, account, &keys, after, bound(limit));
            self.readers.read_long(look).await
        })
    }

    fn rewrite(&self, rewriting: Rewriting) -> StoreFuture<'_, RewritingDone> {
        let keys = prepared::keys_of(&rewriting);
        Box::pin(self.write(keys, move |session| customers::rewrite(session, &rewriting)))
    }

    fn setting(&self, name: &'static str) -> StoreFuture<'_, Option<Vec<u8>>> {
        Box::pin(async move { self.readers.read(|connection| accounts::setting(connection, name)) })
    }

    fn put_setting(&self, name: &'static str, value: Vec<u8>) -> StoreFuture<'_, ()> {
        Box::pin(self.write(Vec::new(), move |session| accounts::put_setting(session.connection, name, &value)))
    }

    fn clock_offset_ms(&self) -> i64 {
        self.clock.offset_ms()
    }

    fn set_clock_offset(&self, offset_ms: i64) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.write(Vec::new(), move |session| accounts::put_clock_offset(session.connection, offset_ms)).await?;
            self.clock.set_offset(offset_ms);
            Ok(())
        })
    }

    fn reset_test_data(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.write(Vec::new(), accounts::empty_test_data).await?;
            self.clock.reset();
            Ok(())
        })
    }

    fn knows_outcomes(&self) -> bool {
        true
    }

    fn examine(&self) -> &dyn Examine {
        &self.file
    }

    fn waiting(&self) -> usize {
        self.shared.waiting.load(std::sync::atomic::Ordering::Relaxed)
    }

    fn answers(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            if self.stopped() {
                return Err(self.why_stopped());
            }
            self.readers.read(|connection| Ok(connection.prepare_cached("SELECT 1")?.exists([]).map(drop)?))?;
            if self.waiting() < self.waiting_max { Ok(()) } else { Err(StoreError::Busy) }
        })
    }

    fn standing(&self) -> StoreFuture<'_, Standing> {
        Box::pin(async move {
            let found = self.readers.read_long(standing::read).await?;
            Ok(Standing { data_bytes: self.data_bytes(), log_bytes: self.log_bytes(), ..found })
        })
    }

    fn figures(&self) -> &Figures {
        &self.figures
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.shut();
            let mut ended = self.ended.clone();
            // An error means that the writer is gone already.
            let _ = ended.wait_for(|ended| *ended).await;
            Ok(())
        })
    }
}
