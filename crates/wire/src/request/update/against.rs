//! The second stage of an update: what is left of it against the current record. Members equal
//! to the current value say nothing, so a record that was read can be written back whole.

use super::{Benefits, UpdateRequest};
use crate::json::{is_same, is_same_loosely, without_nulls};
use crate::request::extension::check_merged;
use crate::request::fields::check_expiry;
use crate::{Fault, parse_date, rule};
use entitlement::{Details, Json, JsonObject, Moment, Reason, Record, Status, Verb, is_extension_too_large};

/// What an update changes. `None`: nothing; `Some(None)`: cleared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateWanted {
    /// Another product.
    pub product_key: Option<String>,
    /// Another offer, or none.
    pub offer_key: Option<Option<String>>,
    /// Local fields.
    pub details: Details,
    /// Suspend, resume or undo.
    pub verb: Option<Verb>,
    /// Why it is suspended.
    pub reason: Option<Reason>,
}

impl UpdateRequest {
    /// What the update changes on this record.
    ///
    /// # Errors
    /// Every fault that shows only beside the current values, in the contract's order.
    pub fn against(self, record: &Record, now: Moment) -> Result<UpdateWanted, Vec<Fault>> {
        let mut faults = Vec::new();
        let status = self.status.filter(|status| *status != record.status);
        let verb = self.verb(status, &mut faults);
        let asks_suspend = self.benefits == Some(Benefits::Suspended) || self.status == Some(Status::Suspended);
        if self.reason.is_some() && !asks_suspend {
            faults.push(reason_without_suspend());
        }
        let reason = self.reason.clone().filter(|_| verb.is_some_and(is_suspend));
        check_read_only(&self.read_only, record, &mut faults);
        let product_key = self.product_key.clone().filter(|key| *key != record.product_key);
        let offer_key = changed(self.offer_key.clone(), &record.offer_key);
        if verb.is_some() && (product_key.is_some() || offer_key.is_some()) {
            faults.push(one_operation(if self.benefits.is_some() { "entitlementBenefits" } else { "status" }));
        }
        let details = self.details(record, now, &mut faults);
        if !faults.is_empty() {
            faults.sort_by_key(|fault| place(&fault.field));
            return Err(faults);
        }
        Ok(UpdateWanted { product_key, offer_key, details, verb, reason })
    }

    /// What entitlementBenefits and a changed status ask for together; `status: "ACTIVE"` says
    /// more than NORMAL, entitlementBenefits more than `status: "SUSPENDED"`.
    fn verb(&self, status: Option<Status>, faults: &mut Vec<Fault>) -> Option<Verb> {
        let by_status = match status {
            None => None,
            Some(Status::Active) => Some(Verb::StatusActive),
            Some(Status::Suspended) => Some(Verb::StatusSuspended),
            Some(other) => {
                faults.push(status_fault(other));
                None
            }
        };
        match (self.benefits, by_status) {
            (None, verb) => verb,
            (Some(Benefits::Normal), Some(Verb::StatusActive)) => by_status,
            (Some(Benefits::Normal), None) => Some(Verb::BenefitsNormal),
            (Some(Benefits::Suspended), None | Some(Verb::StatusSuspended)) => Some(Verb::BenefitsSuspended),
            (Some(_), Some(_)) => {
                faults.push(disagree());
                None
            }
        }
    }

    fn details(self, record: &Record, now: Moment, faults: &mut Vec<Fault>) -> Details {
        let date_expiry = changed(self.date_expiry, &record.date_expiry);
        if let Some(Some(at)) = date_expiry {
            faults.extend(check_expiry(at, now).err());
        }
        Details {
            customer_identifier: self.customer_identifier.filter(|customer| *customer != record.customer_identifier),
            notification_url: changed(self.notification_url, &record.notification_url),
            date_expiry,
            extension_data: changed_extension(self.extension_data, &record.extension_data, faults),
            entitlement_display_name: changed(self.entitlement_display_name, &record.entitlement_display_name),
            external_entitlement_id: changed(self.external_entitlement_id, &record.external_entitlement_id),
        }
    }
}

fn changed<T: PartialEq>(wanted: Option<Option<T>>, current: &Option<T>) -> Option<Option<T>> {
    wanted.filter(|wanted| wanted != current)
}

const fn is_suspend(verb: Verb) -> bool {
    matches!(verb, Verb::BenefitsSuspended | Verb::StatusSuspended)
}

