//! The outbox: what was, is and will be told, and telling it once more (docs/API.md section 8.3).
//! The sandbox's calls are the first of the operator interface: `serve` will offer the same two
//! behind its own door, and only the way in will differ.

use super::sandbox::{envelope, quoted};
use crate::Hub;
use crate::answer::Answer;
use crate::catalog::Account;
use crate::execute::{from_store, not_found};
use entitlement::Moment;
use ids::{EntitlementKey, NotificationId};
use std::collections::HashMap;
use std::sync::Arc;
use store::{Load, NotificationState, StoredNotification, Target};
use wire::{ErrorAnswer, Fault, ResponseCode, nearest, print_date};

/// A listing shows so many unless `limit` says otherwise, and never more than the second.
pub(super) const LIMIT: usize = 100;
const LIMIT_MAX: usize = 1_000;

/// What the listing can be narrowed by.
const FILTERS: [&str; 3] = ["entitlementId", "state", "limit"];

type Answered = Result<Answer, Box<ErrorAnswer>>;

/// A listing's query.
#[derive(Debug, Default, PartialEq)]
struct Filter {
    entitlement_id: Option<String>,
    state: Option<NotificationState>,
    limit: Option<usize>,
}

impl Hub {
    /// The account's notifications, newest first.
    pub(crate) async fn outbox(&self, account: &Arc<Account>, query: &str) -> Answered {
        let filter = filter(query).map_err(|faults| Box::new(ErrorAnswer::faults(faults)))?;
        let key = match &filter.entitlement_id {
            Some(id) => Some(self.find(account, id).await?.ok_or_else(|| Box::new(not_found()))?.key),
            None => None,
        };
        let limit = filter.limit.unwrap_or(LIMIT);
        let found = self.store.notifications(account.id, key, filter.state, limit).await.map_err(from_store)?;
        let names = self.public_ids(account, &found).await?;
        let lines: Vec<String> = found.iter().map(|one| print(one, names.get(&one.key))).collect();
        Ok(Answer::plain(200, envelope(&format!("\"notifications\":[{}]", lines.join(",")))))
    }

    /// Sends one of the account's notifications again, whatever became of it.
    pub(crate) async fn replay_one(&self, account: &Account, id: &str) -> Answered {
        let known = match NotificationId::parse(id) {
            Some(id) => self.store.notification(id).await.map_err(from_store)?,
            None => None,
        };
        let Some((notification, row)) = known.filter(|(_, row)| row.account == account.id) else {
            return Err(Box::new(unknown_notification()));
        };
        // `error` is the envelope's word for an answer that is no success; this one is.
        let posted = self.replay_notification(&notification, &row).await;
        let members = format!(
            "\"notificationId\":{},\"answered\":{},\"failure\":{}",
            quoted(&notification.id().to_string()),
            posted.status.map_or("null".to_owned(), |status| status.to_string()),
            posted.error.as_deref().map_or("null".to_owned(), quoted),
        );
        Ok(Answer::plain(200, envelope(&members)))
    }

    /// The entitlements' public ids: a reseller's own, or the key.
    async fn public_ids(
        &self,
        account: &Account,
        found: &[StoredNotification],
    ) -> Result<HashMap<EntitlementKey, String>, Box<ErrorAnswer>> {
        let mut names = HashMap::new();
        for one in found {
            if names.contains_key(&one.key) {
                continue;
            }
            let load = Load { account: account.id, target: Target::Key(one.key), identity: None };
            if let Some(row) = self.store.load(load).await.map_err(from_store)?.row {
                names.insert(one.key, row.state.record.entitlement_id.clone());
            }
        }
        Ok(names)
    }
}

/// Where a notification stands, in the word of the API.
pub(crate) const fn state_word(state: NotificationState) -> &'static str {
    match state {
        NotificationState::Waiting => "WAITING",
        NotificationState::Delivered => "DELIVERED",
        NotificationState::Dead => "DEAD",
    }
}

