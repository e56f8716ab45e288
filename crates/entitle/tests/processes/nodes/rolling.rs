//! From one version to the next under load: hub after hub is told to stop and one of the next version takes its
//! place, whose schema goes further. For a while both versions serve, and write, side by side.

use super::Place;
use super::later::{Later, options};
use drill::{Steering, Work, pause, work};
use std::path::PathBuf;
use std::time::Duration;
use store::{PostgresOpenError, PostgresStore, SchemaStep, StepKind, StepWork};

/// What the next version adds, and what it takes away at last.
const STEPS: &[SchemaStep] = &[
    SchemaStep {
        number: 3,
        name: "a note",
        kind: StepKind::Expand,
        work: StepWork::Statements(
            "ALTER TABLE entitlement ADD COLUMN note text; \
             ALTER TABLE lane ADD COLUMN weight bigint NOT NULL DEFAULT 1",
        ),
    },
    SchemaStep {
        number: 4,
        name: "an index",
        kind: StepKind::Expand,
        work: StepWork::Index {
            name: "entitlement_by_status",
            statement: "CREATE INDEX CONCURRENTLY entitlement_by_status ON entitlement (status)",
        },
    },
    SchemaStep {
        number: 5,
        name: "weights are given",
        kind: StepKind::Contract,
        work: StepWork::Statements("ALTER TABLE lane DROP COLUMN weight"),
    },
];
/// Each state of the upgrade is under load for so long.
const EACH: Duration = Duration::from_millis(1_200);

#[test]
fn hub_after_hub_is_replaced_by_the_next_version_under_load() {
    let place = Place::new("nodes-rolling", 2);
    let writing = Work { writers: 8, customers: 12, pause_ms: 2..12, seed: 11 };
    let (steering, addresses) = (Steering::start(), place.hubs.addresses());
    let mut later = Vec::new();
    let operations = std::thread::scope(|scope| {
        let writers = scope.spawn(|| work(&addresses, &place.credential, &writing, &steering));
        let ended = steering.ends_when_dropped();
        for (at, address) in addresses.iter().enumerate() {
            pause(EACH);
            place.hubs.stop(at);
            later.push(Later::start(&place.database.url, *address, &key_file(&place), STEPS));
            pause(EACH);
            if at == 0 {
                refuses_to_contract(&place);
            }
        }
        drop(ended);
        writers.join().unwrap()
    });
    let verdict = place.judged(operations);
    let counts = verdict.counts;
    crate::kill::say(&format!("a rolling upgrade: {counts:?}"));
    assert!(counts.done > 100 && counts.refused > 5, "{counts:?}: this test proves little");
    is_contracted_when_the_older_one_is_gone(&place);
    for hub in later {
        hub.stop();
    }
}

fn key_file(place: &Place) -> PathBuf {
    place.folder.path().join("hub.key")
}

fn migrate(place: &Place) -> Result<Vec<SchemaStep>, PostgresOpenError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(PostgresStore::migrate(options(&place.database.url, "migrate", STEPS)))
}

fn ask(place: &Place, sql: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(place.database.ask(sql))
}

/// While a hub of the older version serves.
fn refuses_to_contract(place: &Place) {
    let refused = migrate(place).unwrap_err();
    assert!(matches!(refused, PostgresOpenError::OlderPrograms { number: 5, known: 2, .. }), "{refused}");
}

/// Both of the later version serve on, and the older one is told why it does not start.
fn is_contracted_when_the_older_one_is_gone(place: &Place) {
    // A minute passes for those that have gone.
    ask(place, "UPDATE program SET at = at - interval '1 minute' WHERE schema = 2");
    let applied = migrate(place).unwrap();
    assert_eq!(applied.iter().map(|step| step.number).collect::<Vec<_>>(), [5]);
    for at in 0..2 {
        assert_eq!(place.echo(at, &place.credential), 200);
        assert_eq!(place.ask(at, &super::create(&format!("after-{at}"))).status, 200);
    }
    let refused = place.hubs.entitle("doctor");
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("newer"), "{refused:?}");
}
