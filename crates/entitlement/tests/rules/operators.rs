//! Operators.

use super::*;

#[test]
fn an_operator_settles_what_nobody_could_find_out() {
    let resolved = |as_| resolve(&failed(), as_, Some(reason()), NOW).map(|decision| after(&failed(), &decision));
    assert_eq!(resolved(Resolution::Active).unwrap().record.status, Status::Active);
    assert_eq!(resolved(Resolution::Pending).unwrap().record.status, Status::Pending);
    assert_eq!(resolved(Resolution::Cancelled).unwrap().record.status, Status::Cancelled);
    assert_eq!(resolve(&active(), Resolution::Active, None, NOW), Err(Rejection::NotPending));
}
