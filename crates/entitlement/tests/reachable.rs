//! A search through every state that can be reached: whatever comes in whatever order, the
//! invariants hold, the history folds to the row, and some command leads to an end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/inputs.rs"]
mod inputs;
#[path = "support/shapes.rs"]
mod shapes;

use entitlement::*;
use inputs::*;
use shapes::*;
use std::collections::{HashSet, VecDeque};

/// A state, what its history folds to, and what time it is there.
#[derive(Clone)]
struct Node {
    e: Entitlement,
    folded: Option<Entitlement>,
    now: Moment,
}

#[test]
fn every_reachable_state_is_sound_and_can_end_where_the_merchant_can_be_asked() {
    report("inquiry", &RouteFacts { pending_timeout_s: None, ..route() });
}

#[test]
fn every_reachable_state_is_sound_and_can_end_where_requests_can_be_repeated() {
    report("repeatable", &RouteFacts { inquiry: false, repeatable: true, ..route() });
}

#[test]
fn every_reachable_state_is_sound_and_can_end_where_nothing_can_be_found_out() {
    report("neither", &RouteFacts { inquiry: false, repeatable: false, ..route() });
}

fn report(name: &str, route: &RouteFacts) {
    let (states, steps) = search(route);
    println!("{name}: {states} states, {steps} steps");
    assert!(states > 1_000, "the search found too little: {states}");
}

fn search(route: &RouteFacts) -> (usize, usize) {
    let create = Create { pending_until: route.pending_timeout_s.map(|s| MADE.plus_s(s)), ..create() };
    let first = Node { e: open_create(create.clone(), OPERATION, MADE), folded: None, now: MADE };
    let mut seen = HashSet::from([key(&first)]);
    let mut queue = VecDeque::from([first]);
    let mut steps = 0;
    while let Some(node) = queue.pop_front() {
        check_state(&node, route);
        for (what, now, decision) in decisions(&node, route) {
            steps += 1;
            let Some(next) = step(&node, now, &decision, &what) else {
                continue;
            };
            if seen.insert(key(&next)) {
                check_erased(&node, &decision, next.folded.as_ref(), &what);
                queue.push_back(next);
            }
        }
    }
    (seen.len(), steps)
}

/// Inputs that differ from others only in their data: the golden tables have them all, and the
/// search stays within a minute without them.
const SAME_BUT_FOR_DATA: [&str; 7] = [
    "offerKey",
    "offer",
    "notificationUrl",
    "dateExpiry past",
    "terminated at a past date",
    "private data",
    "ends before",
];

fn differs(name: &str) -> bool {
    !SAME_BUT_FOR_DATA.contains(&name)
}

/// An operator ends just as a reseller does.
fn is_searched(name: &str, by: Party) -> bool {
    differs(name) && (by == Party::Reseller || !matches!(name, "cancel" | "revoke"))
}

/// Everything that can happen in a state.
fn decisions(node: &Node, route: &RouteFacts) -> Vec<(String, Moment, Decision)> {
    let Node { e, now, .. } = node;
    let now = *now;
    let mut found = Vec::new();
    for (name, command, caller) in commands().into_iter().filter(|(name, _, by)| is_searched(name, *by)) {
        let decision = admit(e, &command, caller, route, now, NEW_OPERATION).ok();
        found.extend(decision.map(|decision| (format!("{name} by {}", caller.as_str()), now, decision)));
    }
    if e.operation.is_some() {
        found.extend(
            answers()
                .into_iter()
                .filter(|(name, _)| differs(name))
                .map(|(name, answer)| (format!("answer {name}"), now, settle(e, &answer, route, now))),
        );
        found.push(("outcome lost".into(), now, outcome_lost(e, route, now)));
        for as_ in [Resolution::Active, Resolution::Pending, Resolution::Cancelled] {
            let resolved = resolve(e, as_, None, now).ok();
            found.extend(resolved.map(|decision| (format!("resolve {as_:?}"), now, decision)));
        }
    }
    for (name, what) in merchant_events().into_iter().filter(|(name, _)| differs(name)) {
        let event = MerchantEvent { what, occurred_at: None };
        match told(e, &event, route, now) {
            Ok(decision) => found.push((format!("told {name}"), now, decision)),
            Err(rejection) => {
                assert_is_a_409_of_the_document(e, &event, rejection);
                let owed = owed_after_refusal(e, &event, now);
                found.extend(owed.map(|decision| (format!("owed after {name}"), now, decision)));
            }
        }
    }
    found.extend(take_up_duty(e, NEW_OPERATION, now).map(|decision| ("duty".into(), now, decision)));
    if let Some(due) = next_due(e) {
        let then = due.max(now);
        found.push(("time".into(), then, pass_time(e, route, then)));
    }
    found
}

