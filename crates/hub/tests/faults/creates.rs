//! Creates that fail, are refused, stay unknown, come twice, or come many at once.

use crate::harness::{Case, INQUIRY, NEITHER, Plan, REPEATABLE, START, cancel, create, create_with, revoke};
use crate::merchant::{Does, Says, State};
use crate::operations::{Answered, Form, NOT_DONE};
use entitlement::{Given, NotificationReason, Told};
use hub::Answer;
use std::time::Duration;

fn form(http: u16, word: &'static str) -> Form {
    Form { http, word }
}

fn member(answer: &Answer, name: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    body[name].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_refused_create_leaves_nothing_but_its_remembered_answer() {
    let case = Case::open(INQUIRY);
    case.merchant.next("create", Does::Answers(Says::Refused(403, "NOT_ELIGIBLE")));
    let wanted = create_with(r#""customerIdentifier":"anna","entitlementId":"mine-1""#);
    let first = case.ask("one", &wanted);
    assert_eq!(Answered(&first), form(422, "merchant-refused-user"));
    assert_eq!(case.rows(), []);
    let again = case.ask("one", &wanted);
    assert_eq!((again.http, &again.body, again.replayed), (422, &first.body, true));
    assert_eq!(case.merchant.calls_of("create"), 1, "a replay asks nobody");
    assert_eq!(case.ask("two", &wanted).http, 200, "slot and id are free");
    assert_eq!(case.row().state.record.entitlement_id, "mine-1");
    case.audit();
}

#[test]
fn a_create_that_certainly_failed_leaves_nothing_and_frees_its_identity() {
    for (status, answer) in [(429, form(503, "merchant-busy")), (401, form(500, "merchant-misconfigured"))] {
        let case = Case::open(INQUIRY);
        case.merchant.next("create", Does::Only(status));
        let wanted = create_with(r#""customerIdentifier":"anna","entitlementId":"mine-1""#);
        assert_eq!(Answered(&case.ask("one", &wanted)), answer);
        assert_eq!(case.rows(), []);
        let again = case.ask("one", &wanted);
        assert_eq!((again.http, again.replayed), (200, false), "the repeat starts anew");
        case.audit();
    }
}

#[test]
fn a_merchant_nobody_reaches_is_a_certain_failure() {
    let mut case = Case::open(Plan { reachable: false, ..NEITHER });
    let first = case.ask("one", &create("anna"));
    assert_eq!(Answered(&first), form(503, "merchant-unreachable"));
    assert_eq!(first.retry_after_s, Some(5));
    assert_eq!(case.rows(), []);
    case.crash();
    case.plan.reachable = true;
    case.restart();
    assert_eq!(case.ask("one", &create("anna")).http, 200);
    case.audit();
}

#[test]
fn a_create_of_unknown_outcome_is_failed_counted_and_not_sent_again_by_itself() {
    let case = Case::open(NEITHER);
    case.merchant.next("create", Does::ActsAndHangsUp(Says::Done));
    let first = case.ask("one", &create("anna"));
    assert_eq!(Answered(&first), form(503, "outcome-unknown"));
    assert_eq!(member(&first, "status"), "FAILED");
    let row = case.row();
    assert_eq!(member(&first, "entitlementId"), row.state.record.entitlement_id);
    assert_eq!(row.due_at, None, "nobody looks at it by itself");
    case.pass(7 * 24 * 3_600);
    assert_eq!(case.merchant.calls().len(), 1);
    // The same identity, the identical request without one, and another request.
    let again = case.ask_briefly("one", &create("anna"));
    assert_eq!(Answered(&again), form(503, "outcome-unknown"));
    assert_eq!(member(&again, "entitlementId"), row.state.record.entitlement_id);
    let identical = case.ask_briefly("two", &create("anna"));
    assert_eq!(Answered(&identical), form(503, "outcome-unknown"));
    assert_eq!(member(&identical, "entitlementId"), row.state.record.entitlement_id);
    let other = create_with(r#""customerIdentifier":"anna","externalEntitlementId":"x""#);
    assert_eq!(Answered(&case.ask("", &other)), form(400, "limit-reached"));
    // A call-back settles it, for all who asked.
    case.told(row.key, Told::Activated(Given::default())).unwrap();
    assert_eq!(case.status(), "ACTIVE");
    for identity in ["one", "two"] {
        let late = case.ask(identity, &create("anna"));
        assert_eq!((late.http, late.replayed, member(&late, "status").as_str()), (200, true, "ACTIVE"));
        assert_eq!(case.ask(identity, &create("anna")).body, late.body);
    }
    assert_eq!(case.merchant.calls().len(), 1);
    case.audit();
}

/// How a create of unknown outcome turns out after all.
enum Truth {
    There,
    NotThere,
}

#[test]
fn an_end_wished_on_failed_is_carried_out_once_the_outcome_is_known() {
    for (truth, revokes, after) in [
        (Truth::There, false, "CANCELLED"),
        (Truth::There, true, "REVOKED"),
        (Truth::NotThere, false, "CANCELLED"),
        (Truth::NotThere, true, "REVOKED"),
    ] {
        let case = Case::open(INQUIRY);
        let does = match truth {
            Truth::There => Does::ActsAndHangsUp(Says::Done),
            Truth::NotThere => Does::HangsUp,
        };
        case.merchant.next("create", does);
        assert_eq!(case.ask("create", &create("anna")).http, 503);
        let id = case.row().state.record.entitlement_id.clone();
        let wanted = if revokes { revoke(&id) } else { cancel(&id) };
        let wished = case.ask("end", &wanted);
        assert_eq!((wished.http, member(&wished, "status").as_str()), (202, "FAILED"));
        assert_eq!(Answered(&case.ask("again", &cancel(&id))), form(409, "already-ending"));
        case.quiet();
        assert_eq!(case.status(), after);
        assert_eq!(case.merchant.calls_of("terminate"), usize::from(matches!(truth, Truth::There)));
        let late = case.ask("create", &create("anna"));
        match truth {
            Truth::There => assert_eq!((late.http, member(&late, "status").as_str()), (200, after)),
            Truth::NotThere => assert_eq!(Answered(&late), NOT_DONE),
        }
        assert_eq!(case.ask("create", &create("anna")).body, late.body);
        assert_eq!(case.ask("end", &wanted).body, wished.body);
        assert_eq!(case.ask("", &create("anna")).http, 200, "the slot is free");
        case.audit();
    }
}

#[test]
fn an_expiry_ends_what_is_still_unknown_and_the_merchant_is_told() {
    for plan in [NEITHER, INQUIRY, REPEATABLE] {
        for does in [Does::ActsAndHangsUp(Says::Done), Does::HangsUp] {
            let case = Case::open(plan);
            case.merchant.next("create", does);
            // Nobody finds anything out before the expiry.
            for kind in ["inquiry", "create"] {
                (0..30).for_each(|_| case.merchant.next(kind, Does::Only(500)));
            }
            let expiry = wire::print_date(START.plus_s(60));
            let wanted = create_with(&format!(r#""customerIdentifier":"anna","dateExpiry":"{expiry}""#));
            assert_eq!(case.ask("one", &wanted).http, 503);
            case.pass(61);
            let row = case.row();
            assert_eq!(case.status(), "CANCELLED");
            assert_eq!(row.state.record.date_ended, Some(START.plus_s(60)));
            assert_eq!((&row.state.operation, &row.state.duty), (&None, &None), "the terminate is confirmed");
            assert_eq!(case.merchant.calls_of("terminate"), 1);
            let told: Vec<_> = case.notifications(row.key).iter().map(|one| one.reason).collect();
            assert_eq!(told, [NotificationReason::TerminationSuccess]);
            let late = case.ask("one", &wanted);
            assert_eq!((late.http, member(&late, "status").as_str()), (200, "CANCELLED"));
            assert_eq!(case.ask("one", &wanted).body, late.body);
            case.audit();
        }
    }
}

#[test]
fn an_identical_create_joins_the_running_one_and_gets_its_outcome() {
    for limit in [1, 2] {
        for (says, http, status) in [(Says::Done, 200, "ACTIVE"), (Says::Url, 202, "PENDING")] {
            let case = Case::open(Plan { limit, ..INQUIRY });
            case.merchant.next("create", Does::Waits(says.clone()));
            case.merchant.usually("activationInfo", Says::Url);
            let first = case.send("one", &create("anna"));
            case.until("the merchant is asked", || case.merchant.calls_of("create") == 1);
            let others = ["", "two", "two", ""].map(|identity| case.send(identity, &create("anna")));
            case.waits_a_little();
            case.merchant.let_go();
            let first = case.block(first).unwrap();
            assert_eq!((first.http, member(&first, "status").as_str()), (http, status));
            for other in others {
                let joined = case.block(other).unwrap();
                assert_eq!(joined.http, http, "{}", joined.body);
                assert_eq!(member(&joined, "entitlementId"), member(&first, "entitlementId"));
                assert_eq!(member(&joined, "status"), status);
            }
            assert_eq!(case.merchant.calls_of("create"), 1);
            let again = case.ask("two", &create("anna"));
            assert_eq!((again.http, again.replayed), (http, true));
            assert_eq!(case.rows().len(), 1);
            case.audit();
        }
    }
}

#[test]
fn sixteen_of_one_identity_at_once_ask_the_merchant_once() {
    for does in [Does::Waits(Says::Done), Does::Waits(Says::Refused(403, "NOT_ELIGIBLE"))] {
        let case = Case::open(REPEATABLE);
        case.merchant.next("create", does);
        let sent: Vec<_> = (0..16).map(|_| case.send("one", &create("anna"))).collect();
        case.until("the merchant is asked", || case.merchant.calls_of("create") == 1);
        case.waits_a_little();
        case.merchant.let_go();
        let answers: Vec<Answer> = sent.into_iter().map(|sent| case.block(sent).unwrap()).collect();
        assert!(answers.iter().all(|answer| answer.body == answers[0].body), "{answers:#?}");
        assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
        assert_eq!(case.merchant.calls().len(), 1);
        case.audit();
    }
}

#[test]
fn twenty_creates_of_one_customer_never_exceed_the_limit() {
    for limit in [1, 3] {
        let case = Case::open(Plan { limit, ..INQUIRY });
        case.merchant.usually("create", Says::Done);
        let wanted = |n: u32| create_with(&format!(r#""customerIdentifier":"anna","externalEntitlementId":"{n}""#));
        let sent: Vec<_> = (0..20).map(|n| case.send("", &wanted(n))).collect();
        let answers: Vec<Answer> = sent.into_iter().map(|sent| case.block(sent).unwrap()).collect();
        assert_eq!(answers.iter().filter(|answer| answer.http == 200).count(), limit as usize);
        let refused: Vec<_> = answers.iter().filter(|answer| answer.http != 200).collect();
        assert!(refused.iter().all(|answer| Answered(answer) == form(400, "limit-reached")), "{refused:#?}");
        assert_eq!(case.merchant.calls_of("create"), limit as usize);
        let slots: Vec<_> = case.rows().iter().filter_map(|row| row.slot).collect();
        assert_eq!(slots.len(), limit as usize);
        case.audit();
    }
}

#[test]
fn a_new_one_is_readable_but_untold_until_its_outcome() {
    let case = Case::open(INQUIRY);
    case.merchant.next("create", Does::Waits(Says::Done));
    let sent = case.send("", &create("anna"));
    case.until("the merchant is asked", || case.merchant.calls_of("create") == 1);
    let keys = case.block(async { store::Store::in_flight(case.store(), 10).await }).unwrap();
    let row = case.row_at(keys[0]).expect("it is readable by its key");
    assert!(row.state.unborn && row.slot.is_some());
    assert_eq!(case.rows(), [], "it is in no report");
    assert_eq!(case.history(row.key), []);
    let id = row.state.record.entitlement_id.clone();
    let hasty = case.send_within("", &cancel(&id), Duration::from_millis(150));
    assert_eq!(Answered(&case.block(hasty).unwrap()), form(503, "contended"));
    let patient = case.send("", &cancel(&id));
    case.waits_a_little();
    case.merchant.let_go();
    assert_eq!(case.block(sent).unwrap().http, 200);
    assert_eq!(case.block(patient).unwrap().http, 200);
    assert_eq!(case.status(), "CANCELLED");
    assert_eq!(case.merchant.there()[&id].state, State::Ended);
    case.audit();
}
