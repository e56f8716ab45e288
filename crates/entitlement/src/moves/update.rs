//! Products, offers and local fields; updates that wait for the user, and their way back.

use super::{given_sets, status_when_running};
use crate::draft::Draft;
use crate::extension::merged;
use crate::{
    Details, Entitlement, EventKind, Given, JsonObject, Moment, PendingUpdate, ProductChange, Reason, Set, Status,
};
use alloc::vec::Vec;

/// Another product or offer takes effect. productKey is told by itself; everything else that
/// changed, the offer included, is told together after it, in the same version.
pub(crate) fn change_product(d: &mut Draft<'_>, product: &ProductChange, details: &Details, also: Vec<Set>) {
    let changes_key = product.product_key != d.after.record.product_key;
    let changes_offer = product.offer_key != d.after.record.offer_key;
    let mut rest = also;
    rest.push(Set::OfferKey(product.offer_key.clone()));
    let mut name: Vec<Set> = product.display_name.clone().map(Set::EntitlementDisplayName).into_iter().collect();
    if changes_key {
        name.push(Set::ProductKey(product.product_key.clone()));
        d.along(EventKind::ProductUpdated, None, name);
    } else {
        rest.extend(name);
    }
    rest.extend(detail_sets(&d.after, details));
    let kind = if changes_offer && !changes_key { EventKind::ProductUpdated } else { EventKind::DetailsUpdated };
    d.along_if_changed(kind, None, rest);
}

/// The user has to confirm: new values are shown, old ones remembered.
pub(crate) fn update_pending(d: &mut Draft<'_>, product: &ProductChange, given: &Given, until: Option<Moment>) {
    let record = &d.after.record;
    let remembered = PendingUpdate {
        product_key: record.product_key.clone(),
        offer_key: record.offer_key.clone(),
        display_name: record.entitlement_display_name.clone().filter(|_| product.display_name.is_some()),
        since: d.now(),
    };
    let mut sets = given_sets(&d.after, given);
    sets.extend([
        Set::Status(Status::Pending),
        Set::ProductKey(product.product_key.clone()),
        Set::OfferKey(product.offer_key.clone()),
        Set::PendingUpdate(Some(remembered)),
        Set::PendingUntil(until),
    ]);
    sets.extend(product.display_name.clone().map(Set::EntitlementDisplayName));
    d.push(EventKind::UpdatePending, None, sets);
}

/// Drops a pending update; nothing where there is none.
pub(crate) fn roll_back(d: &mut Draft<'_>) {
    let Some(pending) = d.after.pending_update.clone() else {
        return;
    };
    let mut sets = Vec::from([
        Set::Status(status_when_running(&d.after)),
        Set::ProductKey(pending.product_key),
        Set::OfferKey(pending.offer_key),
        Set::PendingUpdate(None),
        Set::PendingUntil(None),
    ]);
    sets.extend(pending.display_name.map(|name| Set::EntitlementDisplayName(Some(name))));
    d.push(EventKind::UpdateRolledBack, Some(Reason::of("ACTIVATION_ROLLBACK", "OTHER")), sets);
}

/// Local fields take effect.
pub(crate) fn change_details(d: &mut Draft<'_>, details: &Details) {
    let sets = detail_sets(&d.after, details);
    d.along_if_changed(EventKind::DetailsUpdated, None, sets);
}

/// Local fields as field changes.
pub(crate) fn detail_sets(e: &Entitlement, details: &Details) -> Vec<Set> {
    let mut sets = Vec::new();
    sets.extend(details.customer_identifier.clone().map(Set::CustomerIdentifier));
    sets.extend(details.notification_url.clone().map(Set::NotificationUrl));
    sets.extend(details.date_expiry.map(Set::DateExpiry));
    sets.extend(details.external_entitlement_id.clone().map(Set::ExternalEntitlementId));
    sets.extend(details.entitlement_display_name.clone().map(Set::EntitlementDisplayName));
    sets.extend(details.extension_data.as_ref().map(|patch| Set::ExtensionData(patched(e, patch.as_ref()))));
    if details.entitlement_display_name.is_some() {
        // A name given by hand stays when the update goes back.
        let unnamed = e.pending_update.clone().map(|pending| PendingUpdate { display_name: None, ..pending });
        sets.push(Set::PendingUpdate(unnamed));
    }
    sets
}

fn patched(e: &Entitlement, patch: Option<&JsonObject>) -> JsonObject {
    patch.map_or_else(JsonObject::new, |patch| merged(&e.record.extension_data, patch))
}
