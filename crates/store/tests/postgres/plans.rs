//! Every statement of a change goes by keys: what it costs does not grow with the tables, and does not
//! depend on when PostgreSQL last counted their rows.

use super::checks::samples::{START, answer, claim, claimed, create, noticed, only_claim, rename, row};
use super::checks::{self, Stage};
use super::{Postgres, soon};
use entitlement::Moment;
use ids::OperationId;
use std::sync::Arc;
use store::{Change, Claim, ClaimChange, Clock, LaneOutcome, LaneResult, NewCallback, PostgresStore, RowChange};

const FILLED: u128 = 1_500;
const EACH: u128 = 60;

/// Rows of one table that are read for one change, at most: a few checks, and versions left behind.
const READ_FOR_EACH_MAX: u64 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_reads_a_whole_table() {
    let postgres = Postgres::default();
    let clock = Clock::manual(START);
    let store = PostgresStore::open(postgres.options(clock.clone()).await).await.unwrap();
    // With several homes, so that another customer is another home.
    store.make_account("acme", false, 4).await.unwrap();
    let place = checks::place(&store, "acme", false).await;
    let stage = Stage { store: Arc::new(store), clock, place };
    let database = postgres.database().await;
    // Plans are made on empty tables, and nobody counts anew.
    let tables = "SELECT c.oid::regclass FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    for table in database.ask(tables).await {
        database.ask(&format!("ALTER TABLE {table} SET (autovacuum_enabled = off)")).await;
    }
    one_of_each(&stage, 0).await;
    let keys: Vec<u128> = (1..=FILLED).map(|n| 1_000_000 + n).collect();
    for some in keys.chunks(100) {
        let changes = some.iter().map(|key| full(&stage, *key)).collect();
        stage.together(changes).await;
    }
    for n in 1..=EACH {
        one_of_each(&stage, n * 100).await;
    }
    let moved = database.ask("SELECT count(DISTINCT home)::text FROM entitlement WHERE customer LIKE 'taken%'").await;
    assert_eq!(moved, ["4"]);
    stage.store.close().await.unwrap();
    drop(stage);
    // What a session has read is counted when it ends.
    let sessions = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'entitle' AND datname = current_database()";
    soon("the sessions end", async || database.ask(sessions).await.is_empty()).await;
    let read = "SELECT relname || ' ' || seq_tup_read + idx_tup_read FROM \
                (SELECT relname, coalesce(seq_tup_read, 0) AS seq_tup_read, \
                 coalesce((SELECT sum(i.idx_tup_read) FROM pg_stat_user_indexes i WHERE i.relid = t.relid), 0) \
                 AS idx_tup_read FROM pg_stat_user_tables t) read";
    let most = READ_FOR_EACH_MAX * u64::try_from(FILLED + EACH * 12).unwrap();
    for line in database.ask(read).await {
        let (table, count) = line.split_once(' ').unwrap();
        assert!(count.parse::<u64>().unwrap() < most, "{line} rows were read, at most {most} of {table} should be");
    }
}

fn full(stage: &Stage, key: u128) -> Change {
    let operation = Some(OperationId(key));
    let made = row(stage.place, key, &format!("c{key}"));
    let promised = NewCallback { key: made.key, at: Moment(i64::MAX), says: String::new() };
    let mut change = noticed(claimed(create(made), &format!("i{key}")), 0);
    change.callbacks = vec![promised];
    let waiting = Claim { operation, ..claim(&format!("w{key}"), None) };
    change.claim = ClaimChange::Insert(waiting);
    change
}

/// One of every kind of change, each alone, and one attempt at a notification.
async fn one_of_each(stage: &Stage, key: u128) {
    let mut entitlement = row(stage.place, key, &format!("c{key}"));
    stage.done(full(stage, key)).await;
    let at = START.plus_ms(1);
    let renamed = noticed(rename(&mut entitlement, "new", at), 0);
    let answered = Claim { operation: Some(OperationId(key)), ..claim(&format!("w{key}"), Some(answer(1))) };
    stage.done(Change { claim: ClaimChange::Answer(answered), wakes_lanes: true, ..renamed }).await;
    stage.done(only_claim(stage.place.account, ClaimChange::AnswerOf(OperationId(key), answer(1)))).await;
    stage.done(only_claim(stage.place.account, ClaimChange::FreeOf(OperationId(key)))).await;
    let waiting = claim(&format!("f{key}"), None);
    stage.done(only_claim(stage.place.account, ClaimChange::Insert(waiting.clone()))).await;
    stage.done(only_claim(stage.place.account, ClaimChange::Free(waiting.identity))).await;
    let works = stage.store.claim_lanes(START.plus_s(9), 0, 10, 1).await.unwrap();
    let result = |work: &store::LaneWork| LaneResult {
        key: work.key,
        target: work.target,
        fence: work.fence,
        sequence: work.notification.sequence,
        outcome: LaneOutcome::Parked(Moment(i64::MAX)),
        status: Some(410),
        error: None,
        at,
    };
    stage.store.settle_lanes(works.iter().map(result).collect()).await.unwrap();
    stage.store.wake_lanes(entitlement.key).await.unwrap();
    stage.store.lanes_due(START, 1).await.unwrap();
    stage.store.next_due().await.unwrap();
    stage.by_id(&entitlement.key.to_string()).await.unwrap();
    stage.store.history(entitlement.key, None).await.unwrap();
    entitlement.state.record.customer_identifier = format!("taken{key}");
    stage.done(rename(&mut entitlement, "another's", at)).await;
    let mut unborn = row(stage.place, key + 1, &format!("u{key}"));
    (unborn.state.unborn, unborn.last_event) = (true, 0);
    let intent = Change { events: Vec::new(), ..create(unborn.clone()) };
    stage.done(intent.clone()).await;
    stage.done(Change { row: RowChange::Remove { key: unborn.key, revision: 1 }, ..intent }).await;
}
