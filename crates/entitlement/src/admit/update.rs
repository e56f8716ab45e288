//! PATCH: what is left of it once equal members are dropped, and the checks that concern fields.

use super::Asking;
use crate::extension::{is_extension_too_large, merged};
use crate::moves::change_details;
use crate::settle::nothing;
use crate::{
    Ask, Decision, Details, JsonObject, Moment, ProductChange, Reason, Rejection, Reply, Status, Update, Verb,
};
use alloc::boxed::Box;

impl Asking<'_> {
    pub(super) fn update(&self, sent: &Update) -> Result<Decision, Rejection> {
        let details = self.changed_details(&sent.details);
        let product = sent.product.as_ref().filter(|product| self.changes_product(product));
        let verb = sent.verb.filter(|verb| self.is_wanted(*verb));
        match (product, verb) {
            (Some(_), Some(_)) => Err(Rejection::OneOperation),
            (Some(product), None) => self.product(product, details),
            (None, Some(verb)) => self.verb(verb, sent.reason.as_ref(), details),
            (None, None) if details == Details::default() => Ok(nothing()),
            (None, None) => self.local(&details),
        }
    }

    fn product(&self, product: &ProductChange, details: Details) -> Result<Decision, Rejection> {
        Self::offers(self.route.update)?;
        self.check_details(&details)?;
        self.is_open()?;
        self.has_turn()?;
        match self.e.record.status {
            Status::Active | Status::ActiveEnding => {
                Ok(self.ask(Ask::Update { product: product.clone(), details: Box::new(details) }))
            }
            Status::Pending | Status::Suspended | Status::Failed | Status::Cancelled | Status::Revoked => {
                Err(Rejection::NotActive)
            }
        }
    }

    fn verb(&self, verb: Verb, reason: Option<&Reason>, details: Details) -> Result<Decision, Rejection> {
        match verb {
            Verb::BenefitsSuspended | Verb::StatusSuspended => self.suspend(reason, details),
            Verb::BenefitsNormal | Verb::StatusActive if self.is_about_undoing(verb) => self.undo(verb, details),
            Verb::BenefitsNormal | Verb::StatusActive => self.resume(reason, details),
        }
    }

    fn local(&self, details: &Details) -> Result<Decision, Rejection> {
        self.check_details(details)?;
        if !is_only_url(details) {
            self.is_open()?;
        }
        let mut d = self.draft();
        change_details(&mut d, details);
        Ok(d.finish(Reply::Done))
    }

    /// Expiry and size, as they would be after the change.
    pub(super) fn check_details(&self, details: &Details) -> Result<(), Rejection> {
        if details.date_expiry.flatten().is_some_and(|at| at.whole_second() <= self.now) {
            return Err(Rejection::ExpiryNotAfterNow);
        }
        match &details.extension_data {
            Some(Some(patch)) => self.check_size(patch),
            Some(None) | None => Ok(()),
        }
    }

    /// The size of extensionData with a patch merged in.
    pub(super) fn check_size(&self, patch: &JsonObject) -> Result<(), Rejection> {
        let data = merged(&self.e.record.extension_data, patch);
        if is_extension_too_large(&data) { Err(Rejection::ExtensionTooLarge) } else { Ok(()) }
    }

    /// Whether the verb asks for anything: an equal status is dropped, and NORMAL on ACTIVE
    /// changes nothing.
    fn is_wanted(&self, verb: Verb) -> bool {
        match verb {
            Verb::BenefitsSuspended => true,
            Verb::StatusSuspended => self.e.record.status != Status::Suspended,
            Verb::BenefitsNormal | Verb::StatusActive => self.e.record.status != Status::Active,
        }
    }

    fn changes_product(&self, product: &ProductChange) -> bool {
        let record = &self.e.record;
        product.product_key != record.product_key || product.offer_key != record.offer_key
    }

    /// The local fields without those equal to the current value.
    fn changed_details(&self, sent: &Details) -> Details {
        let record = &self.e.record;
        let expiry = sent.date_expiry.map(|expiry| expiry.map(Moment::whole_second));
        Details {
            customer_identifier: unless_equal(sent.customer_identifier.as_ref(), &record.customer_identifier),
            notification_url: unless_equal(sent.notification_url.as_ref(), &record.notification_url),
            date_expiry: unless_equal(expiry.as_ref(), &record.date_expiry),
            extension_data: sent.extension_data.clone().filter(|patch| self.changes_extension(patch.as_ref())),
            entitlement_display_name: unless_equal(
                sent.entitlement_display_name.as_ref(),
                &record.entitlement_display_name,
            ),
            external_entitlement_id: unless_equal(
                sent.external_entitlement_id.as_ref(),
                &record.external_entitlement_id,
            ),
        }
    }

    fn changes_extension(&self, patch: Option<&JsonObject>) -> bool {
        let data = &self.e.record.extension_data;
        match patch {
            Some(patch) => merged(data, patch) != *data,
            None => !data.is_empty(),
        }
    }
}

fn unless_equal<T: PartialEq + Clone>(sent: Option<&T>, current: &T) -> Option<T> {
    sent.filter(|sent| *sent != current).cloned()
}

/// After the end only notificationUrl may still be changed.
fn is_only_url(details: &Details) -> bool {
    *details == Details { notification_url: details.notification_url.clone(), ..Details::default() }
}
