//! The members of a body, taken one by one, and the faults found on the way.

use super::switches::Unknown;
use super::text::{Text, type_fault};
use crate::field::names;
use crate::{Fault, Field, check_url, nearest, parse_date, rule};
use entitlement::{Json, JsonObject, Moment};

/// More unknown fields than this are not named: whoever sends so many needs no list.
const UNKNOWN_FIELDS_MAX: usize = 32;

/// Members not taken yet, and faults.
pub(super) struct Fields {
    members: Vec<(String, Json)>,
    faults: Vec<Fault>,
}

impl Fields {
    pub(super) fn new(body: JsonObject) -> Self {
        Self { members: body.0, faults: Vec::new() }
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// The value, and nothing where it is a fault.
    pub(super) fn keep<T>(&mut self, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.faults.push(fault)).ok()
    }

    pub(super) fn fault_all(&mut self, faults: Vec<Fault>) {
        self.faults.extend(faults);
    }

    /// The value, and nothing where there are faults.
    pub(super) fn keep_all<T>(&mut self, read: Result<T, Vec<Fault>>) -> Option<T> {
        read.map_err(|faults| self.faults.extend(faults)).ok()
    }

    /// Takes a member out, null or not.
    pub(super) fn take(&mut self, name: &str) -> Option<Json> {
        let at = self.members.iter().position(|(known, _)| known == name)?;
        Some(self.members.remove(at).1)
    }

    /// Drops a member that is null, and leaves any other.
    pub(super) fn drop_null(&mut self, name: &str) {
        self.members.retain(|(known, value)| known != name || *value != Json::Null);
    }

    /// Takes a member that is not null.
    pub(super) fn take_sent(&mut self, name: &str) -> Option<Json> {
        self.take(name).filter(|value| *value != Json::Null)
    }

    /// Takes a member for which null and `""` mean not sent.
    pub(super) fn take_filled(&mut self, name: &str) -> Option<Json> {
        self.take_sent(name).filter(|value| !matches!(value, Json::String(text) if text.is_empty()))
    }

    /// A string that has to be there.
    pub(super) fn required(&mut self, text: Text) -> Option<String> {
        match self.take_sent(text.name) {
            Some(value) => self.keep(text.read(value)),
            None => {
                let hint = format!("{} is missing or null. This call needs it.", text.name);
                self.fault(Fault::required(text.name).with_hint(hint));
                None
            }
        }
    }

    /// A string that may be missing; null means so, `""` does not.
    pub(super) fn sent(&mut self, text: Text) -> Option<String> {
        let value = self.take_sent(text.name)?;
        self.keep(text.read(value))
    }

    /// A string that may be missing; null and `""` mean so.
    pub(super) fn filled(&mut self, text: Text) -> Option<String> {
        let value = self.take_filled(text.name)?;
        self.keep(text.read(value))
    }

    /// What is left are unknown fields: faults or, where the switch says so, names.
    pub(super) fn finish(mut self, unknown: Unknown, hint: impl Fn(&str) -> String) -> Result<Vec<String>, Vec<Fault>> {
        let left = std::mem::take(&mut self.members).into_iter();
        let names: Vec<String> = left.map(|(name, _)| name).collect();
        if unknown == Unknown::Refuse {
            for name in names.iter().take(UNKNOWN_FIELDS_MAX) {
                let fault = Fault::invalid(name, rule::UNKNOWN_FIELD);
                self.fault(fault.with_hint(hint(name)));
            }
        }
        if self.faults.is_empty() { Ok(names) } else { Err(self.faults) }
    }

    pub(super) fn faults_count(&self) -> usize {
        self.faults.len()
    }

    /// What is left, and the faults.
    pub(super) fn rest(self) -> (JsonObject, Vec<Fault>) {
        (JsonObject(self.members), self.faults)
    }
}

/// The hint of an unknown field: the nearest name, or all of them.
pub(super) fn unknown_hint(name: &str, known: &[Field]) -> String {
    match nearest(name, known.iter().map(|field| field.name)) {
        Some(meant) => format!("Is it {meant}? Names are case sensitive."),
        None => format!("The fields of this call are {}.", names(known).join(", ")),
    }
}

/// Reads a date-time.
pub(super) fn read_date(field: &'static str, value: Json) -> Result<Moment, Fault> {
    const HINT: &str = "Send an RFC 3339 date-time such as 2030-01-31T12:00:00Z.";
    let Json::String(text) = &value else {
        let wanted = "a date-time string such as \"2030-01-31T12:00:00Z\", not a number of seconds";
        return Err(type_fault(field, wanted));
    };
    match parse_date(text) {
        Some(at) => Ok(at),
        None => {
            Text::word(field).read(value)?;
            Err(Fault::invalid(field, rule::DATE_FORMAT).with_hint(HINT))
        }
    }
}

/// Checks that a dateExpiry lies after `now` and before the year 2200.
pub(super) fn check_expiry(at: Moment, now: Moment) -> Result<Moment, Fault> {
    const FIELD: &str = "dateExpiry";
    if at <= now {
        let now = crate::print_date(now);
        let hint = format!("dateExpiry has to be later than now, which is {now} (UTC).");
        return Err(Fault::invalid(FIELD, rule::DATE_NOT_FUTURE).with_hint(hint));
    }
    if at >= crate::DATE_END {
        let hint = "dateExpiry has to be before the year 2200. Leave it out for no expiry.";
        return Err(Fault::invalid(FIELD, rule::DATE_TOO_FAR).with_hint(hint));
    }
    Ok(at)
}

/// Reads a notificationUrl.
pub(super) fn read_url(value: Json, live: bool) -> Result<String, Fault> {
    let text = Text::NOTIFICATION_URL;
    let url = text.read(value)?;
    check_url(text.name, &url, live)?;
    Ok(url)
}
