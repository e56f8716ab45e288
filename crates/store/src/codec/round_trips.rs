//! Every variant comes back as it was written.

use super::*;
use entitlement::{
    Ask, Details, Duty, EndRequest, Ending, Hold, Holds, Json, JsonObject, Moment, Operation, Party, PendingUpdate,
    ProductChange, Record, Set, Stage, Status, Wish,
};
use ids::OperationId;

const KEY: &str = "019ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4b";

fn reasons() -> [Option<Reason>; 3] {
    let full = Reason {
        category: Some("CUSTOMER".into()),
        code: Some("OTHER".into()),
        description: Some("\u{0}\"\\\n\u{1f600}".into()),
    };
    [None, Some(Reason::default()), Some(full)]
}

fn object() -> JsonObject {
    let numbers = ["1e400", "0.10", "-0", "12345678901234567890"].map(|n| Json::Number(n.into()));
    JsonObject(vec![
        ("z".into(), Json::Array(numbers.into())),
        ("".into(), Json::Object(JsonObject(vec![("a\"".into(), Json::Null), ("b".into(), Json::Bool(true))]))),
        ("a".into(), Json::String("\u{7f}\u{2028}/".into())),
    ])
}

fn details() -> [Details; 3] {
    let cleared = Details {
        customer_identifier: None,
        notification_url: Some(None),
        date_expiry: Some(None),
        extension_data: Some(None),
        entitlement_display_name: Some(None),
        external_entitlement_id: Some(None),
    };
    let set = Details {
        customer_identifier: Some("c".into()),
        notification_url: Some(Some("u".into())),
        date_expiry: Some(Some(Moment(-1))),
        extension_data: Some(Some(object())),
        entitlement_display_name: Some(Some("n".into())),
        external_entitlement_id: Some(Some("x".into())),
    };
    [Details::default(), cleared, set]
}

fn asks() -> Vec<Ask> {
    let mut asks = vec![Ask::Create, Ask::ActivationInfo, Ask::SuspendAgain, Ask::UpdateBack];
    for (n, details) in details().into_iter().enumerate() {
        let details = Box::new(details);
        let reason = reasons()[n].clone();
        let product = ProductChange {
            product_key: "P".into(),
            offer_key: (n == 1).then(|| "O".into()),
            display_name: [None, Some(None), Some(Some("D".into()))][n].clone(),
        };
        let keys = vec!["k".to_owned(); n];
        let end = Box::new(EndRequest { reason: reason.clone(), extension: object(), reason_keys: keys });
        asks.push(Ask::Update { product, details: details.clone() });
        asks.push(Ask::Suspend { owner: Party::Reseller, reason: reason.clone(), details: details.clone() });
        asks.push(Ask::Resume { owner: Party::Operator, details: details.clone() });
        asks.push(Ask::Undo { details });
        asks.push(Ask::Cancel(end.clone()));
        asks.push(Ask::Revoke(end));
        asks.push(Ask::Terminate { reason });
    }
    asks
}

#[test]
fn every_operation() {
    for (n, ask) in asks().into_iter().enumerate() {
        let operation = Operation {
            id: OperationId(u128::MAX - n as u128),
            ask,
            by: [Party::Reseller, Party::Merchant, Party::Hub, Party::Operator][n % 4],
            stage: [Stage::InFlight, Stage::Queued, Stage::Unknown][n % 3],
            opened_at: Moment(i64::MIN),
            attempts: u32::MAX,
            next_at: (n % 2 == 0).then_some(Moment(i64::MAX)),
            deadline: (n % 3 == 0).then_some(Moment(0)),
            note: (n % 2 == 0).then(|| "a \"note\"".to_owned()),
        };
        let mut text = String::new();
        Object::write(&mut text, |o| operation::write_operation(o, &operation));
        let node = tree::parse(&text).unwrap();
        assert_eq!(operation::read_operation(Fields::of(&node).unwrap()), Ok(operation), "{text}");
    }
}

#[test]
fn every_duty() {
    let terminate = reasons().map(|reason| Duty::Terminate { reason });
    for duty in terminate.into_iter().chain([Duty::SuspendAgain, Duty::UpdateBack]) {
        let mut text = String::new();
        Object::write(&mut text, |o| end::write_duty(o, &duty));
        let node = tree::parse(&text).unwrap();
        assert_eq!(end::read_duty(Fields::of(&node).unwrap()), Ok(duty));
    }
}

