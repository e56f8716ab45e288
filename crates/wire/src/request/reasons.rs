//! Reasons of cancel, revoke and suspend: a pair out of one table, and free words.

use super::fields::Fields;
use super::switches::Unknown;
use super::text::Text;
use crate::{Fault, rule};
use entitlement::{Reason, is_known, nearest_reasons};

/// Under which names a reason is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReasonNames {
    pub(super) category: &'static str,
    pub(super) code: &'static str,
    pub(super) description: &'static str,
}

impl ReasonNames {
    pub(super) const CANCEL: Self =
        Self { category: "cancelReasonCategory", code: "cancelReasonCode", description: "cancelReasonDescription" };
    pub(super) const REVOKE: Self =
        Self { category: "revokeReasonCategory", code: "revokeReasonCode", description: "revokeReasonDescription" };
    pub(super) const SUSPEND: Self =
        Self { category: "suspendReasonCategory", code: "suspendReasonCode", description: "suspendReasonDescription" };

    /// What category, code and description take.
    pub(super) const fn texts(self) -> [Text; 3] {
        [Text::reason_word(self.category), Text::reason_word(self.code), Text::description(self.description)]
    }

    pub(super) const fn all(self) -> [&'static str; 3] {
        [self.category, self.code, self.description]
    }
}

/// Takes a reason out of the fields; null means not sent.
pub(super) fn take_reason(fields: &mut Fields, names: ReasonNames, unknown: Unknown) -> Option<Reason> {
    let before = fields.faults_count();
    let [category, code, description] = names.texts();
    let reason =
        Reason { category: fields.sent(category), code: fields.sent(code), description: fields.sent(description) };
    if fields.faults_count() == before {
        let checked = check_pair(&reason, names, unknown);
        fields.keep(checked);
    }
    (reason != Reason::default()).then_some(reason)
}

fn check_pair(reason: &Reason, names: ReasonNames, unknown: Unknown) -> Result<(), Fault> {
    let (missing, given) = match (&reason.category, &reason.code) {
        (None, None) => return Ok(()),
        (Some(_), None) => (names.code, names.category),
        (None, Some(_)) => (names.category, names.code),
        (Some(category), Some(code)) => {
            if unknown == Unknown::Accept || is_known(category, code) {
                return Ok(());
            }
            return Err(unknown_fault(category, code, names));
        }
    };
    let mut fault = Fault::required(missing);
    fault.rule = rule::REASON_INCOMPLETE;
    Err(fault.with_hint(format!("{given} is there: category and code go together. Send both, or neither.")))
}

fn unknown_fault(category: &str, code: &str, names: ReasonNames) -> Fault {
    let near: Vec<String> = nearest_reasons(category, code)
        .iter()
        .map(|known| format!("{}/{} ({})", known.category, known.code, known.meaning))
        .collect();
    let hint = format!(
        "{}/{} is no known reason. Nearest: {}. If none fits, send the code OTHER.",
        crate::fault::shown(category),
        crate::fault::shown(code),
        near.join("; "),
    );
    let field = if is_known(category, "OTHER") { names.code } else { names.category };
    Fault::invalid(field, rule::REASON_UNKNOWN).with_hint(hint)
}
