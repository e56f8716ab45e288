//! History, explain and products, byte by byte.

use crate::sample::{bare_record, date};
use entitlement::{
    Awaited, Event, EventKind, Hold, Party, Reason, Record, Rejection, Set, Stage, Status, VerbName, born_from,
};
use wire::{
    EligibleProduct, Explanation, HistoryBody, HistoryEvent, LastError, Origin, ProductStatus, explain_body,
    products_body,
};

fn event(kind: EventKind, reason: Option<Reason>) -> Event {
    Event { at: date("2024-05-06T07:08:09Z"), by: Party::Reseller, kind, reason, version: 1, sets: Vec::new() }
}

const HISTORY: &str = concat!(
    r#"{"responseCode":"OK","responseMessage":"Success","parameters":{"olderEvents":7},"entitlementId":"0190-a","#,
    r#""events":[{"at":"2024-05-06T07:08:09Z","planned":false,"actor":"RESELLER","event":"CREATED","changes":["#,
    r#"{"field":"entitlementId","old":null,"new":"0190-a"},{"field":"status","old":null,"new":"PENDING"},"#,
    r#"{"field":"dateCreated","old":null,"new":"2024-05-06T07:08:09Z"},"#,
    r#"{"field":"dateLastUpdated","old":null,"new":"2024-05-06T07:08:09Z"},"#,
    r#"{"field":"customerIdentifier","old":null,"new":"+441632960123"},"#,
    r#"{"field":"merchantAccountKey","old":null,"new":"BANGO"},{"field":"productKey","old":null,"new":"BangoMusic"},"#,
    r#"{"field":"sharedCustomerId","old":null,"new":"s-1"},{"field":"bangoUserId","old":null,"new":"1234567890"},"#,
    r#"{"field":"merchantEntitlementId","old":null,"new":"0190-a"}],"#,
    r#""reason":null,"requestId":"sale \"1\"","notificationId":null,"notificationState":null},"#,
    r#"{"at":"2024-05-06T07:08:09Z","planned":true,"actor":"RESELLER","event":"SUSPENDED","changes":["#,
    r#"{"field":"status","old":"PENDING","new":"SUSPENDED"},"#,
    r#"{"field":"extensionData","old":null,"new":{"a":0.10}},"#,
    r#"{"field":"notificationUrl","old":null,"new":"https://***@acme.example/"}],"#,
    r#""reason":{"category":"A","code":"B","description":null},"requestId":null,"#,
    r#""notificationId":"n-1","notificationState":"WAITING"}]}"#,
);

