//! The witness finds each kind of fault, and none where there is none. A small true recording is made, then one
//! thing in it is falsified.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use witness::{Afterwards, Answer, Arrived, Ask, Attempt, Event, Kind, Operation, Recording, Told, examine};

/// Writes a true recording, step by step.
#[derive(Default)]
struct Hub {
    recording: Recording,
    now: u64,
    sequences: BTreeMap<String, u64>,
}

fn record(id: &str, customer: &str, status: &str, name: &str) -> Value {
    let ended =
        if ["ACTIVE-ENDING", "REVOKED"].contains(&status) { json!("2030-01-01T00:00:00Z") } else { Value::Null };
    json!({"entitlementId": id, "customerIdentifier": customer, "status": status, "dateEnded": ended,
        "entitlementDisplayName": name})
}

fn answer(status: u16, version: Option<u32>, body: &Value) -> Answer {
    Answer { status, version, body: body.to_string(), replayed: false }
}

fn name(name: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("entitlementDisplayName".to_owned(), name.to_owned())])
}

impl Hub {
    fn ask(&mut self, customer: &str, id: &str, ask: Ask, answer: Answer) {
        self.now += 10;
        let identity = if ask == Ask::Read { String::new() } else { format!("r{}", self.now) };
        let attempt = Attempt { node: 0, begin_us: self.now, end_us: self.now + 5, answer: Some(answer) };
        self.recording.operations.push(Operation {
            identity,
            customer: customer.to_owned(),
            entitlement: id.to_owned(),
            ask,
            attempts: vec![attempt],
        });
    }

    /// A write that is done: with its event, and the notification where there is one.
    fn done(&mut self, ask: Ask, version: u32, record: &Value, tells: &str) {
        let (id, customer) = (text(record, "entitlementId"), text(record, "customerIdentifier"));
        self.ask(&customer, &id, ask, answer(200, Some(version), record));
        let Afterwards { records, feed, arrived, .. } = &mut self.recording.afterwards;
        records.insert(id.clone(), Told { version, body: record.clone() });
        let position = feed.len() as u64 + 1;
        let notification = tells.to_owned();
        feed.push(Event { position, entitlement: id.clone(), notification, record: record.clone() });
        if version > 1 {
            let sequence = self.sequences.entry(id.clone()).or_default();
            *sequence += 1;
            let mut body = record.clone();
            body["notificationSequence"] = json!(*sequence);
            body["notificationReason"] = json!(tells);
            arrived.push(Arrived { id: format!("{id}.{sequence}"), body, taken: true });
        }
    }

    fn read(&mut self, version: u32, record: &Value) {
        let (id, customer) = (text(record, "entitlementId"), text(record, "customerIdentifier"));
        self.ask(&customer, &id, Ask::Read, answer(200, Some(version), record));
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

/// Anna has one entitlement, which is changed, suspended and ended; then another one.
fn true_recording() -> Recording {
    let mut hub = Hub::default();
    let is = |status: &str, name: &str| record("a", "anna", status, name);
    hub.done(Ask::Create(name("one")), 1, &is("ACTIVE", "one"), "ACTIVATION_SUCCESS");
    hub.done(Ask::Update(name("two")), 2, &is("ACTIVE", "two"), "METADATA_UPDATE");
    hub.read(2, &is("ACTIVE", "two"));
    hub.done(Ask::Suspend, 3, &is("SUSPENDED", "two"), "SUSPENSION_SUCCESS");
    let limit = json!({"error": {"rule": "limit-reached"}});
    hub.ask("anna", "", Ask::Create(name("x")), answer(400, None, &limit));
    hub.done(Ask::Resume, 4, &is("ACTIVE", "two"), "RESUMPTION_SUCCESS");
    hub.read(4, &is("ACTIVE", "two"));
    hub.done(Ask::Revoke, 5, &is("REVOKED", "two"), "TERMINATION_SUCCESS");
    let ended = json!({"error": {"rule": "already-ended"}});
    hub.ask("anna", "a", Ask::Cancel, answer(409, None, &ended));
    hub.done(Ask::Create(name("b")), 1, &record("b", "anna", "ACTIVE", "b"), "ACTIVATION_SUCCESS");
    hub.recording
}

/// What is found when this is done to the true recording.
fn found(falsify: impl FnOnce(&mut Recording)) -> Vec<Kind> {
    let mut recording = true_recording();
    falsify(&mut recording);
    examine(&recording).kinds().into_iter().collect()
}

fn told<'r>(recording: &'r mut Recording, id: &str) -> &'r mut Told {
    recording.afterwards.records.get_mut(id).unwrap()
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let verdict = examine(&true_recording());
    assert_eq!(verdict.faults, []);
    let counts = verdict.counts;
    assert_eq!((counts.done, counts.refused, counts.reads, counts.entitlements), (6, 2, 2, 2));
    assert_eq!((counts.events, counts.notifications), (6, 4));
}

