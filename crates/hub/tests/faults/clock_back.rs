//! The machine's clock jumps back an hour: while the hub runs its own clock stands still, and after
//! a crash what comes later in a history is not earlier in it. Nothing is lost, and the doctor finds
//! nothing.

use crate::harness::{Case, INQUIRY, cancel, create, update};
use store::Store;

const HOUR_MS: i64 = 3_600_000;

fn moments(case: &Case) -> Vec<i64> {
    let history = case.history(case.row().key);
    history.iter().map(|stored| stored.event.at.0).collect()
}

#[test]
fn a_clock_that_jumps_back_moves_no_history_back() {
    let mut case = Case::open(INQUIRY);
    assert_eq!(case.ask("create", &create("anna")).http, 200);
    let id = case.row().state.record.entitlement_id.clone();
    let created = case.row().state.record.date_created;

    case.clock.advance_ms(-HOUR_MS);
    let now = case.store().now();
    assert!(now >= created, "the store's clock stands still: {now:?}");
    assert_eq!(case.ask("suspend", &update(&id, "\"entitlementBenefits\":\"SUSPENDED\"")).http, 200);
    assert_eq!(case.status(), "SUSPENDED");

    case.crash();
    case.restart();
    assert!(case.store().now() < created, "a new start only knows the machine's clock");
    assert_eq!(case.ask("resume", &update(&id, "\"entitlementBenefits\":\"NORMAL\"")).http, 200);
    assert_eq!(case.ask("cancel", &cancel(&id)).http, 200);
    assert!(moments(&case).is_sorted(), "{:?}", moments(&case));
    let record = case.row().state.record;
    assert!(record.date_last_updated >= created, "{record:#?}");
    // A repeat finds its answer, and what was promised comes when the time is there.
    assert!(case.ask("create", &create("anna")).replayed);
    case.clock.advance_ms(2 * HOUR_MS);
    case.audit();
}
