//! Entitlements in every shape that the rules distinguish, each made by the rules themselves.
#![allow(dead_code, unreachable_pub)]

use entitlement::*;
use ids::OperationId;

/// When the shapes were made.
pub const MADE: Moment = Moment(1_700_000_000_000);
/// When they are looked at.
pub const NOW: Moment = Moment(1_700_000_100_000);
/// A planned end.
pub const ENDS: Moment = Moment(1_700_086_400_000);
/// A planned expiry.
pub const EXPIRES: Moment = Moment(1_700_172_800_000);

pub const OPERATION: OperationId = OperationId(7);
pub const NEW_OPERATION: OperationId = OperationId(8);

pub fn route() -> RouteFacts {
    RouteFacts {
        update: true,
        suspend: true,
        resume: true,
        undo: true,
        cancel: true,
        revoke: true,
        activation_info: true,
        repeatable: false,
        inquiry: true,
        reason_required: false,
        limit: 1,
        pending_timeout_s: Some(3600),
        queued_deadline_s: 72 * 3600,
    }
}

pub fn record() -> Record {
    Record {
        entitlement_id: "e".into(),
        status: Status::Pending,
        date_created: MADE,
        date_activated: None,
        date_ended: None,
        date_suspended: None,
        date_resumed: None,
        date_last_updated: MADE,
        customer_identifier: "c".into(),
        merchant_account_key: "M".into(),
        product_key: "P".into(),
        offer_key: None,
        activation_code: None,
        entitlement_display_name: Some("P's name".into()),
        date_expiry: None,
        extension_data: JsonObject::new(),
        notification_url: None,
        external_entitlement_id: None,
        shared_customer_id: "s".into(),
        bango_user_id: "1".into(),
        merchant_entitlement_id: "e".into(),
        finance_data: JsonObject::new(),
    }
}

pub fn create() -> Create {
    Create { record: record(), extra_information: JsonObject::new(), pending_until: None }
}

pub fn unborn() -> Entitlement {
    open_create(create(), OPERATION, MADE)
}

/// Carries a decision out; the result is sound.
pub fn after(e: &Entitlement, decision: &Decision) -> Entitlement {
    let after = carry_out(e, decision).expect("the row stays");
    assert_eq!(broken(&after), None, "{after:#?}");
    after
}

pub fn settled(e: &Entitlement, answer: &Answer) -> Entitlement {
    after(e, &settle(e, answer, &route(), MADE))
}

pub fn asked(e: &Entitlement, command: &Command, caller: Party) -> Entitlement {
    let decision = admit(e, command, caller, &route(), MADE, OPERATION).expect("it is admitted");
    after(e, &decision)
}

pub fn done(e: &Entitlement, command: &Command, caller: Party) -> Entitlement {
    let asked = asked(e, command, caller);
    if asked.operation.is_none() { asked } else { settled(&asked, &Answer::Done(Given::default())) }
}

pub fn tell(e: &Entitlement, what: Told) -> Entitlement {
    let event = MerchantEvent { what, occurred_at: None };
    after(e, &told(e, &event, &route(), MADE).expect("it is taken"))
}

pub fn given() -> Given {
    Given::default()
}

pub fn user_acts() -> Answer {
    Answer::UserActs { given: given(), url: "https://m/u".into(), expires_at: None }
}

pub fn refusal() -> Refusal {
    Refusal { kind: RefusalKind::RefusedUser, message: None }
}

pub fn reason() -> Reason {
    Reason::of("CUSTOMER_CANCELLED", "NOT_RENEWED")
}

pub fn end_request() -> EndRequest {
    let mut extension = JsonObject::new();
    extension.set("cancelReasonCategory", Json::String("CUSTOMER_CANCELLED".into()));
    extension.set("cancelReasonCode", Json::String("NOT_RENEWED".into()));
    extension.set("ticket", Json::Number("1".into()));
    let reason_keys = vec!["cancelReasonCategory".into(), "cancelReasonCode".into()];
    EndRequest { reason: Some(reason()), extension, reason_keys }
}

pub fn cancel() -> Command {
    Command::Cancel(end_request())
}

pub fn revoke() -> Command {
    Command::Revoke(end_request())
}

pub fn verb(verb: Verb) -> Command {
    Command::Update(Update { verb: Some(verb), ..Update::default() })
}

pub fn suspend() -> Command {
    verb(Verb::BenefitsSuspended)
}

pub fn other_product() -> ProductChange {
    ProductChange { product_key: "Q".into(), offer_key: None, display_name: Some(Some("Q's name".into())) }
}

pub fn other_offer() -> ProductChange {
    ProductChange { product_key: "P".into(), offer_key: Some("O".into()), display_name: None }
}

pub fn product_update(product: ProductChange) -> Command {
    Command::Update(Update { product: Some(product), ..Update::default() })
}

pub fn local(details: Details) -> Command {
    Command::Update(Update { details, ..Update::default() })
}

pub fn external_id(id: &str) -> Details {
    Details { external_entitlement_id: Some(Some(id.into())), ..Details::default() }
}

pub fn hold_of(reason: Option<Reason>) -> Command {
    Command::Hold(reason)
}

pub fn pending_first() -> Entitlement {
    settled(&unborn(), &user_acts())
}

pub fn failed() -> Entitlement {
    settled(&unborn(), &Answer::Unknown)
}

pub fn active() -> Entitlement {
    settled(&unborn(), &Answer::Done(given()))
}

pub fn ending() -> Entitlement {
    let asked = asked(&active(), &cancel(), Party::Reseller);
    settled(&asked, &Answer::EndsAt { given: given(), at: ENDS })
}

pub fn ending_by_merchant() -> Entitlement {
    tell(&active(), Told::Terminated { immediate: false, at: Some(ENDS), reason: Some(reason()) })
}

