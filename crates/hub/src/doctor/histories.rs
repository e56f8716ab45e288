//! A history: whole, in order, and folded it gives the row.

use super::Check;
use super::finding::At;
use entitlement::{Entitlement, EventKind, fold};
use store::{Row, StoredEvent};

pub(super) fn check(row: &Row, history: &[StoredEvent], at: &mut At) {
    let is_whole = history.iter().map(|stored| stored.sequence).eq(1..=row.last_event);
    if !is_whole {
        let (count, last) = (history.len(), row.last_event);
        at.say(Check::History, format!("its row counts {last} events, there are {count}, or their numbers have gaps"));
    }
    of_versions(row, history, at);
    of_positions(history, at);
    if row.state.unborn || !is_whole {
        return;
    }
    let creations = history.iter().filter(|stored| stored.event.kind == EventKind::Created).count();
    let begins = history.first().is_some_and(|first| first.event.kind == EventKind::Created);
    let folded = fold(history.iter().map(|stored| &stored.event)).filter(|_| begins && creations == 1);
    let Some(folded) = folded else {
        at.say(Check::History, "its history does not begin with its creation, or has another one");
        return;
    };
    // These three are the row's own: no event carries them.
    let behind = Entitlement { operation: None, duty: None, unborn: false, ..row.state.clone() };
    let fields = differing(&folded, &behind);
    at.say_if(
        folded != behind,
        Check::History,
        format!("its history does not fold to its row: they differ in {}", fields.join(", ")),
    );
}

fn of_versions(row: &Row, history: &[StoredEvent], at: &mut At) {
    let mut last = 0;
    for stored in history {
        let version = stored.event.version;
        if version != last && version != last + 1 {
            at.say(Check::History, format!("event {} has version {version} after {last}", stored.sequence));
        }
        last = version;
    }
    let own = row.state.version;
    at.say_if(last != own, Check::History, format!("its row has version {own}, its last event {last}"));
}

/// What changes the record stands in the feed, in the same order; nothing else does.
fn of_positions(history: &[StoredEvent], at: &mut At) {
    let mut last = 0;
    for stored in history {
        let told = stored.event.changes_record();
        if told != (stored.position > 0) {
            let has = if told { "changes the record and has no" } else { "changes no record and has a" };
            at.say(Check::Feed, format!("event {} {has} position in the feed", stored.sequence));
        }
        if stored.position > 0 {
            at.say_if(
                stored.position <= last,
                Check::Feed,
                format!("event {} stands before an older one in the feed", stored.sequence),
            );
            last = stored.position;
        }
    }
}

/// Names of the fields that differ; their values may be personal.
fn differing(folded: &Entitlement, row: &Entitlement) -> Vec<&'static str> {
    macro_rules! compare {
        ($one:expr, $other:expr; $($name:literal = $($field:ident).+),+ $(,)?) => {
            [$(($name, $one.$($field).+ != $other.$($field).+)),+]
        };
    }
    let fields = compare!(folded, row;
        "entitlementId" = record.entitlement_id,
        "status" = record.status,
        "dateCreated" = record.date_created,
        "dateActivated" = record.date_activated,
        "dateEnded" = record.date_ended,
        "dateSuspended" = record.date_suspended,
        "dateResumed" = record.date_resumed,
        "dateLastUpdated" = record.date_last_updated,
        "customerIdentifier" = record.customer_identifier,
        "merchantAccountKey" = record.merchant_account_key,
        "productKey" = record.product_key,
        "offerKey" = record.offer_key,
        "activationCode" = record.activation_code,
        "entitlementDisplayName" = record.entitlement_display_name,
        "dateExpiry" = record.date_expiry,
        "extensionData" = record.extension_data,
        "notificationUrl" = record.notification_url,
        "externalEntitlementId" = record.external_entitlement_id,
        "sharedCustomerId" = record.shared_customer_id,
        "bangoUserId" = record.bango_user_id,
        "merchantEntitlementId" = record.merchant_entitlement_id,
        "financeData" = record.finance_data,
        "version" = version,
        "the moment of the last event" = last_event_at,
        "the moment of the merchant's last event" = last_merchant_event_at,
        "holds" = holds,
        "the pending update" = pending_update,
        "the planned end" = ending,
        "the pending time-out" = pending_until,
        "the merchant's turn" = merchants_turn,
        "merchantExtensionData" = merchant_extension,
        "the wish to end" = wish,
    );
    fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}