#[test]
fn a_history_shows_what_changed_and_nothing_else() {
    let before = bare_record();
    let mut after = Record { status: Status::Suspended, ..before.clone() };
    after.extension_data = crate::sample::object(r#"{"a":0.10}"#);
    after.notification_url = Some("https://user:word@acme.example/".to_owned());
    let (created, suspended) =
        (event(EventKind::Created, None), event(EventKind::Suspended, Some(Reason::of("A", "B"))));
    let mut body = HistoryBody::new("0190-a", 7);
    let first = HistoryEvent {
        event: &created,
        planned: false,
        before: None,
        after: &before,
        request_id: Some("sale \"1\""),
        notification: None,
    };
    body.push(&first);
    body.push(&HistoryEvent {
        event: &suspended,
        planned: true,
        before: Some(&before),
        after: &after,
        request_id: None,
        notification: Some(("n-1", "WAITING")),
    });
    assert_eq!(body.finish(), HISTORY);
    let empty =
        r#"{"responseCode":"OK","responseMessage":"Success","parameters":{},"entitlementId":"0190-a","events":[]}"#;
    assert_eq!(HistoryBody::new("0190-a", 0).finish(), empty);
}

const EXPLAINED: &str = concat!(
    r#"{"responseCode":"OK","responseMessage":"Success","parameters":{},"entitlementId":"0190-a","status":"PENDING","#,
    r#""sentence":"Why \"so\".","awaited":"HUB","since":"2024-05-06T07:08:09Z","#,
    r#""deadline":"2024-05-07T00:00:00Z","endsAt":null,"#,
    r#""holds":[{"owner":"RESELLER","reason":null,"since":"2024-05-06T07:08:09Z"},"#,
    r#"{"owner":"HUB","reason":{"category":"A","code":"B","description":null},"since":"2024-05-06T07:08:09Z"}],"#,
    r#""operation":{"type":"create","stage":"UNKNOWN","requestId":"00000000-0000-0000-0000-000000000007","#,
    r#""by":"RESELLER","since":"2024-05-06T07:08:09Z","attempts":2,"nextAttempt":"2024-05-07T00:00:00Z","#,
    r#""deadline":null},"allowed":["update","revoke"],"refused":{"cancel":"already-ending"},"#,
    r#""lastError":{"at":"2024-05-06T07:08:09Z","origin":"MERCHANT","operation":"create","rule":"outcome-unknown","#,
    r#""message":"No answer."}}"#,
);

const BARELY_EXPLAINED: &str = concat!(
    r#"{"responseCode":"OK","responseMessage":"Success","parameters":{},"entitlementId":"0190-a","status":"PENDING","#,
    r#""sentence":"","awaited":null,"since":"2024-05-06T07:08:09Z","deadline":null,"endsAt":null,"holds":[],"#,
    r#""operation":null,"allowed":[],"refused":{},"lastError":null}"#,
);

#[test]
fn an_explanation_has_all_its_members_always() {
    let at = date("2024-05-06T07:08:09Z");
    let mut created = event(EventKind::Created, None);
    created.sets.push(Set::Record(bare_record().into()));
    let mut e = born_from(&created).unwrap();
    let bare = Explanation {
        entitlement: &e.clone(),
        sentence: "",
        awaited: None,
        since: at,
        deadline: None,
        ends_at: None,
        operation_type: None,
        verbs: &[],
        last_error: None,
    };
    assert_eq!(explain_body(&bare), BARELY_EXPLAINED);
    e.holds.reseller = Some(Hold { since: at, reason: None });
    e.holds.hub = Some(Hold { since: at, reason: Some(Reason::of("A", "B")) });
    e.operation = Some(entitlement::Operation {
        id: ids::OperationId(7),
        ask: entitlement::Ask::Create,
        by: Party::Reseller,
        stage: Stage::Unknown,
        opened_at: at,
        attempts: 2,
        note: None,
        next_at: Some(date("2024-05-07T00:00:00Z")),
        deadline: None,
    });
    let last_error = LastError {
        at,
        origin: Origin::Merchant,
        operation: Some("create".to_owned()),
        rule: Some("outcome-unknown"),
        message: "No answer.".to_owned(),
    };
    let full = Explanation {
        entitlement: &e,
        sentence: "Why \"so\".",
        awaited: Some(Awaited::Hub),
        deadline: Some(date("2024-05-07T00:00:00Z")),
        operation_type: Some("create"),
        verbs: &[
            (VerbName::Update, Ok(())),
            (VerbName::Cancel, Err(Rejection::AlreadyEnding)),
            (VerbName::Revoke, Ok(())),
        ],
        last_error: Some(&last_error),
        ..bare
    };
    assert_eq!(explain_body(&full), EXPLAINED);
}

const PRODUCTS: &str = concat!(
    r#"{"responseCode":"OK","responseMessage":"Success","parameters":{},"eligibleProducts":["#,
    r#"{"productIdentifier":"M/P","productRank":1,"productStatus":"AVAILABLE","productName":"P's \"name\"","#,
    r#""productDescription":"","productLogoURL":null,"productTermsURL":null,"#,
    r#""merchantAccountKey":"M","productKey":"P","#,
    r#""offerKeys":[],"rule":null,"supports":["update"],"health":"OK"},"#,
    r#"{"productIdentifier":"M/P","productRank":2,"productStatus":"UNAVAILABLE","productName":"P's \"name\"","#,
    r#""productDescription":"","productLogoURL":"https://m.example/p.png","#,
    r#""productTermsURL":"https://m.example/terms","#,
    r#""merchantAccountKey":"M","productKey":"P","#,
    r#""offerKeys":["A","B"],"rule":"merchant-unreachable","supports":[],"health":"FAILING"}]}"#,
);

#[test]
fn products_are_ranked_as_they_come() {
    let offers = ["A".to_owned(), "B".to_owned()];
    let good = EligibleProduct {
        merchant_account_key: "M",
        product_key: "P",
        name: "P's \"name\"",
        description: "",
        logo_url: None,
        terms_url: None,
        offers: &[],
        status: ProductStatus::Available,
        rule: None,
        supports: vec!["update"],
        healthy: true,
    };
    let bad = EligibleProduct {
        logo_url: Some("https://m.example/p.png"),
        terms_url: Some("https://m.example/terms"),
        offers: &offers,
        status: ProductStatus::Unavailable,
        rule: Some("merchant-unreachable"),
        supports: Vec::new(),
        healthy: false,
        ..good.clone()
    };
    assert_eq!(products_body(&[good, bad]), PRODUCTS);
    assert_eq!(ProductStatus::NotEligible.as_str(), "NOT_ELIGIBLE");
}
