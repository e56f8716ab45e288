//! The body of a notification, *form 1*, frozen like the answers: it is printed anew at each
//! attempt and has to be the same bytes.

use crate::answer::{SUCCESS, push_envelope};
use crate::error::push_optional;
use crate::{RECORD_MEMBERS, ResponseCode, push_record, push_string};
use entitlement::{NotificationReason, Reason, Record};
use ids::NotificationId;

/// The form that new notifications are printed in.
pub const NOTIFICATION_FORM: u8 = 1;

/// The member that carries the reason, unless a switch of the credential names another.
pub const NOTIFICATION_REASON_FIELD: &str = "notificationReason";

/// Longest name a switch may give that member; any sensible name is far shorter.
const REASON_FIELD_CHARS_MAX: usize = 64;

/// The members of a notification besides the record and the one that carries its reason.
const MEMBERS: [&str; 8] = [
    "responseCode",
    "responseMessage",
    "parameters",
    "notificationId",
    "notificationSequence",
    "reasonCategory",
    "reasonCode",
    "reasonDescription",
];

/// What a notification tells.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The record at the commit.
    pub record: &'a Record,
    /// What happened.
    pub reason: NotificationReason,
    /// Its id; the sequence is part of it.
    pub id: &'a NotificationId,
    /// Why, where it was said.
    pub why: Option<&'a Reason>,
    /// The member that carries the reason (switch `notificationReasonField`).
    pub reason_field: &'a str,
}

/// Whether a member of this name can carry the reason: none of the others has it.
#[must_use]
pub fn is_valid_reason_field(name: &str) -> bool {
    let fits = (1..=REASON_FIELD_CHARS_MAX).contains(&name.chars().count());
    fits && !name.contains(char::is_control)
        && !MEMBERS.contains(&name)
        && !RECORD_MEMBERS.iter().any(|known| known.name == name)
}

/// The body. A reason field that would stand twice falls back to `notificationReason`. `None`: a
/// form this program does not know.
#[must_use]
pub fn notification_body(form: u8, told: &Told<'_>) -> Option<String> {
    if form != NOTIFICATION_FORM {
        return None;
    }
    let mut out = String::with_capacity(1280);
    push_envelope(&mut out, ResponseCode::Ok, SUCCESS, "null");
    push_reason(&mut out, told);
    out.push_str(&format!(",\"notificationId\":\"{}\",\"notificationSequence\":{}", told.id, told.id.sequence));
    if let Some(why) = told.why {
        push_why(&mut out, why);
    }
    out.push(',');
    push_record(&mut out, told.record);
    out.push('}');
    Some(out)
}

fn push_reason(out: &mut String, told: &Told<'_>) {
    let field = match told.reason_field {
        field if is_valid_reason_field(field) => field,
        _ => NOTIFICATION_REASON_FIELD,
    };
    out.push(',');
    push_string(out, field);
    out.push_str(":\"");
    out.push_str(told.reason.as_str());
    out.push('"');
}

fn push_why(out: &mut String, why: &Reason) {
    out.push_str(",\"reasonCategory\":");
    push_optional(out, why.category.as_deref());
    out.push_str(",\"reasonCode\":");
    push_optional(out, why.code.as_deref());
    out.push_str(",\"reasonDescription\":");
    push_optional(out, why.description.as_deref());
}