#[test]
fn an_end_that_is_taken_back_at_once_leaves_the_record_as_it_was_created() {
    let mut hub = Hub::default();
    let is = |status: &str| record("a", "anna", status, "one");
    hub.done(Ask::Create(name("one")), 1, &is("ACTIVE"), "ACTIVATION_SUCCESS");
    hub.done(Ask::Cancel, 2, &is("ACTIVE-ENDING"), "TERMINATION_PENDING");
    hub.done(Ask::Resume, 3, &is("ACTIVE"), "RESUMPTION_SUCCESS");
    assert_eq!(examine(&hub.recording).faults, []);
    hub.recording.afterwards.arrived.pop();
    assert_eq!(examine(&hub.recording).count(&[Kind::NotificationMissing]), 1);
}

#[test]
fn a_lost_write() {
    let kinds = found(|it| {
        let before = record("a", "anna", "ACTIVE", "two");
        *told(it, "a") = Told { version: 4, body: before };
        it.afterwards.feed.retain(|event| event.record["status"] != "REVOKED");
        it.afterwards.arrived.pop();
    });
    assert!(kinds.contains(&Kind::Lost) && kinds.contains(&Kind::NotLinearizable), "{kinds:?}");
    let gone = found(|it| drop(it.afterwards.records.remove("b")));
    assert!(gone.contains(&Kind::Lost), "{gone:?}");
    let other = found(|it| told(it, "b").body["entitlementDisplayName"] = json!("c"));
    assert!(other.contains(&Kind::Lost) && other.contains(&Kind::NotLinearizable), "{other:?}");
}

#[test]
fn a_doubled_write() {
    let kinds = found(|it| told(it, "b").version = 2);
    assert!(kinds.contains(&Kind::Doubled) && kinds.contains(&Kind::NotLinearizable), "{kinds:?}");
    let made = found(|it| {
        let body = record("c", "berta", "ACTIVE", "c");
        it.afterwards.records.insert("c".to_owned(), Told { version: 1, body });
    });
    assert!(made.contains(&Kind::Doubled), "{made:?}");
    let event = json!({"planned": false, "requestId": "r20", "event": "DETAILS_UPDATED"});
    let twice = found(|it| drop(it.afterwards.histories.insert("a".to_owned(), vec![event.clone(), event])));
    assert_eq!(twice, [Kind::Doubled]);
}

#[test]
fn an_update_that_another_one_has_overwritten_unseen() {
    let kinds = found(|it| {
        let mut late = it.operations[1].clone();
        late.identity = "late".to_owned();
        late.ask = Ask::Update(name("three"));
        late.attempts[0].answer = Some(answer(200, Some(2), &record("a", "anna", "ACTIVE", "three")));
        it.operations.push(late);
    });
    assert!(kinds.contains(&Kind::NotLinearizable), "both are version 2: {kinds:?}");
}

#[test]
fn a_stale_read() {
    let kinds = found(|it| {
        it.operations[6].attempts[0].answer = Some(answer(200, Some(2), &record("a", "anna", "ACTIVE", "two")));
    });
    assert_eq!(kinds, [Kind::Stale, Kind::NotLinearizable]);
}

#[test]
fn a_swapped_order() {
    let kinds = found(|it| {
        // Suspended before it was renamed, say the times.
        let (update, suspend) = (it.operations[1].attempts[0].clone(), it.operations[3].attempts[0].clone());
        (it.operations[1].attempts[0].begin_us, it.operations[1].attempts[0].end_us) =
            (suspend.begin_us, suspend.end_us);
        (it.operations[3].attempts[0].begin_us, it.operations[3].attempts[0].end_us) = (update.begin_us, update.end_us);
    });
    assert!(kinds.contains(&Kind::Swapped) && kinds.contains(&Kind::NotLinearizable), "{kinds:?}");
}

#[test]
fn a_slot_that_was_given_twice() {
    let kinds = found(|it| {
        // The second one before the end of the first.
        let create = it.operations.last_mut().unwrap();
        (create.attempts[0].begin_us, create.attempts[0].end_us) = (66, 68);
    });
    assert!(kinds.contains(&Kind::SlotTwice) && kinds.contains(&Kind::NotLinearizable), "{kinds:?}");
    let open = found(|it| told(it, "a").body["status"] = json!("ACTIVE"));
    assert!(open.contains(&Kind::SlotTwice), "{open:?}");
}

