//! The switches of a credential: where resellers' programs disagree about the contract, each may
//! have its reading. The catalog sets them; in test mode a header sets one for one request.

use crate::notification::{NOTIFICATION_REASON_FIELD, is_valid_reason_field};
use crate::{Fault, ResponseCode, nearest, rule};
use std::borrow::Cow;

/// Names and values of the switches, default first; `*` is any name.
pub const SWITCHES: [(&str, &[&str]); 8] = [
    ("conflictCode", &["NOT_AVAILABLE", "CONFLICT"]),
    ("createdHttp", &["201", "202"]),
    ("unknownFields", &["refuse", "ignore"]),
    ("unknownReasons", &["refuse", "accept"]),
    ("nullInUpdate", &["clear", "skip"]),
    ("notificationReasonField", &[NOTIFICATION_REASON_FIELD, "*"]),
    ("notifyOwnChanges", &["on", "off"]),
    ("notifyOnCreate", &["off", "on"]),
];

/// What to do with what is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unknown {
    /// 400.
    Refuse,
    /// Fields are ignored, reasons kept as they are.
    Accept,
}

/// What null means in an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NullInUpdate {
    /// The field is cleared.
    Clear,
    /// The field is not sent.
    Skip,
}

/// The switches of one credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switches {
    /// The code of a 409 about the status: `NotAvailable` or `Conflict`.
    pub conflict_code: ResponseCode,
    /// The HTTP status of a create that waits without a URL: 201 or 202.
    pub created_http: u16,
    /// Fields that a call does not know.
    pub unknown_fields: Unknown,
    /// Reasons that are not in the table.
    pub unknown_reasons: Unknown,
    /// null in an update.
    pub null_in_update: NullInUpdate,
    /// The member of notifications that carries the reason.
    pub notification_reason_field: Cow<'static, str>,
    /// Whether the reseller's own changes are told, too.
    pub notify_own_changes: bool,
    /// Whether creates are told, too.
    pub notify_on_create: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            conflict_code: ResponseCode::NotAvailable,
            created_http: 201,
            unknown_fields: Unknown::Refuse,
            unknown_reasons: Unknown::Refuse,
            null_in_update: NullInUpdate::Clear,
            notification_reason_field: Cow::Borrowed(NOTIFICATION_REASON_FIELD),
            notify_own_changes: true,
            notify_on_create: false,
        }
    }
}

impl Switches {
    /// Sets one by its public name.
    ///
    /// # Errors
    /// Where there is no such switch, or no such value of it; nothing is changed then.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Fault> {
        match (name, value) {
            ("conflictCode", "NOT_AVAILABLE") => self.conflict_code = ResponseCode::NotAvailable,
            ("conflictCode", "CONFLICT") => self.conflict_code = ResponseCode::Conflict,
            ("createdHttp", "201") => self.created_http = 201,
            ("createdHttp", "202") => self.created_http = 202,
            ("unknownFields", "refuse") => self.unknown_fields = Unknown::Refuse,
            ("unknownFields", "ignore") => self.unknown_fields = Unknown::Accept,
            ("unknownReasons", "refuse") => self.unknown_reasons = Unknown::Refuse,
            ("unknownReasons", "accept") => self.unknown_reasons = Unknown::Accept,
            ("nullInUpdate", "clear") => self.null_in_update = NullInUpdate::Clear,
            ("nullInUpdate", "skip") => self.null_in_update = NullInUpdate::Skip,
            ("notificationReasonField", field) if is_valid_reason_field(field) => {
                self.notification_reason_field = Cow::Owned(field.to_owned());
            }
            ("notifyOwnChanges", "on") => self.notify_own_changes = true,
            ("notifyOwnChanges", "off") => self.notify_own_changes = false,
            ("notifyOnCreate", "on") => self.notify_on_create = true,
            ("notifyOnCreate", "off") => self.notify_on_create = false,
            _ => return Err(fault(name)),
        }
        Ok(())
    }

    /// Name and value of each, in the order of [`SWITCHES`]; [`Switches::set`] takes them back.
    #[must_use]
    pub fn values(&self) -> [(&'static str, &str); 8] {
        let on = |on| if on { "on" } else { "off" };
        let refuse = |unknown, accept| if unknown == Unknown::Refuse { "refuse" } else { accept };
        [
            ("conflictCode", if self.conflict_code == ResponseCode::Conflict { "CONFLICT" } else { "NOT_AVAILABLE" }),
            ("createdHttp", if self.created_http == 202 { "202" } else { "201" }),
            ("unknownFields", refuse(self.unknown_fields, "ignore")),
            ("unknownReasons", refuse(self.unknown_reasons, "accept")),
            ("nullInUpdate", if self.null_in_update == NullInUpdate::Skip { "skip" } else { "clear" }),
            ("notificationReasonField", &self.notification_reason_field),
            ("notifyOwnChanges", on(self.notify_own_changes)),
            ("notifyOnCreate", on(self.notify_on_create)),
        ]
    }

    /// Sets one as the header `X-Entitle-Switch` says: `name=value`.
    ///
    /// # Errors
    /// As [`Switches::set`].
    pub fn set_by_header(&mut self, header: &str) -> Result<(), Fault> {
        let (name, value) = header.split_once('=').unwrap_or((header, ""));
        self.set(name.trim(), value.trim())
    }
}

fn fault(name: &str) -> Fault {
    let fault = Fault::invalid(name, rule::SWITCH_INVALID);
    let names = || SWITCHES.iter().map(|(known, _)| *known);
    match SWITCHES.iter().find(|(known, _)| *known == name) {
        Some((_, [_, "*"])) => fault.with_hint("Name a member that a notification does not have already."),
        Some((_, values)) => fault.with_hint(format!("Its values are {}.", values.join(" and "))),
        None => match nearest(name, names()) {
            Some(meant) => fault.with_hint(format!("There is no such switch. Is it {meant}?")),
            None => fault.with_hint(format!(
                "There is no such switch. Send name=value with one of {}.",
                names().collect::<Vec<_>>().join(", ")
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_every_switch_is_told_as_it_was_set() {
        for (at, (name, values)) in SWITCHES.into_iter().enumerate() {
            assert_eq!(Switches::default().values()[at], (name, values[0]), "the default comes first");
            for value in values {
                let value = if *value == "*" { "why" } else { value };
                let mut switches = Switches::default();
                switches.set(name, value).unwrap();
                assert_eq!(switches.values()[at], (name, value));
            }
        }
    }
}
