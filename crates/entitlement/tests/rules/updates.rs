//! PATCH: products, local fields, pending updates.

use super::*;

#[test]
fn a_patch_that_changes_nothing_has_no_event() {
    let same = Details { customer_identifier: Some("c".into()), ..Details::default() };
    let decision = ask(&active(), &local(same)).unwrap();
    assert_eq!((decision.events.len(), decision.reply), (0, Reply::Done));
}

#[test]
fn equal_members_are_dropped_before_one_operation_is_checked() {
    let product = ProductChange { product_key: "P".into(), offer_key: None, display_name: None };
    let update = Update { product: Some(product), verb: Some(Verb::StatusActive), ..Update::default() };
    assert_eq!(ask(&active(), &Command::Update(update)).unwrap().reply, Reply::Done);
}

#[test]
fn product_and_verb_in_one_patch_are_refused() {
    let update = Update { product: Some(other_product()), verb: Some(Verb::BenefitsSuspended), ..Update::default() };
    assert_eq!(ask(&active(), &Command::Update(update)), Err(Rejection::OneOperation));
}

#[test]
fn a_product_update_is_told_before_everything_else_that_changed_in_one_version() {
    let product = ProductChange { offer_key: Some("O".into()), ..other_product() };
    let update = Update { product: Some(product), details: external_id("x"), ..Update::default() };
    let asked = asked(&active(), &Command::Update(update), Party::Reseller);
    let decision = settle(&asked, &Answer::Done(given()), &route(), NOW);
    assert_eq!(kinds(&decision), [EventKind::ProductUpdated, EventKind::DetailsUpdated]);
    assert_eq!(versions(&decision), [2, 2]);
    let told = [NotificationReason::ProductUpdate, NotificationReason::MetadataUpdate];
    assert_eq!(notices(&asked, &decision, OWN), told);
}

#[test]
fn an_offer_alone_is_told_as_metadata() {
    let asked = asked(&active(), &product_update(other_offer()), Party::Reseller);
    let decision = settle(&asked, &Answer::Done(given()), &route(), NOW);
    assert_eq!(notices(&asked, &decision, OWN), [NotificationReason::MetadataUpdate]);
}

#[test]
fn a_reseller_that_opts_out_is_not_told_of_its_own_changes() {
    let decision = ask(&active(), &local(external_id("x"))).unwrap();
    assert!(notices(&active(), &decision, NotifySwitches { own_changes: false, on_create: false }).is_empty());
}

#[test]
fn local_fields_of_a_mixed_patch_take_effect_with_a_202_and_are_not_rolled_back() {
    let update = Update { product: Some(other_product()), details: external_id("x"), ..Update::default() };
    let asked = asked(&active(), &Command::Update(update), Party::Reseller);
    let queued = settled(&asked, &Answer::Queued(given()));
    assert_eq!(queued.record.external_entitlement_id.as_deref(), Some("x"));
    let changed = done(&queued, &local(external_id("y")), Party::Reseller);
    assert_eq!(settled(&changed, &Answer::NotDone).record.external_entitlement_id.as_deref(), Some("y"));
    assert_eq!(settled(&changed, &Answer::Done(given())).record.external_entitlement_id.as_deref(), Some("y"));
}

#[test]
fn a_rollback_restores_product_and_offer_only() {
    let pending = pending_update(&active());
    assert_eq!(pending.record.entitlement_display_name.as_deref(), Some("Q's name"));
    let named = Details { entitlement_display_name: Some(Some("mine".into())), ..Details::default() };
    let named = done(&pending, &local(named), Party::Reseller);
    let back = tell(&named, Told::Refused(None));
    assert_eq!((back.record.product_key.as_str(), back.record.status), ("P", Status::Active));
    assert_eq!(back.record.entitlement_display_name.as_deref(), Some("mine"));
    assert_eq!(tell(&pending, Told::Refused(None)).record.entitlement_display_name.as_deref(), Some("P's name"));
}

#[test]
fn after_a_pending_timeout_the_merchant_is_sent_an_update_back() {
    let pending = pending_update(&active());
    let late = after(&pending, &pass_time(&pending, &route(), MADE.plus_s(3600)));
    assert_eq!((late.record.status, late.duty), (Status::Active, Some(Duty::UpdateBack)));
}

#[test]
fn pending_by_update_keeps_its_first_activation_and_its_end() {
    let pending = pending_update(&ending());
    assert_eq!((pending.record.status, pending.record.date_ended), (Status::Pending, Some(ENDS)));
    let event = MerchantEvent { what: Told::Activated(given()), occurred_at: None };
    let active = after(&pending, &told(&pending, &event, &route(), NOW).unwrap());
    assert_eq!((active.record.status, active.record.date_activated), (Status::ActiveEnding, Some(MADE)));
}

#[test]
fn a_date_expiry_not_after_now_is_refused_unless_it_is_the_one_that_stands() {
    let at = |at| local(Details { date_expiry: Some(Some(at)), ..Details::default() });
    assert_eq!(ask(&active(), &at(NOW)), Err(Rejection::ExpiryNotAfterNow));
    assert!(ask(&active(), &at(NOW.plus_s(1))).is_ok());
    let mut expiring = active();
    expiring.record.date_expiry = Some(MADE);
    assert!(ask(&expiring, &at(MADE)).unwrap().events.is_empty());
}

#[test]
fn extension_data_is_measured_after_the_merge() {
    let with = |bytes: usize| {
        let mut patch = JsonObject::new();
        patch.set("k", Json::String("x".repeat(bytes)));
        local(Details { extension_data: Some(Some(patch)), ..Details::default() })
    };
    let overhead = r#"{"k":""}"#.len();
    assert!(ask(&active(), &with(EXTENSION_BYTES_MAX - overhead)).is_ok());
    let too_large = with(EXTENSION_BYTES_MAX - overhead + 1);
    assert_eq!(ask(&active(), &too_large), Err(Rejection::ExtensionTooLarge));
}

#[test]
fn after_the_end_only_the_notification_url_changes() {
    let ended = done(&active(), &cancel(), Party::Reseller);
    let url = Details { notification_url: Some(Some("https://r".into())), ..Details::default() };
    assert_eq!(after(&ended, &ask(&ended, &local(url.clone())).unwrap()).version, ended.version + 1);
    let both = Details { external_entitlement_id: Some(Some("x".into())), ..url };
    assert_eq!(ask(&ended, &local(both)), Err(Rejection::AlreadyEnded));
}