fn changed_extension(
    wanted: Option<Option<JsonObject>>,
    current: &JsonObject,
    faults: &mut Vec<Fault>,
) -> Option<Option<JsonObject>> {
    let Some(patch) = wanted? else {
        return (!current.is_empty()).then_some(None);
    };
    // What no merge can make fit is not merged: that costs the product of both sizes.
    if !is_extension_too_large(current)
        && let Err(fault) = check_merged("extensionData", &without_nulls(&patch))
    {
        faults.push(fault);
        return None;
    }
    let mut merged = current.clone();
    merged.merge(&patch);
    if is_same(&Json::Object(merged.clone()), &Json::Object(current.clone())) {
        return None;
    }
    faults.extend(check_merged("extensionData", &merged).err());
    Some(Some(patch))
}

fn check_read_only(sent: &[(&'static str, Json)], record: &Record, faults: &mut Vec<Fault>) {
    for (name, value) in sent {
        if !is_current(name, value, record) {
            let hint = format!("{name} is set by the hub or the merchant. Leave it out of an update.");
            faults.push(Fault::invalid(name, rule::READ_ONLY).with_hint(hint));
        }
    }
}

/// Whether a read-only member has its current value; null was dropped before.
fn is_current(name: &str, value: &Json, record: &Record) -> bool {
    match name {
        "dateCreated" => is_date(value, Some(record.date_created)),
        "dateActivated" => is_date(value, record.date_activated),
        "dateEnded" => is_date(value, record.date_ended),
        "dateSuspended" => is_date(value, record.date_suspended),
        "dateResumed" => is_date(value, record.date_resumed),
        "dateLastUpdated" => is_date(value, Some(record.date_last_updated)),
        "merchantAccountKey" => is_text(value, Some(&record.merchant_account_key)),
        "activationCode" => is_text(value, record.activation_code.as_deref()),
        "sharedCustomerId" => is_text(value, Some(&record.shared_customer_id)),
        "bangoUserId" => is_text(value, Some(&record.bango_user_id)),
        "merchantEntitlementId" => is_text(value, Some(&record.merchant_entitlement_id)),
        "financeData" => is_same_loosely(value, &Json::Object(record.finance_data.clone())),
        _ => false,
    }
}

fn is_date(value: &Json, current: Option<Moment>) -> bool {
    match value {
        Json::String(text) => {
            parse_date(text).map(Moment::whole_second) == current.map(Moment::whole_second) && current.is_some()
        }
        _ => false,
    }
}

fn is_text(value: &Json, current: Option<&str>) -> bool {
    matches!(value, Json::String(text) if Some(text.as_str()) == current)
}

fn status_fault(status: Status) -> Fault {
    let (rule, hint) = match status {
        Status::Cancelled => {
            (rule::STATUS_NOT_BY_UPDATE, "An update cannot cancel. Send POST /v1/entitlement/cancel/{entitlementId}.")
        }
        Status::Revoked => {
            (rule::STATUS_NOT_BY_UPDATE, "An update cannot revoke. Send POST /v1/entitlement/revoke/{entitlementId}.")
        }
        Status::ActiveEnding => {
            (rule::READ_ONLY, "ACTIVE-ENDING follows a cancel. Send POST /v1/entitlement/cancel/{entitlementId}.")
        }
        Status::Pending | Status::Failed | Status::Active | Status::Suspended => (
            rule::READ_ONLY,
            "Only the hub sets this status. An update can set SUSPENDED (suspend) or ACTIVE (resume, undo an ending).",
        ),
    };
    Fault::invalid("status", rule).with_hint(hint)
}

fn one_operation(field: &str) -> Fault {
    Fault::invalid(field, rule::ONE_OPERATION).with_hint(
        "One update asks the merchant for one thing. Send productKey and offerKey in one update, \
         suspend or resume in another.",
    )
}

fn disagree() -> Fault {
    Fault::invalid("status", rule::ONE_OPERATION)
        .with_hint("status and entitlementBenefits ask for opposite things. Send one of them.")
}

fn reason_without_suspend() -> Fault {
    Fault::invalid("suspendReasonCategory", rule::REASON_WITHOUT_SUSPEND).with_hint(
        "A suspend reason goes with a suspend. Send entitlementBenefits SUSPENDED beside it, or leave the reason out.",
    )
}

/// Where a field stands in the contract's order.
fn place(field: &str) -> usize {
    let order = super::UPDATE_FIELDS.iter().map(|field| field.name).chain(super::READ_ONLY_FIELDS);
    order.take_while(|known| *known != field).count()
}
