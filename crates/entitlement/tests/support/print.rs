//! A decision as one line of a golden table.
#![allow(dead_code, unreachable_pub)]

use super::shapes::{ENDS, EXPIRES, MADE, NOW};
use entitlement::*;

/// What a decision does to a state, in one line.
pub fn summary(e: &Entitlement, decision: &Decision) -> String {
    let Some(after) = carry_out(e, decision) else {
        return format!("no record; {}", reply(&decision.reply));
    };
    assert_eq!(broken(&after), None, "{e:#?}\n{decision:#?}");
    let mut parts = Vec::new();
    let status = (e.unborn || e.record.status != after.record.status).then_some(after.record.status.as_str());
    parts.push(status.filter(|_| !after.unborn).unwrap_or("same").to_owned());
    parts.extend(dates(&e.record, &after.record));
    parts.extend(events(e, decision));
    parts.extend(operation(&decision.operation));
    parts.extend(duty(&decision.duty).map(str::to_owned));
    parts.push(format!("reply {}", reply(&decision.reply)));
    parts.join("; ")
}

fn dates(before: &Record, after: &Record) -> Vec<String> {
    let pairs = [
        ("activated", before.date_activated, after.date_activated),
        ("ended", before.date_ended, after.date_ended),
        ("suspended", before.date_suspended, after.date_suspended),
        ("resumed", before.date_resumed, after.date_resumed),
        ("expiry", before.date_expiry, after.date_expiry),
    ];
    pairs
        .into_iter()
        .filter(|(_, old, new)| old != new)
        .map(|(name, _, new)| format!("{name}={}", moment(new)))
        .collect()
}

/// A planned event in a few words.
pub fn planned(event: &Event) -> String {
    format!("{} at {}", event.kind.as_str(), moment(Some(event.at)))
}

fn moment(at: Option<Moment>) -> String {
    match at {
        None => "null".into(),
        Some(at) if at == NOW => "now".into(),
        Some(at) if at == ENDS => "planned end".into(),
        Some(at) if at == EXPIRES => "expiry".into(),
        Some(at) if at == MADE => "before".into(),
        Some(at) => format!("{}s", (at.0 - NOW.0) / 1000),
    }
}

fn events(e: &Entitlement, decision: &Decision) -> Vec<String> {
    let switches = NotifySwitches { own_changes: true, on_create: false };
    let mut after = e.clone();
    let mut words = Vec::new();
    for event in &decision.events {
        let raised = event.version - after.version;
        apply(&mut after, event);
        let told = effects(&after, event, switches).map_or(String::new(), |told| format!(" > {}", told.as_str()));
        let why = event.reason.as_ref().map_or(String::new(), |why| {
            format!(" {}/{}", why.category.as_deref().unwrap_or("-"), why.code.as_deref().unwrap_or("-"))
        });
        words.push(format!("{}(+{raised} {}){why}{told}", event.kind.as_str(), &event.by.as_str()[..1]));
    }
    words
}

fn operation(operation: &OperationAfter) -> Option<String> {
    match operation {
        OperationAfter::Keep => None,
        OperationAfter::Closed => Some("closed".into()),
        OperationAfter::Open(operation) => {
            let wait = |name: &str, at: Option<Moment>| {
                at.map_or(String::new(), |at| format!(" {name} {}s", (at.0 - NOW.0) / 1000))
            };
            let stage = match operation.stage {
                Stage::InFlight => "in flight".to_owned(),
                Stage::Queued => {
                    format!("queued{}{}", wait("next", operation.next_at), wait("until", operation.deadline))
                }
                Stage::Unknown => format!("unknown{}", wait("next", operation.next_at)),
            };
            Some(format!("{} {stage}", ask(&operation.ask)))
        }
    }
}

fn duty(duty: &DutyAfter) -> Option<&'static str> {
    match duty {
        DutyAfter::Keep => None,
        DutyAfter::Clear => Some("owes nothing"),
        DutyAfter::Set(Duty::Terminate { .. }) => Some("owes terminate"),
        DutyAfter::Set(Duty::SuspendAgain) => Some("owes suspend again"),
        DutyAfter::Set(Duty::UpdateBack) => Some("owes update back"),
    }
}

pub fn reply(reply: &Reply) -> &'static str {
    match reply {
        Reply::Done => "200",
        Reply::Waiting => "201",
        Reply::Queued => "202",
        Reply::UserActs { .. } => "202 URL",
        Reply::AskMerchant => "ask",
        Reply::Refused(_) => "refused",
        Reply::Failed(_) => "failed",
        Reply::Unknown => "503 unknown",
        Reply::NotDone => "not-done",
    }
}

pub fn ask(ask: &Ask) -> &'static str {
    match ask {
        Ask::Create => "create",
        Ask::ActivationInfo => "activationInfo",
        Ask::Update { .. } => "update",
        Ask::Suspend { .. } => "suspend",
        Ask::Resume { .. } => "resume",
        Ask::Undo { .. } => "undo",
        Ask::Cancel(_) => "cancel",
        Ask::Revoke(_) => "revoke",
        Ask::Terminate { .. } => "terminate",
        Ask::SuspendAgain => "suspend again",
        Ask::UpdateBack => "update back",
    }
}