fn assert_is_a_409_of_the_document(e: &Entitlement, event: &MerchantEvent, rejection: Rejection) {
    let fits = match (&event.what, rejection) {
        (Told::Activated(_) | Told::Resumed, Rejection::AlreadyEnded) => !e.record.status.is_open(),
        (Told::Suspended(_), Rejection::NotActive) => e.record.date_activated.is_none(),
        (Told::Refused(_), Rejection::NotPending) => e.record.date_activated.is_some(),
        (Told::Patched { .. }, Rejection::EndingByReseller) => {
            e.ending.as_ref().is_some_and(|end| end.by != Party::Merchant)
        }
        _ => false,
    };
    assert!(fits, "{rejection:?} for {event:?} on {e:#?}");
}

/// Carries a decision out and checks what it did.
fn step(node: &Node, now: Moment, decision: &Decision, what: &str) -> Option<Node> {
    let after = carry_out(&node.e, decision);
    if decision.row == RowAfter::Removed {
        assert!(node.e.unborn && decision.events.is_empty(), "{what}: only an unborn one is removed");
        return None;
    }
    let after = after.expect("the row stays");
    check_versions(&node.e, &after, decision, what);
    let folded = fold_on(node.folded.clone(), &decision.events);
    let bare = Entitlement { operation: None, duty: None, unborn: false, ..after.clone() };
    match &folded {
        Some(folded) => assert_eq!(*folded, bare, "{what}: the history does not fold to the row"),
        None => assert!(after.unborn, "{what}: only an unborn one has no history"),
    }
    let was_final = !node.e.record.status.is_open();
    assert!(!was_final || node.e.record.status == after.record.status, "{what}: final is final");
    Some(Node { e: after, folded, now })
}

fn fold_on(folded: Option<Entitlement>, events: &[Event]) -> Option<Entitlement> {
    events.iter().fold(folded, |folded, event| match folded {
        None => born_from(event),
        Some(mut e) => {
            apply(&mut e, event);
            Some(e)
        }
    })
}

/// An erased history folds to the erased row, whatever has happened; and erasing twice is erasing once.
fn check_erased(node: &Node, decision: &Decision, folded: Option<&Entitlement>, what: &str) {
    let token = |_: &str| "erased".to_owned();
    let names = Names {
        entitlement_id: &node.e.record.entitlement_id,
        customer: &token,
        external: &token,
        shared_customer_id: "0".to_owned(),
        bango_user_id: "0".to_owned(),
    };
    let events: Vec<Event> = decision.events.iter().map(|event| names.event(event)).collect();
    let left = fold_on(node.folded.as_ref().map(|e| names.state(e)), &events);
    assert_eq!(left, folded.map(|e| names.state(e)), "{what}: what is erased does not fold to its row");
    assert!(events.iter().all(|event| names.event(event) == *event), "{what}: erasing twice");
    let obliges = |e: Option<&Entitlement>, event: &Event| {
        let all = NotifySwitches { own_changes: true, on_create: true };
        e.and_then(|e| effects(e, event, all))
    };
    for (before, after) in decision.events.iter().zip(&events) {
        assert_eq!(before.changes_record(), after.changes_record(), "{what}: its place in the feed");
        assert_eq!(obliges(folded, before), obliges(left.as_ref(), after), "{what}: what it obliges");
    }
}

fn check_versions(before: &Entitlement, after: &Entitlement, decision: &Decision, what: &str) {
    let mut version = before.version;
    for event in &decision.events {
        assert!(event.version == version || event.version == version + 1, "{what}: versions are contiguous");
        assert!(event.at >= before.last_event_at, "{what}: time runs forwards");
        version = event.version;
    }
    let shown = |e: &Entitlement| (Record { date_last_updated: MADE, ..(*e.record).clone() }, e.holds.clone());
    let changed = before.unborn != after.unborn || shown(before) != shown(after);
    assert_eq!(
        changed,
        after.version > before.version,
        "{what}: a change raises the version, and nothing else does\n{before:#?}\n{decision:#?}"
    );
}

fn check_state(node: &Node, route: &RouteFacts) {
    let e = &node.e;
    assert_eq!(broken(e), None, "{e:#?}");
    assert!(!e.record.status.is_open() || leads_to_end(e, route), "nothing ends this: {e:#?}");
    let settled = carry_out(e, &pass_time(e, route, node.now)).expect("time removes no row");
    let is_due = next_due(&settled).is_some_and(|at| at <= node.now);
    assert!(!is_due || work_due(&settled, route, node.now).is_some(), "due for ever: {settled:#?}");
    assert_eq!(allowed(e, route, node.now).len(), 8);
    check_forecast(&settled, route);
    check_awaited(&settled, route);
}

