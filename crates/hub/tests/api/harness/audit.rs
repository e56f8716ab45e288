//! What a test leaves behind: histories that fold to their rows, nothing open, nothing undelivered
//! that should not be, no secret in the log.

use super::call::basic;
use super::{PASSWORD, TestHub, log};
use entitlement::{Entitlement, VerbName, broken, fold};
use std::collections::HashMap;
use store::{NotificationState, Report, Row};

/// More rows or notifications than any test makes.
const ALL: usize = 1_000;

impl TestHub {
    /// Audits and stops the hub; every notification has been delivered.
    pub(crate) async fn finish(self) {
        self.finish_leaving(0).await;
    }

    /// The same, with so many notifications that are not delivered on purpose.
    pub(crate) async fn finish_leaving(self, undelivered: usize) {
        self.quiet().await;
        let mut left = Vec::new();
        for account in self.store.accounts().await.unwrap() {
            let report = Report { limit: ALL, ..Report::default() };
            for row in self.store.report(account.id, report).await.unwrap() {
                self.audit(&row).await;
            }
            let notifications = self.store.notifications(account.id, None, None, ALL).await.unwrap();
            left.extend(notifications.iter().filter(|one| one.state != NotificationState::Delivered).cloned());
            // A lane counts from 1 without gaps.
            let mut lanes: HashMap<_, Vec<u32>> = HashMap::new();
            for one in &notifications {
                lanes.entry((one.key, one.target)).or_default().push(one.sequence);
            }
            for mut lane in lanes.into_values() {
                lane.sort_unstable();
                assert!(lane.iter().copied().eq(1..=u32::try_from(lane.len()).unwrap()), "{lane:?}");
            }
        }
        assert_eq!(left.len(), undelivered, "notifications that are not delivered: {left:?}");
        assert_eq!(self.store.in_flight(ALL).await.unwrap(), [], "operations in flight");
        let secret = self.secret_text.strip_prefix("whsec_").unwrap();
        log::holds_none_of(&[PASSWORD, secret, "$argon2", &basic("sandbox", PASSWORD)[6..]]);
        log::names_none_of(&self.customers().await);
        self.stop.send(()).unwrap();
        self.server.await.unwrap();
        self.dispatch.stop().await;
        self.store.close().await.unwrap();
    }

    /// The customers of everything there is, but for names that stand in a log for something else: very
    /// short ones, and verbs.
    async fn customers(&self) -> Vec<String> {
        const LONG: usize = 4;
        let mut customers = Vec::new();
        for account in self.store.accounts().await.unwrap() {
            let report = Report { limit: ALL, ..Report::default() };
            let rows = self.store.report(account.id, report).await.unwrap();
            customers.extend(rows.into_iter().map(|row| row.state.record.customer_identifier));
        }
        let verbs = VerbName::ALL.map(VerbName::as_str);
        customers.retain(|customer| customer.len() >= LONG && !verbs.contains(&customer.as_str()));
        customers
    }

    async fn audit(&self, row: &Row) {
        let id = &row.state.record.entitlement_id;
        assert_eq!(broken(&row.state), None, "{id}");
        assert_eq!(row.slot.is_some(), row.state.record.status.is_open(), "{id} holds a slot while it is open");
        let history = self.store.history(row.key, None).await.unwrap();
        let folded = fold(history.iter().map(|stored| &stored.event)).unwrap();
        let behind = Entitlement { operation: None, duty: None, unborn: false, ..row.state.clone() };
        assert_eq!(folded, behind, "the history of {id} folds to its row");
        assert!(history.iter().map(|stored| stored.sequence).eq(1..=row.last_event), "{id} has a history without gaps");
        let versions = history.iter().map(|stored| stored.event.version);
        let steps: Vec<(u32, u32)> = versions.clone().zip(versions.skip(1)).collect();
        assert!(steps.iter().all(|(one, next)| (*one..=one + 1).contains(next)), "{id} skips a version: {steps:?}");
    }
}
