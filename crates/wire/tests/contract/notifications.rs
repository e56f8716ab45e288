//! The notification, byte by byte: it is printed anew at each attempt.

use crate::sample::{bare_record, full_record};
use entitlement::{NotificationReason, Reason};
use ids::{EntitlementKey, NotificationId, TargetId};
use wire::{NOTIFICATION_FORM, Told, is_valid_reason_field, notification_body};

const ID: NotificationId =
    NotificationId { key: EntitlementKey(0x0190_0000_0000_7000_8000_0000_0000_0001), target: TargetId(0), sequence: 3 };

const BODY: &str = concat!(
    r#"{"responseCode":"OK","responseMessage":"Success","parameters":null,"#,
    r#""notificationReason":"TERMINATION_SUCCESS","#,
    r#""notificationId":"01900000-0000-7000-8000-000000000001.0.3","notificationSequence":3,"#,
    r#""reasonCategory":"CUSTOMER_CANCELLED","reasonCode":"EXPIRED","reasonDescription":null,"#,
    r#""entitlementId":"0190-a","status":"PENDING","dateCreated":"2024-05-06T07:08:09Z","#,
    r#""dateActivated":null,"dateEnded":null,"dateSuspended":null,"dateResumed":null,"#,
    r#""dateLastUpdated":"2024-05-06T07:08:09Z","customerIdentifier":"+441632960123","#,
    r#""merchantAccountKey":"BANGO","productKey":"BangoMusic","offerKey":null,"#,
    r#""activationCode":null,"entitlementDisplayName":null,"dateExpiry":null,"#,
    r#""extensionData":null,"notificationUrl":null,"externalEntitlementId":null,"#,
    r#""sharedCustomerId":"s-1","bangoUserId":"1234567890","merchantEntitlementId":"0190-a","#,
    r#""financeData":null}"#,
);

fn body(form: u8, why: Option<&Reason>, reason_field: &str) -> Option<String> {
    let record = bare_record();
    let reason = NotificationReason::TerminationSuccess;
    notification_body(form, &Told { record: &record, reason, id: &ID, why, reason_field })
}

#[test]
fn form_1() {
    let why = Reason { category: Some("CUSTOMER_CANCELLED".into()), code: Some("EXPIRED".into()), description: None };
    assert_eq!(body(1, Some(&why), "notificationReason").as_deref(), Some(BODY));
    assert_eq!(NOTIFICATION_FORM, 1);
}

#[test]
fn other_forms_are_unknown() {
    assert_eq!(body(0, None, "notificationReason"), None);
    assert_eq!(body(2, None, "notificationReason"), None);
}

#[test]
fn without_a_reason_its_members_are_left_out() {
    let text = body(1, None, "notificationReason").expect("form 1");
    let from = BODY.find(r#""reasonCategory""#).expect("there");
    let to = BODY.find(r#""entitlementId""#).expect("there");
    assert_eq!(text, format!("{}{}", &BODY[..from], &BODY[to..]));
}

#[test]
fn the_switch_names_another_member_for_the_reason() {
    let text = body(1, None, "event").expect("form 1");
    assert!(text.contains(r#""parameters":null,"event":"TERMINATION_SUCCESS","notificationId""#));
    assert!(!text.contains("notificationReason"));
}

#[test]
fn no_member_ever_stands_twice() {
    let record = bare_record();
    let mut members = String::new();
    wire::push_record(&mut members, &record);
    let record = wire::parse_object(format!("{{{members}}}").as_bytes()).expect("JSON");
    let others = ["responseCode", "parameters", "notificationId", "reasonCode"];
    for name in record.0.iter().map(|(name, _)| name.as_str()).chain(others) {
        assert!(!is_valid_reason_field(name), "{name}");
        let text = body(1, Some(&Reason::default()), name).expect("form 1");
        let read = wire::parse_object(text.as_bytes());
        assert!(read.is_ok_and(|read| read.get("notificationReason").is_some()), "{name}");
    }
    assert!(is_valid_reason_field("reason"));
    for name in ["", "a\u{0}", &"x".repeat(65)] {
        assert!(!is_valid_reason_field(name), "{name}");
    }
}

#[test]
fn no_notification_shows_a_password() {
    let record = full_record();
    let reason = NotificationReason::MetadataUpdate;
    let told = Told { record: &record, reason, id: &ID, why: None, reason_field: "reason" };
    let text = notification_body(1, &told).expect("form 1");
    assert!(!text.contains("secret") && text.contains("https://***@acme.example/"));
}
