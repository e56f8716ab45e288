//! Words, reasons, and what is allowed.

use super::*;

#[test]
fn allowed_says_what_admission_says() {
    let told = allowed(&ending_by_merchant(), &route(), NOW);
    let of = |verb| told.iter().find(|(name, _)| *name == verb).unwrap().1;
    assert_eq!(of(VerbName::Cancel), Err(Rejection::AlreadyEnding));
    assert_eq!(of(VerbName::Undo), Err(Rejection::EndingByMerchant));
    assert_eq!(of(VerbName::Suspend), Ok(()));
    assert_eq!(of(VerbName::Resume), Err(Rejection::NotSuspended));
}

#[test]
fn rejections_stand_in_their_order_of_precedence_and_words_in_that_of_the_documents() {
    assert!(Rejection::ALL.is_sorted());
    assert!(EventKind::ALL.is_sorted());
    assert!(NotificationReason::ALL.is_sorted());
}

#[test]
fn every_category_of_reasons_has_other_and_no_pair_stands_twice() {
    for reason in REASONS {
        assert!(is_known(reason.category, "OTHER"), "{}", reason.category);
        let same = REASONS.iter().filter(|other| (other.category, other.code) == (reason.category, reason.code));
        assert_eq!(same.count(), 1, "{}/{}", reason.category, reason.code);
    }
}

#[test]
fn a_misspelt_reason_finds_its_neighbour_first() {
    let near = nearest_reasons("CUSTOMER_CANCELED", "not_renewd");
    assert_eq!((near[0].category, near[0].code), ("CUSTOMER_CANCELLED", "NOT_RENEWED"));
    assert_eq!(near.len(), NEAREST_REASONS_MAX);
    assert!(!is_known("CUSTOMER_CANCELLED", "not_renewed"));
}
