//! A new entitlement: its intent, its limit slot, and what an identical create does
//! (docs/LIFECYCLE.md section 7). What the merchant answers is settled in `settle/create.rs`.

use crate::{
    Ask, Create, Entitlement, Holds, Json, JsonObject, LEASE_MS, Moment, Operation, Party, Record, Stage, Status,
};
use alloc::string::String;
use ids::OperationId;

/// The intent of a create: PENDING, counted, readable by id, but in no report, feed or
/// notification before the outcome.
#[must_use]
pub fn open_create(create: Create, id: OperationId, now: Moment) -> Entitlement {
    let record = Record { status: Status::Pending, ..create.record };
    Entitlement {
        record: record.into(),
        version: 0,
        last_event_at: now,
        last_merchant_event_at: None,
        holds: Holds::default(),
        pending_update: None,
        ending: None,
        pending_until: create.pending_until,
        merchants_turn: false,
        merchant_extension: JsonObject::new(),
        wish: None,
        operation: Some(intent(id, now)),
        duty: None,
        unborn: true,
    }
}

/// The lowest free slot of 1 to `limit`; `None` where all are taken.
#[must_use]
pub fn choose_slot(taken: &[u32], limit: u32) -> Option<u32> {
    (1..=limit).find(|slot| !taken.contains(slot))
}

/// The fields a create really sent: null, and `""` in an optional field, mean not sent.
/// extraInformation does not count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SentCreate {
    /// entitlementId
    pub entitlement_id: Option<String>,
    /// customerIdentifier
    pub customer_identifier: Option<String>,
    /// merchantAccountKey
    pub merchant_account_key: Option<String>,
    /// productKey
    pub product_key: Option<String>,
    /// offerKey
    pub offer_key: Option<String>,
    /// notificationUrl
    pub notification_url: Option<String>,
    /// dateExpiry
    pub date_expiry: Option<Moment>,
    /// extensionData
    pub extension_data: Option<JsonObject>,
    /// entitlementDisplayName
    pub entitlement_display_name: Option<String>,
    /// externalEntitlementId
    pub external_entitlement_id: Option<String>,
}

/// Whether every field sent equals the open entitlement's current value.
#[must_use]
pub fn is_identical(open: &Entitlement, sent: &SentCreate) -> bool {
    let record = &open.record;
    is_same(sent.entitlement_id.as_ref(), Some(&record.entitlement_id))
        && is_same(sent.customer_identifier.as_ref(), Some(&record.customer_identifier))
        && is_same(sent.merchant_account_key.as_ref(), Some(&record.merchant_account_key))
        && is_same(sent.product_key.as_ref(), Some(&record.product_key))
        && is_same(sent.offer_key.as_ref(), record.offer_key.as_ref())
        && is_same(sent.notification_url.as_ref(), record.notification_url.as_ref())
        && is_same(sent.date_expiry.as_ref(), record.date_expiry.as_ref())
        && is_same(sent.entitlement_display_name.as_ref(), record.entitlement_display_name.as_ref())
        && is_same(sent.external_entitlement_id.as_ref(), record.external_entitlement_id.as_ref())
        && sent.extension_data.as_ref().is_none_or(|data| is_same_object(data, &record.extension_data))
}

/// What a create does against the open entitlements of its customer at this merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtLimit {
    /// An identical create is still running or its outcome is unknown: wait for that one.
    Join,
    /// An identical one waits for its first activation: the same id, with a fresh URL.
    FreshUrl,
    /// No slot is free.
    LimitReached,
    /// A slot is free: a new entitlement.
    NewEntitlement,
}

/// Decides a create against the customer's open entitlements. The index is the one joined, the
/// one that gets a fresh URL, or, at the limit, the first that takes up a slot.
#[must_use]
pub fn at_limit(open: &[&Entitlement], sent: &SentCreate, limit: u32) -> (AtLimit, Option<usize>) {
    let identical = |wanted: fn(&Entitlement) -> bool| open.iter().position(|e| wanted(e) && is_identical(e, sent));
    if let Some(at) = identical(is_undecided) {
        return (AtLimit::Join, Some(at));
    }
    let count = open.iter().filter(|e| e.record.status.is_open()).count();
    if u32::try_from(count).is_ok_and(|count| count < limit) {
        return (AtLimit::NewEntitlement, None);
    }
    match identical(is_awaiting_first_activation) {
        Some(at) => (AtLimit::FreshUrl, Some(at)),
        None => (AtLimit::LimitReached, open.iter().position(|e| e.record.status.is_open())),
    }
}

fn intent(id: OperationId, now: Moment) -> Operation {
    Operation {
        id,
        ask: Ask::Create,
        by: Party::Reseller,
        stage: Stage::InFlight,
        opened_at: now,
        attempts: 0,
        next_at: Some(now.plus_ms(LEASE_MS)),
        deadline: None,
        note: None,
    }
}

fn is_undecided(e: &Entitlement) -> bool {
    e.unborn || e.record.status == Status::Failed
}

fn is_awaiting_first_activation(e: &Entitlement) -> bool {
    e.record.status == Status::Pending && e.pending_update.is_none()
}

fn is_same<T: PartialEq + ?Sized>(sent: Option<&T>, current: Option<&T>) -> bool {
    sent.is_none() || sent == current
}

/// Objects are the same whatever the order of their members.
fn is_same_object(one: &JsonObject, other: &JsonObject) -> bool {
    one.0.len() == other.0.len()
        && one.0.iter().all(|(name, value)| other.get(name).is_some_and(|found| is_same_json(value, found)))
}

fn is_same_json(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Object(one), Json::Object(other)) => is_same_object(one, other),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same_json(one, other))
        }
        (one, other) => one == other,
    }
}
