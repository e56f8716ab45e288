//! Sample values, and the one check of faults.

use entitlement::{JsonObject, Moment, Record, Status};
use wire::{Fault, RULES};

/// 2024-05-06T07:08:09.500Z
pub(crate) const NOW: Moment = Moment(1_714_979_289_500);

pub(crate) fn object(json: &str) -> JsonObject {
    wire::parse_object(json.as_bytes()).unwrap_or_else(|fault| panic!("{json}: {fault:?}"))
}

pub(crate) fn date(text: &str) -> Moment {
    wire::parse_date(text).expect("a date")
}

/// A body with some members replaced; `"-"` takes one out.
pub(crate) fn changed(base: &str, changes: &str) -> JsonObject {
    let mut body = object(base);
    for (name, value) in object(changes).0 {
        match value {
            entitlement::Json::String(text) if text == "-" => body.remove(&name),
            value => body.set(&name, value),
        }
    }
    body
}

/// The faults as `field rule` lines, each in order and well formed.
pub(crate) fn told(faults: &[Fault]) -> Vec<String> {
    assert!(!faults.is_empty(), "an error without a fault");
    for fault in faults {
        let Fault { field, rule, message, hint } = fault;
        let is_missing = matches!(*rule, "required" | "reason-incomplete");
        let what = if is_missing { "required" } else { "invalid" };
        assert_eq!(*message, format!("{field} parameter is {what}"));
        assert!(RULES.contains(rule), "{rule} is not in RULES");
        let hint = hint.as_deref().unwrap_or_default();
        assert!(hint.len() > 20, "{field} {rule} needs a hint that helps: {hint}");
        assert!(hint.ends_with(['.', '?']), "a hint is a sentence: {hint}");
        assert!(!hint.contains(char::is_control), "{hint}");
    }
    faults.iter().map(|fault| format!("{} {}", fault.field, fault.rule)).collect()
}

/// A record with as little as there can be.
pub(crate) fn bare_record() -> Record {
    Record {
        entitlement_id: "0190-a".into(),
        status: Status::Pending,
        date_created: date("2024-05-06T07:08:09Z"),
        date_activated: None,
        date_ended: None,
        date_suspended: None,
        date_resumed: None,
        date_last_updated: date("2024-05-06T07:08:09Z"),
        customer_identifier: "+441632960123".into(),
        merchant_account_key: "BANGO".into(),
        product_key: "BangoMusic".into(),
        offer_key: None,
        activation_code: None,
        entitlement_display_name: None,
        date_expiry: None,
        extension_data: JsonObject::new(),
        notification_url: None,
        external_entitlement_id: None,
        shared_customer_id: "s-1".into(),
        bango_user_id: "1234567890".into(),
        merchant_entitlement_id: "0190-a".into(),
        finance_data: JsonObject::new(),
    }
}

/// A record with everything.
pub(crate) fn full_record() -> Record {
    Record {
        status: Status::ActiveEnding,
        date_activated: Some(date("2024-05-06T08:00:00Z")),
        date_ended: Some(date("2024-06-06T08:00:00Z")),
        date_suspended: Some(date("2024-05-10T00:00:00Z")),
        date_resumed: Some(date("2024-05-11T00:00:00Z")),
        date_last_updated: date("2024-05-12T23:59:59Z"),
        offer_key: Some("BUNDLE".into()),
        activation_code: Some("XK-12".into()),
        entitlement_display_name: Some("Bango \"Music\"\n30 días".into()),
        date_expiry: Some(date("2024-05-01T00:00:00Z")),
        extension_data: object(r#"{"channel":"shop-42","n":0.10,"in":{"b":[1,{"y":1,"x":null}]}}"#),
        notification_url: Some("https://user:secret@acme.example/notify?ref=8812".into()),
        external_entitlement_id: Some("ext/1".into()),
        merchant_entitlement_id: "m-77".into(),
        finance_data: object(r#"{"price":9.90,"currency":"EUR"}"#),
        ..bare_record()
    }
}
