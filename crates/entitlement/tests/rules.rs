//! One fact a test: the sentences of docs/LIFECYCLE.md that are easily got wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "rules/calls.rs"]
mod calls;
#[path = "rules/creates.rs"]
mod creates;
#[path = "rules/ends.rs"]
mod ends;
#[path = "rules/holds.rs"]
mod holds;
#[path = "rules/limits.rs"]
mod limits;
#[path = "rules/operators.rs"]
mod operators;
#[path = "support/shapes.rs"]
mod shapes;
#[path = "rules/time.rs"]
mod time;
#[path = "rules/undo.rs"]
mod undo;
#[path = "rules/updates.rs"]
mod updates;
#[path = "rules/words.rs"]
mod words;

use entitlement::*;
use shapes::*;

const OWN: NotifySwitches = NotifySwitches { own_changes: true, on_create: true };

fn kinds(decision: &Decision) -> Vec<EventKind> {
    decision.events.iter().map(|event| event.kind).collect()
}

fn versions(decision: &Decision) -> Vec<u32> {
    decision.events.iter().map(|event| event.version).collect()
}

fn notices(e: &Entitlement, decision: &Decision, switches: NotifySwitches) -> Vec<NotificationReason> {
    let mut after = e.clone();
    let told = decision.events.iter().filter_map(|event| {
        apply(&mut after, event);
        effects(&after, event, switches)
    });
    told.collect()
}

fn ask(e: &Entitlement, command: &Command) -> Result<Decision, Rejection> {
    admit(e, command, Party::Reseller, &route(), NOW, NEW_OPERATION)
}

fn hear(e: &Entitlement, what: Told) -> Decision {
    told(e, &MerchantEvent { what, occurred_at: None }, &route(), NOW).unwrap()
}

fn member<'a>(e: &'a Entitlement, name: &str) -> Option<&'a Json> {
    e.record.extension_data.get(name)
}