fn filter(query: &str) -> Result<Filter, Vec<Fault>> {
    let (mut filter, mut faults) = (Filter::default(), Vec::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "entitlementId" => filter.entitlement_id = Some(value.into_owned()),
            "state" => match state_of(&value) {
                Some(state) => filter.state = Some(state),
                None => faults.push(state_unknown()),
            },
            "limit" => match limit(&value) {
                Ok(limit) => filter.limit = Some(limit),
                Err(fault) => faults.push(fault),
            },
            unknown => faults.push(unknown_filter(unknown, &FILTERS)),
        }
    }
    if faults.is_empty() { Ok(filter) } else { Err(faults) }
}

fn state_of(word: &str) -> Option<NotificationState> {
    use NotificationState::{Dead, Delivered, Waiting};
    [Waiting, Delivered, Dead].into_iter().find(|state| state_word(*state) == word)
}

fn state_unknown() -> Fault {
    Fault::invalid("state", "sandbox-invalid").with_hint("One of WAITING, DELIVERED, DEAD; leave it out for any.")
}

/// How many a listing shows at most.
pub(super) fn limit(value: &str) -> Result<usize, Fault> {
    let limit = value.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| {
        Fault::invalid("limit", "limit-range").with_hint(format!("limit is a whole number from 1 to {LIMIT_MAX}."))
    })
}

/// A name in a listing's query that is none of these.
pub(super) fn unknown_filter(name: &str, known: &[&'static str]) -> Fault {
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("Is it {near}? Names are case sensitive."),
        None => format!("The filters are {}.", known.join(", ")),
    };
    Fault::invalid(name, "unknown-field").with_hint(hint)
}

/// A line of the listing.
pub(crate) fn print(one: &StoredNotification, entitlement_id: Option<&String>) -> String {
    let text = |text: Option<&str>| text.map_or("null".to_owned(), quoted);
    let date = |at: Option<Moment>| at.map_or("null".to_owned(), |at| format!("\"{}\"", print_date(at)));
    format!(
        "{{\"notificationId\":\"{}\",\"entitlementId\":{},\"notificationReason\":\"{}\",\
         \"notificationSequence\":{},\"state\":\"{}\",\"attempts\":{},\"committedAt\":{},\"lastStatus\":{},\
         \"lastError\":{},\"doneAt\":{}}}",
        one.id(),
        text(entitlement_id.map(String::as_str)),
        one.reason.as_str(),
        one.sequence,
        state_word(one.state),
        one.attempts,
        date(Some(one.committed_at)),
        one.last_status.map_or("null".to_owned(), |status| status.to_string()),
        text(one.last_error.as_deref()),
        date(one.done_at),
    )
}

fn unknown_notification() -> ErrorAnswer {
    let message = "There is no such notification.";
    ErrorAnswer::new(404, ResponseCode::NotFound, "unknown-notification", message)
        .with_field("notificationId")
        .with_hint("GET /sandbox/v1/outbox lists the notifications with their ids.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_is_read_and_every_fault_is_named() {
        assert_eq!(filter(""), Ok(Filter::default()));
        let all = Filter {
            entitlement_id: Some("a b".to_owned()),
            state: Some(NotificationState::Dead),
            limit: Some(LIMIT_MAX),
        };
        assert_eq!(filter("entitlementId=a%20b&state=DEAD&limit=1000"), Ok(all));
        let faults = filter("limit=0&state=dead&entitlementid=x&wait=1").unwrap_err();
        let named: Vec<(&str, &str)> = faults.iter().map(|fault| (fault.field.as_str(), fault.rule)).collect();
        assert_eq!(
            named,
            [
                ("limit", "limit-range"),
                ("state", "sandbox-invalid"),
                ("entitlementid", "unknown-field"),
                ("wait", "unknown-field")
            ]
        );
        assert_eq!(faults[2].hint.as_deref(), Some("Is it entitlementId? Names are case sensitive."));
    }
}
