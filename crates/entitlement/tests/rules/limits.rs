//! Limit slots and identical creates.

use super::*;

fn sent() -> SentCreate {
    SentCreate { customer_identifier: Some("c".into()), product_key: Some("P".into()), ..SentCreate::default() }
}

#[test]
fn what_was_not_sent_does_not_count_for_an_identical_create() {
    assert!(is_identical(&active(), &sent()));
    assert!(!is_identical(&active(), &SentCreate { offer_key: Some("O".into()), ..sent() }));
}

#[test]
fn the_order_of_extension_members_does_not_count() {
    let object = |names: [&str; 2]| JsonObject(names.iter().map(|name| ((*name).into(), Json::Null)).collect());
    let mut open = active();
    open.record.extension_data = object(["a", "b"]);
    assert!(is_identical(&open, &SentCreate { extension_data: Some(object(["b", "a"])), ..sent() }));
}

#[test]
fn an_identical_create_joins_one_that_runs_or_failed_whatever_the_limit() {
    assert_eq!(at_limit(&[&unborn()], &sent(), 5), (AtLimit::Join, Some(0)));
    assert_eq!(at_limit(&[&active(), &failed()], &sent(), 2), (AtLimit::Join, Some(1)));
}

#[test]
fn below_the_limit_an_identical_create_makes_a_new_one() {
    assert_eq!(at_limit(&[&pending_first()], &sent(), 2), (AtLimit::NewEntitlement, None));
}

#[test]
fn at_the_limit_only_one_pending_for_its_first_activation_gets_a_fresh_url() {
    assert_eq!(at_limit(&[&pending_first()], &sent(), 1), (AtLimit::FreshUrl, Some(0)));
    let update = pending_update(&active());
    let same = SentCreate { product_key: Some("Q".into()), ..sent() };
    assert_eq!(at_limit(&[&update], &same, 1), (AtLimit::LimitReached, Some(0)));
    assert_eq!(at_limit(&[&active()], &sent(), 1), (AtLimit::LimitReached, Some(0)));
}

#[test]
fn the_lowest_free_slot_is_taken() {
    assert_eq!(choose_slot(&[1, 3], 3), Some(2));
    assert_eq!(choose_slot(&[1, 2], 2), None);
}
