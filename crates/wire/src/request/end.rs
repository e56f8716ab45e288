//! Cancel and revoke: a reason, and anything else; all of it goes into extensionData.

use super::Switches;
use super::extension::{check_merged, check_patch, nul_faults, read_patch};
use super::fields::Fields;
use super::reasons::{ReasonNames, take_reason};
use super::text::Text;
use crate::json::without_nulls;
use crate::{Fault, Field, Shape, rule};
use entitlement::{EndRequest, Json, JsonObject, Reason};
use std::collections::HashMap;

/// The fields of a cancel that mean something; every other one goes into extensionData.
pub const CANCEL_FIELDS: [Field; 5] = [CATEGORY, CODE, DESCRIPTION, ID, EXTENSION];

/// The same of a revoke: a reason in either family of names.
pub const REVOKE_FIELDS: [Field; 8] = [
    CATEGORY,
    CODE,
    DESCRIPTION,
    REVOKE[0].field(CATEGORY.meaning),
    REVOKE[1].field(CODE.meaning),
    REVOKE[2].field(DESCRIPTION.meaning),
    ID,
    EXTENSION,
];

const CANCEL: [Text; 3] = ReasonNames::CANCEL.texts();
const REVOKE: [Text; 3] = ReasonNames::REVOKE.texts();
const CATEGORY: Field = CANCEL[0].field("why it ends: a category of the table of reasons; with the code or not at all");
const CODE: Field = CANCEL[1].field("why it ends: a code of that category");
const DESCRIPTION: Field = CANCEL[2].field("why it ends, in your words");
const ID: Field = Text::ENTITLEMENT_ID.field("the id of the path again, or nothing");
const EXTENSION: Field = Field::new("extensionData", Shape::ObjectOrText, "merged into yours by RFC 7396");

/// Reads the body of a cancel or revoke of the entitlement `path_id`.
///
/// # Errors
/// Every faulty field, in the contract's order.
pub fn parse_end(body: JsonObject, path_id: &str, revoke: bool, switches: &Switches) -> Result<EndRequest, Vec<Fault>> {
    let sent_reasons = reason_members(&body, revoke);
    let mut fields = Fields::new(body);
    let reason = take_reasons(&mut fields, revoke, switches);
    take_id(&mut fields, path_id);
    let mut extension = take_held(&mut fields);
    let (others, mut faults) = fields.rest();
    faults.extend(nul_faults("", &others));
    lay_over(&mut extension, others);
    lay_over(&mut extension, sent_reasons.clone());
    if faults.is_empty() {
        faults.extend(check_extension(&extension).err());
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let names = sent_reasons.0.into_iter();
    let reason_keys = names.filter(|(_, value)| *value != Json::Null).map(|(name, _)| name).collect();
    Ok(EndRequest { reason, extension, reason_keys })
}

/// The families of names that carry a reason: a revoke takes both.
fn families(revoke: bool) -> &'static [ReasonNames] {
    const BOTH: [ReasonNames; 2] = [ReasonNames::CANCEL, ReasonNames::REVOKE];
    if revoke { &BOTH } else { &BOTH[..1] }
}

/// The reason members as sent, null included: it removes an older one.
fn reason_members(body: &JsonObject, revoke: bool) -> JsonObject {
    let is_reason = |name: &str| {
        let mut names = families(revoke).iter().flat_map(|names| names.all());
        names.any(|known| known == name)
    };
    let members = body.0.iter().filter(|(name, _)| is_reason(name));
    JsonObject(members.cloned().collect())
}

fn take_reasons(fields: &mut Fields, revoke: bool, switches: &Switches) -> Option<Reason> {
    let unknown = switches.unknown_reasons;
    let cancel = take_reason(fields, ReasonNames::CANCEL, unknown);
    if !revoke {
        return cancel;
    }
    let revoke = take_reason(fields, ReasonNames::REVOKE, unknown);
    if let (Some(cancel), Some(revoke)) = (&cancel, &revoke)
        && cancel != revoke
    {
        fields.fault(
            Fault::invalid("revokeReasonCategory", rule::REASON_TWICE)
                .with_hint("revokeReason… and cancelReason… say different things. Send one of them."),
        );
    }
    revoke.or(cancel)
}

fn take_id(fields: &mut Fields, path_id: &str) {
    const HINT: &str = "The path names another entitlement. Leave entitlementId out of the body.";
    let Some(id) = fields.sent(Text::ENTITLEMENT_ID) else {
        return;
    };
    if !is_same_id(&id, path_id) {
        let fault = Fault::invalid("entitlementId", rule::ENTITLEMENT_ID_MISMATCH);
        fields.fault(fault.with_hint(HINT));
    }
}

/// UUIDs are matched in any letter case, own ids are not.
fn is_same_id(a: &str, b: &str) -> bool {
    a == b || ids::parse_uuid(a).is_some_and(|uuid| ids::parse_uuid(b) == Some(uuid))
}

/// The `extensionData` member; null says nothing.
fn take_held(fields: &mut Fields) -> JsonObject {
    let Some(value) = fields.take_sent("extensionData") else {
        return JsonObject::new();
    };
    let read = read_patch("extensionData", value);
    fields.keep_all(read).unwrap_or_default()
}

/// What is too large by itself stays so after every merge; the rest is seen beside the row.
fn check_extension(patch: &JsonObject) -> Result<(), Fault> {
    check_patch("extensionData", patch)?;
    check_merged("extensionData", &without_nulls(patch))
}

/// Lays one patch over another, so that merging the result is merging both in turn.
fn lay_over(patch: &mut JsonObject, upper: JsonObject) {
    let members = patch.0.iter().enumerate();
    let places: HashMap<String, usize> = members.map(|(at, (name, _))| (name.clone(), at)).collect();
    for (name, value) in upper.0 {
        let place = places.get(&name).and_then(|at| patch.0.get_mut(*at));
        match (place, value) {
            (None, value) => patch.0.push((name, value)),
            (Some((_, Json::Object(lower))), Json::Object(value)) => lay_over(lower, value),
            (Some((_, lower)), value) => *lower = value,
        }
    }
}