#[test]
fn a_refusal_that_no_rule_gives() {
    let kinds = found(|it| {
        let refused = json!({"error": {"rule": "not-active"}});
        it.operations[8].attempts[0].answer = Some(answer(409, None, &refused));
    });
    assert_eq!(kinds, [Kind::NotLinearizable]);
}

#[test]
fn two_answers_of_one_identity() {
    let kinds = found(|it| {
        let mut again = it.operations[1].attempts[0].clone();
        again.begin_us += 2;
        again.end_us += 2;
        again.answer = Some(answer(200, Some(2), &record("a", "anna", "ACTIVE", "other")));
        it.operations[1].attempts.push(again);
    });
    assert_eq!(kinds, [Kind::AnsweredTwice]);
}

#[test]
fn a_gap_in_the_feed_and_events_in_the_wrong_order() {
    assert_eq!(found(|it| it.afterwards.feed.last_mut().unwrap().position += 1), [Kind::FeedGap]);
    let kinds = found(|it| {
        let feed = &mut it.afterwards.feed;
        feed.swap(1, 2);
        (feed[1].position, feed[2].position) = (2, 3);
        it.afterwards.arrived.clear();
    });
    assert!(kinds.contains(&Kind::FeedOrder), "{kinds:?}");
    let across = found(|it| {
        let feed = &mut it.afterwards.feed;
        feed.swap(4, 5);
        (feed[4].position, feed[5].position) = (5, 6);
    });
    assert_eq!(across, [Kind::FeedOrder], "each entitlement for itself is right");
    let left_out = found(|it| {
        it.afterwards.feed.pop();
    });
    assert_eq!(left_out, [Kind::FeedOrder]);
}

#[test]
fn notifications_that_are_missing_out_of_order_or_wrong() {
    let missing = found(|it| drop(it.afterwards.arrived.pop()));
    assert_eq!(missing, [Kind::NotificationMissing]);
    let refused = found(|it| it.afterwards.arrived.last_mut().unwrap().taken = false);
    assert_eq!(refused, [Kind::NotificationMissing], "it came and was not taken");
    assert_eq!(found(|it| it.afterwards.arrived.swap(0, 1)), [Kind::NotificationOrder]);
    let early = found(|it| it.afterwards.arrived[1].taken = false);
    assert_eq!(early, [Kind::NotificationOrder], "the third came before the second was taken");
    let left_out = found(|it| drop(it.afterwards.arrived.remove(1)));
    assert_eq!(left_out, [Kind::NotificationOrder]);
    let wrong = found(|it| it.afterwards.arrived[0].body["entitlementDisplayName"] = json!("one"));
    assert_eq!(wrong, [Kind::NotificationWrong]);
    let renamed = found(|it| {
        let mut again = it.afterwards.arrived[0].clone();
        again.id = "another".to_owned();
        it.afterwards.arrived.push(again);
    });
    assert_eq!(renamed, [Kind::NotificationWrong], "the same under another name");
}

#[test]
fn the_same_notification_again_counts_once() {
    let again = |it: &mut Recording| {
        let first = it.afterwards.arrived[0].clone();
        it.afterwards.arrived.push(first.clone());
        it.afterwards.arrived.insert(0, Arrived { taken: false, ..first });
    };
    assert_eq!(found(again), []);
}

#[test]
fn what_was_never_answered_may_have_happened_or_not() {
    for happened in [false, true] {
        let kinds = found(|it| {
            let mut update = it.operations[1].clone();
            update.identity = "cut".to_owned();
            update.entitlement = "b".to_owned();
            update.ask = Ask::Update(name("cut"));
            update.attempts[0] = Attempt { node: 0, begin_us: 110, end_us: 115, answer: None };
            it.operations.push(update);
            if happened {
                let body = record("b", "anna", "ACTIVE", "cut");
                let (entitlement, notification) = ("b".to_owned(), "METADATA_UPDATE".to_owned());
                it.afterwards.feed.push(Event { position: 7, entitlement, notification, record: body.clone() });
                let mut told = body.clone();
                told["notificationSequence"] = json!(1);
                told["notificationReason"] = json!("METADATA_UPDATE");
                it.afterwards.arrived.push(Arrived { id: "b.1".to_owned(), body: told, taken: true });
                it.afterwards.records.insert("b".to_owned(), Told { version: 2, body });
            }
        });
        assert_eq!(kinds, [], "{happened}");
    }
}

#[test]
fn an_answer_that_nothing_was_done_is_believed() {
    let kinds = found(|it| {
        let mut update = it.operations[1].clone();
        update.identity = "busy".to_owned();
        update.ask = Ask::Update(name("busy"));
        let busy = json!({"error": {"rule": "store-busy"}});
        update.attempts[0].answer = Some(answer(503, None, &busy));
        it.operations.push(update);
    });
    assert_eq!(kinds, []);
}
