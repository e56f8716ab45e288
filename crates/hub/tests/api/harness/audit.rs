//! What a test leaves behind: a store in which the doctor finds nothing, nothing open, nothing
//! undelivered that should not be, no secret in the log.

use super::call::basic;
use super::{PASSWORD, TestHub, log};
use entitlement::VerbName;
use hub::doctor::{self, Wanted};
use store::{NotificationState, Report};

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
            let notifications = self.store.notifications(account.id, None, None, ALL).await.unwrap();
            left.extend(notifications.into_iter().filter(|one| one.state != NotificationState::Delivered));
        }
        self.is_sound().await;
        assert_eq!(left.len(), undelivered, "notifications that are not delivered: {left:?}");
        assert_eq!(self.store.in_flight(ALL).await.unwrap(), [], "operations in flight");
        let secret = self.secret_text.strip_prefix("whsec_").unwrap();
        log::holds_none_of(&[PASSWORD, secret, "$argon2", &basic("sandbox", PASSWORD)[6..]]);
        log::names_none_of(&self.customers().await);
        self.stop().await;
    }

    /// Stops the hub without an audit.
    pub(crate) async fn stop(self) {
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
            customers.extend(rows.into_iter().map(|row| row.state.record.customer_identifier.clone()));
        }
        let verbs = VerbName::ALL.map(VerbName::as_str);
        customers.retain(|customer| customer.len() >= LONG && !verbs.contains(&customer.as_str()));
        customers
    }

    /// The doctor finds nothing.
    pub(crate) async fn is_sound(&self) {
        let examined = doctor::run(self.store.examine(), &Wanted::default(), &mut |_| ()).await.unwrap();
        assert_eq!(examined.findings, [], "the doctor has findings");
        assert_eq!(examined.not_looked_at, [""; 0]);
    }
}
