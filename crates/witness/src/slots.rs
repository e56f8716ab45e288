//! One open entitlement of a customer at most: by what was answered, whatever the rest of the checks think.

use crate::order::{Done, done};
use crate::recording::{Ask, Recording};
use crate::verdict::{Kind, Verdict};
use std::collections::BTreeMap;

/// From when to when an entitlement was open for certain.
struct Open {
    id: String,
    from: u64,
    until: u64,
}

pub(crate) fn check(recording: &Recording, verdict: &mut Verdict) {
    let mut of_customer: BTreeMap<&str, Vec<Open>> = BTreeMap::new();
    for (id, done) in &done(recording) {
        let Some(create) = done.iter().find(|one| matches!(one.operation.ask, Ask::Create(_))) else { continue };
        let open = Open { id: id.clone(), from: create.end, until: may_have_ended(recording, id, done) };
        of_customer.entry(&create.operation.customer).or_default().push(open);
    }
    for (customer, mut open) in of_customer {
        open.sort_by_key(|one| one.from);
        let mut last: Option<Open> = None;
        for one in open.into_iter().filter(|one| one.from < one.until) {
            if let Some(last) = last.as_ref().filter(|last| one.from < last.until) {
                verdict.add(Kind::SlotTwice, format!("{customer} has {} and {} at {}", last.id, one.id, one.from));
            }
            last = Some(one);
        }
    }
    afterwards(recording, verdict);
}

/// The first moment at which something may have ended it.
fn may_have_ended(recording: &Recording, id: &str, done: &[Done<'_>]) -> u64 {
    let answered = done.iter().filter(|one| one.operation.ask == Ask::Revoke).map(|one| one.operation.begin_us());
    let unknown = recording.operations.iter().filter(|one| one.ask == Ask::Revoke && one.settled().is_none());
    let unknown = unknown.filter(|one| one.entitlement == id).map(|one| one.begin_us());
    answered.chain(unknown).min().unwrap_or(u64::MAX)
}

fn afterwards(recording: &Recording, verdict: &mut Verdict) {
    let mut open: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, told) in &recording.afterwards.records {
        let (customer, status) = (&told.body["customerIdentifier"], &told.body["status"]);
        if ["CANCELLED", "REVOKED"].contains(&status.as_str().unwrap_or_default()) {
            continue;
        }
        if let Some(other) = open.insert(customer.as_str().unwrap_or_default(), id) {
            verdict.add(Kind::SlotTwice, format!("{customer} has {other} and {id} open in the end"));
        }
    }
}