pub fn suspended() -> Entitlement {
    done(&active(), &suspend(), Party::Reseller)
}

pub fn resumed_since() -> Entitlement {
    let held = done(&ending(), &suspend(), Party::Reseller);
    done(&held, &verb(Verb::BenefitsNormal), Party::Reseller)
}

pub fn pending_update(of: &Entitlement) -> Entitlement {
    settled(&asked(of, &product_update(other_product()), Party::Reseller), &user_acts())
}

pub fn held_by_merchant(e: &Entitlement) -> Entitlement {
    tell(e, Told::Suspended(None))
}

pub fn held_by_hub(e: &Entitlement) -> Entitlement {
    done(e, &Command::Hold(None), Party::Operator)
}

fn queued(e: &Entitlement, command: &Command) -> Entitlement {
    settled(&asked(e, command, Party::Reseller), &Answer::Queued(given()))
}

fn unknown(e: &Entitlement, command: &Command) -> Entitlement {
    settled(&asked(e, command, Party::Reseller), &Answer::Unknown)
}

fn wished(command: &Command) -> Entitlement {
    done_wish(&failed(), command)
}

fn done_wish(e: &Entitlement, command: &Command) -> Entitlement {
    let decision = admit(e, command, Party::Reseller, &route(), MADE, OPERATION).expect("a wish is kept");
    after(e, &decision)
}

/// Every shape without an operation that a merchant still has to settle, but for FAILED.
pub fn quiet() -> Vec<(&'static str, Entitlement)> {
    let held = suspended();
    vec![
        ("PENDING first", pending_first()),
        ("PENDING update", pending_update(&active())),
        ("PENDING update, ending", pending_update(&ending())),
        ("ACTIVE", active()),
        ("ACTIVE-ENDING by reseller", ending()),
        ("ACTIVE-ENDING by reseller, resumed", resumed_since()),
        ("ACTIVE-ENDING by merchant", ending_by_merchant()),
        ("SUSPENDED R", held.clone()),
        ("SUSPENDED M", held_by_merchant(&active())),
        ("SUSPENDED H", held_by_hub(&active())),
        ("SUSPENDED R+M", held_by_merchant(&held)),
        ("SUSPENDED R+H", held_by_hub(&held)),
        ("SUSPENDED M+H", held_by_hub(&held_by_merchant(&active()))),
        ("SUSPENDED R+M+H", held_by_merchant(&held_by_hub(&held))),
        ("SUSPENDED R, ending", done(&ending(), &suspend(), Party::Reseller)),
        ("SUSPENDED R, ending by merchant", done(&ending_by_merchant(), &suspend(), Party::Reseller)),
        ("CANCELLED", done(&active(), &cancel(), Party::Reseller)),
        ("REVOKED", done(&active(), &revoke(), Party::Reseller)),
    ]
}

/// Every shape with an open operation.
pub fn busy() -> Vec<(&'static str, Entitlement)> {
    let undo = verb(Verb::StatusActive);
    vec![
        ("unborn", unborn()),
        ("FAILED", failed()),
        ("FAILED, wish cancel", wished(&cancel())),
        ("FAILED, wish revoke", wished(&revoke())),
        ("PENDING first, create queued", settled(&unborn(), &Answer::Queued(given()))),
        ("PENDING first, cancel queued", queued(&pending_first(), &cancel())),
        ("PENDING update, cancel queued", queued(&pending_update(&active()), &cancel())),
        ("PENDING update, suspend unknown", unknown(&pending_update(&active()), &suspend())),
        ("ACTIVE, cancel in flight", asked(&active(), &cancel(), Party::Reseller)),
        ("ACTIVE, cancel queued", queued(&active(), &cancel())),
        ("ACTIVE, cancel unknown", unknown(&active(), &cancel())),
        ("ACTIVE, revoke queued", queued(&active(), &revoke())),
        ("ACTIVE, revoke unknown", unknown(&active(), &revoke())),
        ("ACTIVE, update queued", queued(&active(), &product_update(other_product()))),
        ("ACTIVE, update unknown", unknown(&active(), &product_update(other_product()))),
        ("ACTIVE, suspend in flight", asked(&active(), &suspend(), Party::Reseller)),
        ("ACTIVE, suspend queued", queued(&active(), &suspend())),
        ("ACTIVE-ENDING, undo queued", queued(&ending(), &undo)),
        ("ACTIVE-ENDING, undo unknown", unknown(&ending_by_reseller_only(), &undo)),
        ("SUSPENDED R, resume queued", queued(&suspended(), &verb(Verb::BenefitsNormal))),
        ("SUSPENDED R, resume unknown", unknown(&suspended(), &verb(Verb::BenefitsNormal))),
        ("SUSPENDED R, cancel queued", queued(&suspended(), &cancel())),
        ("CANCELLED, terminate owed", expired()),
        ("CANCELLED, terminate in flight", terminating()),
        ("CANCELLED, terminate unknown", settled(&terminating(), &Answer::Unknown)),
    ]
}

fn ending_by_reseller_only() -> Entitlement {
    ending()
}

pub fn expired() -> Entitlement {
    let e = done(
        &active(),
        &local(Details { date_expiry: Some(Some(MADE.plus_s(10))), ..Details::default() }),
        Party::Reseller,
    );
    after(&e, &pass_time(&e, &route(), MADE.plus_s(10)))
}

fn terminating() -> Entitlement {
    let e = expired();
    after(&e, &take_up_duty(&e, OPERATION, MADE.plus_s(10)).expect("a terminate is owed"))
}

pub fn all() -> Vec<(&'static str, Entitlement)> {
    quiet().into_iter().chain(busy()).collect()
}