fn record(own_id: bool, full: bool) -> Record {
    let id = if own_id { "mine" } else { KEY };
    let some = |text: &str| full.then(|| text.to_owned());
    let at = |ms| full.then_some(Moment(ms));
    Record {
        entitlement_id: id.into(),
        status: Status::ActiveEnding,
        date_created: Moment(1_000),
        date_activated: at(2_000),
        date_ended: at(3_000),
        date_suspended: at(4_000),
        date_resumed: at(5_000),
        date_last_updated: Moment(if full { 6_000 } else { 1_000 }),
        customer_identifier: "c\"".into(),
        merchant_account_key: "BANGO".into(),
        product_key: "MUSIC".into(),
        offer_key: some("TRIAL"),
        activation_code: some("CODE"),
        entitlement_display_name: some("Music"),
        date_expiry: at(7_000),
        extension_data: if full { object() } else { JsonObject::new() },
        notification_url: some("http://u"),
        external_entitlement_id: some("ext"),
        shared_customer_id: "s".into(),
        bango_user_id: "1".into(),
        merchant_entitlement_id: some("theirs").unwrap_or_else(|| id.into()),
        finance_data: if full { object() } else { JsonObject::new() },
    }
}

fn hold(n: usize) -> Hold {
    Hold { since: Moment(n as i64), reason: reasons()[n].clone() }
}

fn sets() -> Vec<Set> {
    let mut sets: Vec<Set> = Status::ALL.into_iter().map(Set::Status).collect();
    for (own_id, full) in [(false, false), (false, true), (true, false), (true, true)] {
        sets.push(Set::Record(record(own_id, full).into()));
    }
    for at in [None, Some(Moment(-7))] {
        sets.extend([Set::DateActivated(at), Set::DateEnded(at), Set::DateSuspended(at), Set::DateResumed(at)]);
        sets.extend([Set::DateExpiry(at), Set::PendingUntil(at)]);
    }
    for text in [None, Some("t\u{7}".to_owned())] {
        sets.extend([Set::OfferKey(text.clone()), Set::ActivationCode(text.clone())]);
        sets.extend([Set::EntitlementDisplayName(text.clone()), Set::NotificationUrl(text.clone())]);
        sets.push(Set::ExternalEntitlementId(text));
    }
    sets.extend([Set::MerchantsTurn(true), Set::MerchantsTurn(false)]);
    sets.extend([Set::CustomerIdentifier("c".into()), Set::ProductKey("p".into())]);
    sets.extend([Set::MerchantEntitlementId("m".into()), Set::LastMerchantEventAt(Moment(8))]);
    for json in [JsonObject::new(), object()] {
        sets.extend([Set::ExtensionData(json.clone()), Set::FinanceData(json.clone()), Set::MerchantExtension(json)]);
    }
    sets.extend([Set::Hold(Party::Merchant, None), Set::Hold(Party::Hub, Some(hold(2)))]);
    sets.push(Set::Holds(Holds::default()));
    sets.push(Set::Holds(Holds { reseller: Some(hold(0)), merchant: Some(hold(1)), hub: Some(hold(2)) }));
    sets.extend(behind());
    sets
}

fn behind() -> Vec<Set> {
    let pending = |full: bool| PendingUpdate {
        product_key: "p".into(),
        offer_key: full.then(|| "o".into()),
        display_name: full.then(|| "n".into()),
        since: Moment(1),
    };
    let ending = |flag: bool| Ending {
        by: Party::Operator,
        merchant_dated: flag,
        reason_keys: vec!["k".into(); usize::from(flag)],
        resumed_since: !flag,
    };
    let mut sets = vec![Set::PendingUpdate(None), Set::Ending(None), Set::Wish(None)];
    for flag in [false, true] {
        sets.extend([Set::PendingUpdate(Some(pending(flag))), Set::Ending(Some(ending(flag)))]);
    }
    sets.extend(reasons().map(|reason| Set::Wish(Some(Wish { revoke: reason.is_some(), reason }))));
    sets
}

#[test]
fn every_field_change() {
    let sets = sets();
    let text = sets_text(&sets, KEY);
    assert_eq!(read_sets(&text, KEY), Ok(sets.clone()), "{text}");
    for set in sets {
        let one = [set];
        assert_eq!(read_sets(&sets_text(&one, KEY), KEY).unwrap(), one);
    }
}

#[test]
fn every_reason() {
    for reason in reasons().into_iter().flatten() {
        assert_eq!(read_reason(&reason_text(&reason)), Ok(reason));
    }
}

#[test]
fn what_is_unknown_is_skipped_or_unreadable() {
    let later = concat!(
        r#"[["status","ACTIVE","later"],["record",{"id":"x","status":"ACTIVE","created":1,"customer":"c","#,
        r#""merchant":"m","product":"p","shared":"s","bango":"1","new":[{}]}]]"#
    );
    assert_eq!(read_sets(later, KEY).unwrap().len(), 2);
    for text in [
        "{}",
        "[[]]",
        "[[\"status\"]]",
        "[[\"status\",\"DONE\"]]",
        "[[\"record\",{}]]",
        "[[\"what\",1]]",
        "[[\"ended\",1.5]]",
    ] {
        assert!(read_sets(text, KEY).is_err(), "{text}");
    }
}
