//! The interface, call by call: which can fail, which only pass.

use super::{Call, FaultyStore};
use crate::{
    AccountRow, Act, Administered, AuditEntry, AuditRecord, Callback, CatalogVersion, Change, ClaimsPage,
    ClosedOperation, Committed, Counted, CredentialRow, Examine, Figures, HandOver, LaneResult, LaneWork, Load, Loaded,
    NamingPage, Node, NotificationState, Report, Rewriting, RewritingDone, Row, SealedSecret, Standing, Store,
    StoreFuture, StoredEvent, StoredNotification, Uses,
};
use entitlement::Moment;
use ids::{AccountId, EntitlementKey, NotificationId, OperationId, RouteId, TargetId};

impl Store for FaultyStore {
    fn now(&self) -> Moment {
        self.inner.now()
    }

    fn load(&self, load: Load) -> StoreFuture<'_, Loaded> {
        Box::pin(self.faulty(Call::Load, self.inner.load(load)))
    }

    fn own_id_is_used(&self, account: AccountId, id: String) -> StoreFuture<'_, bool> {
        Box::pin(self.faulty(Call::Load, self.inner.own_id_is_used(account, id)))
    }

    fn commit(&self, change: Change) -> StoreFuture<'_, Committed> {
        Box::pin(self.faulty_commit(change, None))
    }

    fn commit_and_hand_over(&self, change: Change, hand_over: HandOver) -> StoreFuture<'_, Committed> {
        Box::pin(self.faulty_commit(change, Some(hand_over)))
    }

    fn hands_over(&self) -> bool {
        self.inner.hands_over()
    }

    fn history(&self, key: EntitlementKey, up_to_version: Option<u32>) -> StoreFuture<'_, Vec<StoredEvent>> {
        Box::pin(self.faulty(Call::History, self.inner.history(key, up_to_version)))
    }

    fn report(&self, account: AccountId, report: Report) -> StoreFuture<'_, Vec<Row>> {
        Box::pin(self.faulty(Call::Report, self.inner.report(account, report)))
    }

    fn feed_head(&self, account: AccountId) -> StoreFuture<'_, u64> {
        Box::pin(self.faulty(Call::Feed, self.inner.feed_head(account)))
    }

    fn feed(
        &self,
        account: AccountId,
        after: u64,
        limit: usize,
    ) -> StoreFuture<'_, Vec<(EntitlementKey, StoredEvent)>> {
        Box::pin(self.faulty(Call::Feed, self.inner.feed(account, after, limit)))
    }

    fn due(&self, by: Moment, limit: usize) -> StoreFuture<'_, Vec<(Moment, EntitlementKey)>> {
        Box::pin(self.faulty(Call::Due, self.inner.due(by, limit)))
    }

    fn callbacks_due(&self, by: Moment, limit: usize) -> StoreFuture<'_, Vec<Callback>> {
        Box::pin(self.faulty(Call::Due, self.inner.callbacks_due(by, limit)))
    }

    fn lanes_due(&self, by: Moment, limit: usize) -> StoreFuture<'_, Vec<(Moment, EntitlementKey, TargetId, u32)>> {
        Box::pin(self.faulty(Call::Due, self.inner.lanes_due(by, limit)))
    }

    fn next_due(&self) -> StoreFuture<'_, Option<Moment>> {
        Box::pin(self.faulty(Call::Due, self.inner.next_due()))
    }

    fn in_flight(&self, limit: usize) -> StoreFuture<'_, Vec<EntitlementKey>> {
        self.inner.in_flight(limit)
    }

    fn closed_operation(&self, id: OperationId) -> StoreFuture<'_, Option<ClosedOperation>> {
        self.inner.closed_operation(id)
    }

    fn closed_operations(&self, key: EntitlementKey, limit: usize) -> StoreFuture<'_, Vec<ClosedOperation>> {
        self.inner.closed_operations(key, limit)
    }

    fn forget_claims(&self, before: Moment, limit: usize) -> StoreFuture<'_, usize> {
        self.inner.forget_claims(before, limit)
    }

    fn claim_lanes(
        &self,
        now: Moment,
        real_now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> StoreFuture<'_, Vec<LaneWork>> {
        Box::pin(self.faulty(Call::ClaimLanes, self.inner.claim_lanes(now, real_now_ms, lease_ms, limit)))
    }

    fn settle_lanes(&self, results: Vec<LaneResult>) -> StoreFuture<'_, usize> {
        Box::pin(self.faulty(Call::SettleLanes, self.inner.settle_lanes(results)))
    }

    fn wake_lanes(&self, key: EntitlementKey) -> StoreFuture<'_, ()> {
        Box::pin(self.faulty(Call::WakeLanes, self.inner.wake_lanes(key)))
    }

    fn notifications(
        &self,
        account: AccountId,
        key: Option<EntitlementKey>,
        state: Option<NotificationState>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<StoredNotification>> {
        self.inner.notifications(account, key, state, limit)
    }

    fn notification(&self, id: NotificationId) -> StoreFuture<'_, Option<(StoredNotification, Row)>> {
        self.inner.notification(id)
    }

    fn account(&self, organisation: String, live: bool) -> StoreFuture<'_, AccountId> {
        self.inner.account(organisation, live)
    }

    fn accounts(&self) -> StoreFuture<'_, Vec<AccountRow>> {
        self.inner.accounts()
    }

    fn route(&self, account: AccountId, merchant_account_key: String) -> StoreFuture<'_, RouteId> {
        self.inner.route(account, merchant_account_key)
    }

    fn credentials(&self) -> StoreFuture<'_, Vec<CredentialRow>> {
        self.inner.credentials()
    }

    fn put_credential(&self, credential: CredentialRow) -> StoreFuture<'_, ()> {
        self.inner.put_credential(credential)
    }

    fn catalog(&self) -> StoreFuture<'_, Option<(u32, String)>> {
        self.inner.catalog()
    }

    fn catalog_version(&self, version: u32) -> StoreFuture<'_, Option<CatalogVersion>> {
        self.inner.catalog_version(version)
    }

    fn catalog_versions(&self, limit: usize) -> StoreFuture<'_, Vec<CatalogVersion>> {
        self.inner.catalog_versions(limit)
    }

    fn uses(&self) -> StoreFuture<'_, Uses> {
        self.inner.uses()
    }

    fn secrets(&self) -> StoreFuture<'_, Vec<SealedSecret>> {
        self.inner.secrets()
    }

    fn administer(&self, acts: Vec<Act>, entry: AuditEntry) -> StoreFuture<'_, Administered> {
        self.inner.administer(acts, entry)
    }

    fn audit(&self, after: u64, limit: usize) -> StoreFuture<'_, Vec<AuditRecord>> {
        self.inner.audit(after, limit)
    }

    fn audit_head(&self) -> StoreFuture<'_, u64> {
        self.inner.audit_head()
    }

    fn of_customer(
        &self,
        account: AccountId,
        customer: String,
        after: Option<EntitlementKey>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<Row>> {
        self.inner.of_customer(account, customer, after, limit)
    }

    fn naming_customer(
        &self,
        account: AccountId,
        customer: String,
        after: i64,
        limit: usize,
    ) -> StoreFuture<'_, NamingPage> {
        self.inner.naming_customer(account, customer, after, limit)
    }

    fn claims_of(
        &self,
        account: AccountId,
        keys: Vec<EntitlementKey>,
        after: u64,
        limit: usize,
    ) -> StoreFuture<'_, ClaimsPage> {
        self.inner.claims_of(account, keys, after, limit)
    }

    fn rewrite(&self, rewriting: Rewriting) -> StoreFuture<'_, RewritingDone> {
        self.inner.rewrite(rewriting)
    }

    fn is_shared(&self) -> bool {
        self.inner.is_shared()
    }

    fn nodes(&self) -> StoreFuture<'_, Vec<Node>> {
        self.inner.nodes()
    }

    fn count_together(&self, counted: Vec<(String, u64)>) -> StoreFuture<'_, Vec<Counted>> {
        self.inner.count_together(counted)
    }

    fn setting(&self, name: &'static str) -> StoreFuture<'_, Option<Vec<u8>>> {
        self.inner.setting(name)
    }

    fn put_setting(&self, name: &'static str, value: Vec<u8>) -> StoreFuture<'_, ()> {
        self.inner.put_setting(name, value)
    }

    fn clock_offset_ms(&self) -> i64 {
        self.inner.clock_offset_ms()
    }

    fn set_clock_offset(&self, offset_ms: i64) -> StoreFuture<'_, ()> {
        self.inner.set_clock_offset(offset_ms)
    }

    fn reset_test_data(&self) -> StoreFuture<'_, ()> {
        self.inner.reset_test_data()
    }

    fn examine(&self) -> &dyn Examine {
        self.inner.examine()
    }

    fn waiting(&self) -> usize {
        self.inner.waiting()
    }

    fn answers(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.faulty(Call::Answers, self.inner.answers()))
    }

    fn standing(&self) -> StoreFuture<'_, Standing> {
        self.inner.standing()
    }

    fn figures(&self) -> &Figures {
        self.inner.figures()
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        self.inner.close()
    }
}