/// What is foretold is what then happens, moment by moment, once nothing is in flight.
fn check_forecast(e: &Entitlement, route: &RouteFacts) {
    let foretold = forecast(e, route);
    let is_in_flight = e.operation.as_ref().is_some_and(|operation| operation.stage == Stage::InFlight);
    let mut state = if is_in_flight { Entitlement { operation: None, ..e.clone() } } else { e.clone() };
    let mut happened = Vec::new();
    let mut moments: Vec<Moment> = foretold.iter().map(|event| event.at).collect();
    moments.dedup();
    for at in moments {
        // What an operation in flight has held up is due already.
        let early = pass_time(&state, route, at.plus_ms(-1));
        assert!(early.events.is_empty() || at == e.last_event_at, "it happens before its moment: {e:#?}");
        let decision = pass_time(&state, route, at);
        state = carry_out(&state, &decision).expect("time removes no row");
        happened.extend(decision.events);
    }
    assert_eq!(happened, foretold, "{e:#?}");
    assert_eq!(pass_time(&state, route, Moment(i64::MAX / 2)).events, [], "something was not foretold: {e:#?}");
}

/// Nobody is awaited exactly where it runs undisturbed or has ended, and a hold's owner can act.
fn check_awaited(e: &Entitlement, route: &RouteFacts) {
    let who = awaited(e, route);
    match e.record.status {
        Status::Cancelled | Status::Revoked => assert_eq!(who, None, "{e:#?}"),
        Status::Pending | Status::Failed | Status::Suspended => assert!(who.is_some(), "{e:#?}"),
        Status::Active | Status::ActiveEnding => assert!(who.is_none() || e.operation.is_some(), "{e:#?}"),
    }
    if who == Some(Awaited::Reseller) {
        let resume = allowed(e, route, e.last_event_at).into_iter().find(|(verb, _)| *verb == VerbName::Resume);
        assert_eq!(resume, Some((VerbName::Resume, Ok(()))), "the reseller is awaited and cannot: {e:#?}");
    }
}

/// Revoke, and the merchant's yes; where a create's or a terminate's outcome has to be known
/// first, an operator can say it.
fn leads_to_end(e: &Entitlement, route: &RouteFacts) -> bool {
    let go = |e: &Entitlement, decision: &Decision| carry_out(e, decision);
    let Some(e) = go(e, &outcome_lost(e, route, MADE)) else {
        return true;
    };
    let Ok(decision) = admit(&e, &revoke(), Party::Reseller, route, MADE, NEW_OPERATION) else {
        return !e.record.status.is_open();
    };
    let mut e = go(&e, &decision).expect("the row stays");
    if let Some(taken) = take_up_duty(&e, NEW_OPERATION, MADE) {
        e = go(&e, &taken).expect("the row stays");
    }
    let answer = match e.operation.as_ref().map(|operation| &operation.ask) {
        Some(Ask::Create) => Answer::NotDone,
        Some(_) | None => Answer::Done(given()),
    };
    go(&e, &settle(&e, &answer, route, MADE)).is_none_or(|e| !e.record.status.is_open())
}

/// What makes two states different for the rules: moments count as set or not, due or not.
fn key(node: &Node) -> String {
    let Node { e, now, .. } = node;
    let due = |at: Option<Moment>| at.map(|at| at <= *now);
    let record = &e.record;
    let dates =
        (due(record.date_ended), due(record.date_expiry), due(e.pending_until), record.date_activated.is_some());
    let holds = [&e.holds.reseller, &e.holds.merchant, &e.holds.hub].map(Option::is_some);
    let pending = e.pending_update.as_ref().map(|p| (&p.product_key, &p.offer_key, p.display_name.is_some()));
    let operation = e.operation.as_ref().map(|o| (&o.ask, o.by, o.stage, due(o.next_at), due(o.deadline)));
    let has_reason = record.extension_data.get("cancelReasonCategory").is_some();
    let shown = (record.status, &record.product_key, &record.offer_key, has_reason);
    let ending = e.ending.as_ref().map(|end| (end.by, end.merchant_dated, end.resumed_since));
    let wish = e.wish.as_ref().map(|wish| wish.revoke);
    let duty = e.duty.as_ref().map(core::mem::discriminant);
    format!("{shown:?}{dates:?}{holds:?}{pending:?}{ending:?}{wish:?}{operation:?}{duty:?}{}", e.unborn)
}
