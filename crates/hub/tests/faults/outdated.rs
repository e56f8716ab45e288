//! Histories whose time is over, where they lie in partitions that are dropped: the doctor knows what is gone on
//! purpose, and pardons nothing else. A file keeps everything: there is nothing to do on it.

use crate::harness::{Case, INQUIRY, cancel, create, update};
use crate::place::Place;
use cluster::Database;
use hub::doctor::{self, Check, Wanted};
use store::{PostgresOptions, PostgresStore, Store};

/// The server's date from now on.
fn play(case: &Case, database: &Database, today: &str) {
    let sql =
        format!("CREATE OR REPLACE FUNCTION today() RETURNS date LANGUAGE sql STABLE AS $$ SELECT '{today}'::date $$");
    case.block(database.ask(&sql));
}

/// What the doctor says.
fn found(case: &Case) -> Vec<Check> {
    let examined = case.block(doctor::run(case.store().examine(), &Wanted::default(), &mut |_| ())).unwrap();
    examined.findings.iter().map(|finding| finding.check).collect()
}

#[test]
fn what_was_dropped_after_its_time_is_no_finding_and_what_is_missing_is() {
    let case = Case::open(INQUIRY);
    let Place::Server(database) = &case.place else {
        return;
    };
    play(&case, database, "2030-01-10");
    for customer in ["ended", "open", "spoilt"] {
        assert_eq!(case.ask("", &create(customer)).http, 200);
    }
    let ids: Vec<String> = case.rows().iter().map(|row| row.state.record.entitlement_id.clone()).collect();
    assert_eq!(case.ask("", &cancel(&ids[0])).http, 200);
    assert_eq!(case.ask("", &update(&ids[1], r#""externalEntitlementId":"E-1""#)).http, 200);
    case.audit();
    play(&case, database, "2031-03-01");
    assert_eq!(case.ask("", &update(&ids[1], r#""externalEntitlementId":"E-2""#)).http, 200);
    case.quiet();

    let keeps = PostgresOptions { history_months: Some(13), ..PostgresOptions::new(&database.url) };
    let keeper = case.block(PostgresStore::open(keeps)).unwrap();
    case.block(keeper.keep_partitions()).unwrap();
    case.block(keeper.close()).unwrap();
    let rows = case.rows();
    let length = |at: usize| case.history(rows[at].key).len();
    assert!(length(0) == 0 && length(1) > 1 && length(2) > 0, "what has ended is dropped, what is open is not");
    assert_eq!(found(&case), []);

    // What is open keeps its history: where that is gone, it is not on purpose.
    case.block(database.ask(&format!("DELETE FROM event WHERE key = '{}'", rows[2].key)));
    assert!(found(&case).contains(&Check::History));
}
