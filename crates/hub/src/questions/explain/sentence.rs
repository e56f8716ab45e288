//! One or two plain sentences that a care agent can read out: what is so, who made it so, who has
//! to act, and what can be done. What may be done is told by admission, never decided here.

use super::words::{capital, listed, who, why};
use entitlement::{Entitlement, Event, EventKind, Moment, Party, Rejection, RouteFacts, Status, VerbName};
use store::StoredEvent;
use wire::print_date;

/// All that a sentence is made of.
pub(super) struct Situation<'a> {
    pub(super) e: &'a Entitlement,
    pub(super) facts: &'a RouteFacts,
    pub(super) verbs: &'a [(VerbName, Result<(), Rejection>)],
    pub(super) events: &'a [StoredEvent],
    /// The event that gave it its present status.
    pub(super) turning: Option<&'a Event>,
    /// When that was.
    pub(super) since: Moment,
}

impl Situation<'_> {
    pub(super) fn sentence(&self) -> String {
        let ended = !self.e.record.status.is_open();
        let operation = if ended { self.still_told() } else { self.open_operation() };
        let parts = [Some(self.standing()), operation, self.way_on(), self.ahead()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Whether the reseller may do this now.
    pub(super) fn may(&self, verb: VerbName) -> Result<(), Rejection> {
        let found = self.verbs.iter().find(|(name, _)| *name == verb);
        found.map_or(Err(Rejection::NotOffered), |(_, told)| *told)
    }

    /// What is so, and since when.
    fn standing(&self) -> String {
        let since = print_date(self.since);
        match self.e.record.status {
            _ if self.e.unborn => format!("The merchant is being asked for it since {since}."),
            Status::Pending => self.pending(&since),
            Status::Active => format!("Active since {since}: the customer can use it."),
            Status::ActiveEnding => self.ending(),
            Status::Suspended => self.suspended(),
            Status::Failed => self.failed(&since),
            Status::Cancelled | Status::Revoked => self.ended(),
        }
    }

    fn pending(&self, since: &str) -> String {
        let record = &self.e.record;
        if let Some(update) = &self.e.pending_update {
            let none = || "none".to_owned();
            let change = if update.product_key == record.product_key {
                let (old, new) = (update.offer_key.clone(), record.offer_key.clone());
                format!("offer from {} to {}", old.unwrap_or_else(none), new.unwrap_or_else(none))
            } else {
                format!("product from {} to {}", update.product_key, record.product_key)
            };
            return format!(
                "The change of {change} waits since {since} for the customer, who has to confirm it on the \
                 merchant's page."
            );
        }
        match (self.e.merchants_turn, &record.activation_code) {
            (true, _) => format!(
                "The merchant accepted it at {since} and has yet to activate it; the customer has nothing to do."
            ),
            (false, Some(_)) => {
                format!(
                    "Waiting since {since} for the customer, who has to redeem the activation code at the merchant."
                )
            }
            (false, None) => {
                format!("Waiting since {since} for the customer, who has to confirm it on the merchant's page.")
            }
        }
    }

    fn ending(&self) -> String {
        let ends = self.e.record.date_ended.map(print_date).unwrap_or_default();
        let deed = match self.e.ending.as_ref().map(|ending| ending.by) {
            Some(Party::Reseller) => "the reseller cancelled it".to_owned(),
            by => format!("{} planned that end", who(by.unwrap_or(Party::Merchant))),
        };
        let when =
            self.planned_end().map(|event| format!(" at {}{}", print_date(event.at), why(event.reason.as_ref())));
        format!("Active until {ends}: {deed}{}.", when.unwrap_or_default())
    }

    fn suspended(&self) -> String {
        let holds: Vec<String> = holders(self.e)
            .into_iter()
            .filter_map(|owner| self.e.holds.of(owner).map(|hold| (owner, hold)))
            .map(|(owner, hold)| {
                format!("by {} since {}{}", holder(owner), print_date(hold.since), why(hold.reason.as_ref()))
            })
            .collect();
        format!("Suspended {}.", listed(&holds, "and"))
    }

    fn failed(&self, since: &str) -> String {
        let wish = match &self.e.wish {
            Some(wish) => {
                let end = if wish.revoke { "revocation" } else { "cancellation" };
                format!(" The {end}{} is kept and carried out once that is known.", why(wish.reason.as_ref()))
            }
            None => String::new(),
        };
        format!(
            "The merchant's answer to the create did not arrive: since {since} it is not known whether it has it.{wish}"
        )
    }

    fn ended(&self) -> String {
        let at = self.e.record.date_ended.map(print_date).unwrap_or_default();
        let Some(event) = self.turning else { return format!("Ended at {at}.") };
        let why = why(event.reason.as_ref());
        let is_expiry = event.reason.as_ref().and_then(|reason| reason.code.as_deref()) == Some("EXPIRED");
        let said = match (event.kind, self.planned_end()) {
            (EventKind::Revoked, _) => format!("Revoked by {} at {at}{why}.", who(event.by)),
            _ if event.by == Party::Hub && is_expiry => format!("Expired at {at}."),
            (_, Some(planned)) if event.by == Party::Hub => {
                format!("Ended at {at}, as {} had planned at {}{why}.", who(planned.by), print_date(planned.at))
            }
            _ if event.by != Party::Reseller && self.e.record.date_activated.is_none() => {
                format!("Came to nothing at {at}: it was never activated{why}.")
            }
            _ => format!("Cancelled by {} at {at}{why}.", who(event.by)),
        };
        format!("{said} That is final; a new one can be created.")
    }

    /// The plan of the end that stands, or that came.
    fn planned_end(&self) -> Option<&Event> {
        let about_ends = |kind| matches!(kind, EventKind::EndingPlanned | EventKind::EndingUndone);
        let newest = self.events.iter().rev().map(|stored| &stored.event).find(|event| about_ends(event.kind));
        newest.filter(|event| event.kind == EventKind::EndingPlanned)
    }

    fn still_told(&self) -> Option<String> {
        let is_told = self.e.operation.is_some() || self.e.duty.is_some();
        is_told.then(|| "The hub is still telling the merchant, until it confirms.".to_owned())
    }

    /// Who can do what about it.
    fn way_on(&self) -> Option<String> {
        match self.e.record.status {
            _ if self.e.unborn => Some("The answer comes within seconds.".to_owned()),
            Status::Pending => self
                .may(VerbName::ActivationInfo)
                .ok()
                .filter(|()| self.has_link())
                .map(|()| "If the link is lost or has expired, activation info gives a fresh one.".to_owned()),
            Status::ActiveEnding => self.taking_back(),
            Status::Suspended => self.resuming(),
            Status::Failed => self
                .may(VerbName::Cancel)
                .ok()
                .map(|()| "A cancel or revoke is taken now and carried out once that is known.".to_owned()),
            Status::Active | Status::Cancelled | Status::Revoked => None,
        }
    }

    fn has_link(&self) -> bool {
        !self.e.merchants_turn && self.e.record.activation_code.is_none()
    }

    fn taking_back(&self) -> Option<String> {
        match self.may(VerbName::Undo) {
            Ok(()) => Some("Until then the reseller can take it back with status ACTIVE.".to_owned()),
            Err(Rejection::EndingByMerchant) => Some("Only the merchant can take it back.".to_owned()),
            Err(Rejection::UndoNotSupported) => Some("This merchant cannot take it back.".to_owned()),
            Err(_) => None,
        }
    }

    fn resuming(&self) -> Option<String> {
        let owners = holders(self.e);
        let others: Vec<Party> = owners.iter().copied().filter(|owner| *owner != Party::Reseller).collect();
        let ends = self.ends();
        let or_end = if ends.is_empty() { String::new() } else { format!("; the reseller can {} it", either(&ends)) };
        match self.may(VerbName::Resume) {
            Ok(()) if others.is_empty() => {
                let ways: Vec<&str> = ["resume"].into_iter().chain(ends).collect();
                Some(format!("The reseller can {} it.", either(&ways)))
            }
            Ok(()) => {
                let lift = if others.len() == 1 { "lifts its own" } else { "lift theirs" };
                Some(format!(
                    "The reseller can lift its own hold; it stays suspended until {} {lift}, too.",
                    names(&others)
                ))
            }
            Err(Rejection::OperationInProgress) => None,
            Err(Rejection::NotOffered) => Some(format!("This merchant takes no resume{or_end}.")),
            Err(_) if owners.len() == 1 => Some(format!("Only {} can resume it{or_end}.", names(&owners))),
            Err(_) => Some(format!("Only together can {} resume it{or_end}.", names(&owners))),
        }
    }

    /// How the reseller can end it now.
    fn ends(&self) -> Vec<&'static str> {
        let ends = [(VerbName::Cancel, "cancel"), (VerbName::Revoke, "revoke")];
        ends.into_iter().filter(|(verb, _)| self.may(*verb).is_ok()).map(|(_, word)| word).collect()
    }

    /// What time will bring by itself.
    fn ahead(&self) -> Option<String> {
        let record = &self.e.record;
        if !record.status.is_open() {
            return None;
        }
        let planned = record.date_ended.filter(|_| self.e.ending.is_some());
        let expiry = record.date_expiry.filter(|expiry| planned.is_none_or(|planned| *expiry <= planned));
        let back = if self.e.pending_update.is_some() { "it goes back to what it was" } else { "it ends by itself" };
        let before_that = if planned.is_some() { "before that, " } else { "" };
        let told = [
            self.e.pending_until.map(|at| format!("at {} {back}", print_date(at))),
            planned
                .filter(|_| record.status != Status::ActiveEnding)
                .map(|at| format!("its end stays planned for {}", print_date(at))),
            expiry.map(|at| format!("it expires {before_that}at {}", print_date(at))),
        ];
        let told: Vec<String> = told.into_iter().flatten().collect();
        (!told.is_empty()).then(|| format!("{}.", capital(&listed(&told, "and"))))
    }
}

fn holders(e: &Entitlement) -> Vec<Party> {
    [Party::Reseller, Party::Merchant, Party::Hub].into_iter().filter(|owner| e.holds.of(*owner).is_some()).collect()
}

fn names(owners: &[Party]) -> String {
    let names: Vec<&str> = owners.iter().map(|owner| holder(*owner)).collect();
    listed(&names, "and")
}

fn either(words: &[&str]) -> String {
    listed(words, "or")
}

/// Whose hold it is: the HUB's is set and lifted by its operator.
const fn holder(owner: Party) -> &'static str {
    match owner {
        Party::Reseller | Party::Merchant => who(owner),
        Party::Hub | Party::Operator => who(Party::Operator),
    }
}
