//! Everything that can come: commands, answers, and what merchants tell.
#![allow(dead_code, unreachable_pub)]

use super::shapes::*;
use entitlement::*;

pub fn commands() -> Vec<(&'static str, Command, Party)> {
    let url = Details { notification_url: Some(Some("https://r/n".into())), ..Details::default() };
    let both = Update { verb: Some(Verb::BenefitsSuspended), product: Some(other_product()), ..Update::default() };
    let late = Details { date_expiry: Some(Some(MADE)), ..Details::default() };
    let expiry = Details { date_expiry: Some(Some(EXPIRES)), ..Details::default() };
    let (reseller, operator) = (Party::Reseller, Party::Operator);
    vec![
        ("nothing", local(Details::default()), reseller),
        ("local", local(external_id("x")), reseller),
        ("notificationUrl", local(url), reseller),
        ("dateExpiry", local(expiry), reseller),
        ("dateExpiry past", local(late), reseller),
        ("productKey", product_update(other_product()), reseller),
        ("offerKey", product_update(other_offer()), reseller),
        ("productKey + suspend", Command::Update(both), reseller),
        ("benefits SUSPENDED", suspend(), reseller),
        ("status SUSPENDED", verb(Verb::StatusSuspended), reseller),
        ("benefits NORMAL", verb(Verb::BenefitsNormal), reseller),
        ("status ACTIVE", verb(Verb::StatusActive), reseller),
        ("cancel", cancel(), reseller),
        ("revoke", revoke(), reseller),
        ("activation info", Command::ActivationInfo, reseller),
        ("hold", Command::Hold(None), operator),
        ("release", Command::Release, operator),
        ("cancel", cancel(), operator),
        ("revoke", revoke(), operator),
    ]
}

pub fn merchant_events() -> Vec<(&'static str, Told)> {
    let patched = |product, extension, expiry, termination| Told::Patched {
        product,
        extension,
        date_expiry: expiry,
        termination_date: termination,
    };
    let mut private = JsonObject::new();
    private.set("k", Json::Bool(true));
    let with_code = Given { activation_code: Some("C".into()), ..Given::default() };
    vec![
        ("activated", Told::Activated(given())),
        ("activated with code", Told::Activated(with_code)),
        ("terminated", Told::Terminated { immediate: false, at: None, reason: Some(reason()) }),
        ("terminated at a past date", Told::Terminated { immediate: false, at: Some(MADE), reason: None }),
        ("terminated at a future date", Told::Terminated { immediate: false, at: Some(EXPIRES), reason: None }),
        ("terminated immediately", Told::Terminated { immediate: true, at: None, reason: None }),
        ("suspended", Told::Suspended(None)),
        ("resumed", Told::Resumed),
        ("refused", Told::Refused(None)),
        ("completed, done", Told::Completed { operation: OPERATION, done: true }),
        ("completed, refused", Told::Completed { operation: OPERATION, done: false }),
        ("completed, another", Told::Completed { operation: NEW_OPERATION, done: true }),
        ("news", Told::Notified { reason: Some(reason()), extension: private.clone() }),
        ("product", patched(Some(other_product()), JsonObject::new(), None, None)),
        ("offer", patched(Some(other_offer()), JsonObject::new(), None, None)),
        ("private data", patched(None, private, None, None)),
        ("expiry", patched(None, JsonObject::new(), Some(Some(EXPIRES)), None)),
        ("terminationDate", patched(None, JsonObject::new(), None, Some(Some(EXPIRES)))),
        ("terminationDate null", patched(None, JsonObject::new(), None, Some(None))),
    ]
}

pub fn asks() -> Vec<Ask> {
    let details = Box::new(external_id("x"));
    vec![
        Ask::Create,
        Ask::ActivationInfo,
        Ask::Update { product: other_product(), details: details.clone() },
        Ask::Suspend { owner: Party::Reseller, reason: Some(reason()), details: Box::default() },
        Ask::Resume { owner: Party::Reseller, details: Box::default() },
        Ask::Undo { details: Box::default() },
        Ask::Cancel(Box::new(end_request())),
        Ask::Revoke(Box::new(end_request())),
        Ask::Terminate { reason: None },
        Ask::SuspendAgain,
        Ask::UpdateBack,
    ]
}

pub fn answers() -> Vec<(&'static str, Answer)> {
    vec![
        ("done", Answer::Done(given())),
        ("user acts", user_acts()),
        ("accepted", Answer::Accepted(given())),
        ("code", Answer::Code(Given { activation_code: Some("C".into()), ..given() })),
        ("ends before", Answer::EndsAt { given: given(), at: MADE }),
        ("ends later", Answer::EndsAt { given: given(), at: EXPIRES }),
        ("queued", Answer::Queued(given())),
        ("refused", Answer::Refused(refusal())),
        ("failed", Answer::CertainFailure(Failure::Unreachable)),
        ("unknown", Answer::Unknown),
        ("not done", Answer::NotDone),
    ]
}
