//! What grows without end lies in partitions: made when they are needed, left alone when they are old,
//! dropped whole. And what no unique key guards there is guarded by rows that are held.

use super::checks::samples::{START, answer, claim, claimed, create, identity, noticed, only_claim, rename, row};
use super::checks::{Stage, place};
use super::{Postgres, soon};
use cluster::Database;
use entitlement::{Moment, Status};
use ids::{EntitlementKey, OperationId};
use std::sync::Arc;
use store::{
    Change, Claim, ClaimChange, Clock, Depth, LaneOutcome, LaneResult, PostgresOptions, PostgresStore, RowChange,
    SavedAnswer, Store, StoreError,
};
use tokio::task::JoinSet;

/// From now on the server's date is this one.
async fn play(database: &Database, today: &str) {
    let sql =
        format!("CREATE OR REPLACE FUNCTION today() RETURNS date LANGUAGE sql STABLE AS $$ SELECT '{today}'::date $$");
    database.ask(&sql).await;
}

/// A store that keeps histories for two months.
async fn keeping_two_months(postgres: &Postgres) -> (Arc<PostgresStore>, Stage) {
    let clock = Clock::manual(START);
    let options = PostgresOptions { history_months: Some(2), ..postgres.options(clock.clone()).await };
    let own = Arc::new(PostgresStore::open(options).await.unwrap());
    let store: Arc<dyn Store> = Arc::clone(&own) as _;
    let place = place(store.as_ref(), "acme", false).await;
    (own, Stage { store, clock, place })
}

async fn partitions(database: &Database, table: &str) -> Vec<String> {
    database
        .ask(&format!("SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = '{table}'::regclass ORDER BY 1"))
        .await
}

fn told(stage: &Stage, key: u128) -> Change {
    noticed(claimed(create(row(stage.place, key, &format!("c{key}"))), &format!("i{key}")), 0)
}

/// Ends an entitlement as [`told`] has made it.
fn end(stage: &Stage, key: u128) -> Change {
    let mut row = row(stage.place, key, &format!("c{key}"));
    let mut change = rename(&mut row, "ended", START.plus_ms(1));
    (row.state.record.status, row.slot) = (Status::Cancelled, None);
    change.row = RowChange::Update(Box::new(row));
    change
}

async fn deliver_all(stage: &Stage, outcome: LaneOutcome) {
    let works = stage.store.claim_lanes(Moment(i64::MAX), 0, 10, 1_000).await.unwrap();
    let result = |work: &store::LaneWork| LaneResult {
        key: work.key,
        target: work.target,
        fence: work.fence,
        sequence: work.notification.sequence,
        outcome,
        status: Some(200),
        error: None,
        at: START,
    };
    stage.store.settle_lanes(works.iter().map(result).collect()).await.unwrap();
}

fn literal(body: &str) -> SavedAnswer {
    SavedAnswer::Literal { http: 400, body: body.into() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_are_made_ahead_by_whoever_opens() {
    let postgres = Postgres::default();
    let open = async || PostgresStore::open(postgres.options(Clock::manual(START)).await).await.unwrap();
    let stores = tokio::join!(open(), open(), open());
    let database = postgres.database().await;
    for (table, most) in [("event", 4), ("notification", 4), ("answer", 5)] {
        assert_eq!(partitions(database, table).await.len(), most, "{table}");
    }
    let kept = tokio::join!(stores.0.keep_partitions(), stores.1.keep_partitions(), stores.2.keep_partitions());
    assert_eq!(kept, (Ok(()), Ok(()), Ok(())));
}

/// All processes were gone for years, or nobody could make one: the day's first commits do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_without_a_partition_refuses_no_commit() {
    let postgres = Postgres::default();
    let stages = [Stage::open(&postgres).await, Stage::open(&postgres).await];
    let database = postgres.database().await;
    for (month, day) in [(0_u128, "2031-05-17"), (1, "2033-01-31")] {
        play(database, day).await;
        let mut commits = JoinSet::new();
        for n in 0..40 {
            let stage = stages[usize::try_from(n % 2).unwrap()].clone();
            commits.spawn(async move { stage.done(told(&stage, month * 100 + n)).await });
        }
        commits.join_all().await;
    }
    assert!(partitions(database, "event").await.contains(&"event_20310501".to_owned()));
    let feed = stages[0].feed(stages[0].place.account).await;
    assert!(feed.iter().map(|(_, event)| event.position).eq(1..=80), "each once, in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_partitions_are_left_alone() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let database = postgres.database().await;
    play(database, "2020-02-10").await;
    stage.together((0..50).map(|key| told(&stage, key)).collect()).await;
    deliver_all(&stage, LaneOutcome::Delivered).await;
    stage.done(only_claim(stage.place.account, ClaimChange::Insert(claim("old", Some(literal("no")))))).await;
    play(database, "2024-06-10").await;
    drop(stage);
    let sessions = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'entitle' AND datname = current_database()";
    soon("the sessions end", async || database.ask(sessions).await.is_empty()).await;
    database.ask("SELECT pg_stat_reset()").await;
    let stage = Stage::open(&postgres).await;
    for key in 1_000..1_040 {
        one_of_each(&stage, key).await;
    }
    stage.store.close().await.unwrap();
    drop(stage);
    soon("the sessions end", async || database.ask(sessions).await.is_empty()).await;
    let scans = "SELECT relname || ' ' || coalesce(idx_scan, 0) + coalesce(seq_scan, 0) FROM pg_stat_user_tables \
                 WHERE relname ~ '_2020' AND coalesce(idx_scan, 0) + coalesce(seq_scan, 0) > 0";
    assert_eq!(database.ask(scans).await, [""; 0]);
    // The measure is one that moves.
    let touched = "SELECT count(*) FROM pg_stat_user_tables WHERE relname ~ '_2024(06|0610)' AND idx_scan > 0";
    assert_eq!(database.ask(touched).await, ["3"]);
}

/// Every kind of thing that is done with what is there today.
async fn one_of_each(stage: &Stage, key: u128) {
    let head = stage.store.feed_head(stage.place.account).await.unwrap();
    stage.done(told(stage, key)).await;
    let mut entitlement = row(stage.place, key, &format!("c{key}"));
    let waiting = Claim { operation: Some(OperationId(key)), ..claim(&format!("w{key}"), None) };
    let renamed = noticed(rename(&mut entitlement, "new", START.plus_ms(1)), 0);
    stage.done(Change { claim: ClaimChange::Insert(waiting), ..renamed }).await;
    deliver_all(stage, LaneOutcome::Parked(Moment(i64::MAX - 1))).await;
    stage.store.wake_lanes(entitlement.key).await.unwrap();
    let renamed = noticed(rename(&mut entitlement, "newer", START.plus_ms(2)), 0);
    stage.done(Change { wakes_lanes: true, ..renamed }).await;
    let answers = ClaimChange::AnswerOf(OperationId(key), literal("certainly not"));
    stage.done(only_claim(stage.place.account, answers)).await;
    assert_eq!(stage.claim(&format!("w{key}")).await.unwrap().answer, Some(literal("certainly not")));
    for _ in 0..3 {
        deliver_all(stage, LaneOutcome::Delivered).await;
    }
    assert_eq!(stage.store.history(entitlement.key, None).await.unwrap().len(), 3);
    assert_eq!(stage.store.feed(stage.place.account, head, 10).await.unwrap().len(), 3);
    let told = stage.store.notifications(stage.place.account, Some(entitlement.key), None, 10).await.unwrap();
    assert_eq!(told.len(), 3);
    assert!(stage.store.notification(told[0].id()).await.unwrap().is_some());
    // Not the count of dead letters: those are looked for in every partition, by an index of nothing else.
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_open_keeps_its_history_when_its_partition_is_dropped() {
    let postgres = Postgres::default();
    let (own, stage) = keeping_two_months(&postgres).await;
    let database = postgres.database().await;
    play(database, "2030-01-10").await;
    for key in 1..=4 {
        stage.done(told(&stage, key)).await;
    }
    deliver_all(&stage, LaneOutcome::Delivered).await;
    stage.done(end(&stage, 2)).await;
    play(database, "2030-02-10").await;
    // Ended later: its whole history is kept as long as its last event.
    stage.done(end(&stage, 3)).await;
    let mut fourth = row(stage.place, 4, "c4");
    stage.done(noticed(rename(&mut fourth, "new", START.plus_ms(1)), 0)).await;
    let before = stage.store.history(EntitlementKey(4), None).await.unwrap();
    play(database, "2030-04-01").await;
    own.keep_partitions().await.unwrap();
    assert!(!partitions(database, "event").await.contains(&"event_20300101".to_owned()));
    assert!(partitions(database, "event").await.contains(&"event_20300201".to_owned()));
    let mut lengths = Vec::new();
    for key in 1..=4 {
        lengths.push(stage.store.history(EntitlementKey(key), None).await.unwrap().len());
    }
    assert_eq!(lengths, [1, 0, 2, 2]);
    assert_eq!(stage.store.history(EntitlementKey(4), None).await.unwrap(), before);
    // The feed begins behind what was dropped, and the examination knows it.
    let feed = stage.feed(stage.place.account).await;
    assert_eq!(feed.iter().map(|(_, event)| event.position).collect::<Vec<_>>(), [6, 7]);
    let runs = stage.store.examine().examine_feed(stage.place.account, 0, 10).await.unwrap();
    assert_eq!(runs, [(1, 7)]);
    // What waits is delivered after all.
    let works = stage.store.claim_lanes(Moment(i64::MAX), 0, 10, 10).await.unwrap();
    assert_eq!(works.iter().map(|work| work.notification.sequence).collect::<Vec<_>>(), [2]);
    let health = stage.store.examine().engine_health(Depth::Quick).await.unwrap();
    assert!(health.faults.is_empty(), "{health:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_fell_silent_goes_on_where_it_stood() {
    let postgres = Postgres::default();
    let (own, stage) = keeping_two_months(&postgres).await;
    let database = postgres.database().await;
    play(database, "2030-01-10").await;
    stage.done(told(&stage, 1)).await;
    stage.done(end(&stage, 1)).await;
    play(database, "2031-01-10").await;
    own.keep_partitions().await.unwrap();
    assert_eq!(partitions(database, "event").await[0], "event_20310101");
    assert_eq!(stage.store.feed(stage.place.account, 0, 10).await, Ok(Vec::new()));
    assert_eq!(stage.store.examine().examine_feed(stage.place.account, 0, 10).await, Ok(vec![(1, 2)]));
    stage.done(told(&stage, 2)).await;
    let feed = stage.feed(stage.place.account).await;
    assert_eq!(feed.iter().map(|(_, event)| event.position).collect::<Vec<_>>(), [3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_in_a_lane_outlives_its_partition() {
    let postgres = Postgres::default();
    let (own, stage) = keeping_two_months(&postgres).await;
    let database = postgres.database().await;
    let mut entitlement = row(stage.place, 1, "c1");
    play(database, "2030-01-10").await;
    stage.done(told(&stage, 1)).await;
    for (n, day) in ["2030-01-20", "2030-02-20", "2030-05-20"].into_iter().enumerate() {
        play(database, day).await;
        let at = START.plus_ms(i64::try_from(n).unwrap() + 1);
        stage.done(noticed(rename(&mut entitlement, day, at), 0)).await;
    }
    own.keep_partitions().await.unwrap();
    assert_eq!(partitions(database, "notification").await[0], "notification_20300301");
    let mut delivered = Vec::new();
    for _ in 0..4 {
        let works = stage.store.claim_lanes(Moment(i64::MAX), 0, 0, 10).await.unwrap();
        delivered.extend(works.iter().map(|work| work.notification.sequence));
        deliver_all(&stage, LaneOutcome::Delivered).await;
    }
    assert_eq!(delivered, [1, 2, 3, 4]);
    assert_eq!(stage.store.history(entitlement.key, None).await.unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_of_answers_are_dropped_when_no_claim_names_their_days() {
    let postgres = Postgres::default();
    let (own, stage) = keeping_two_months(&postgres).await;
    let database = postgres.database().await;
    play(database, "2030-01-07").await;
    stage.done(only_claim(stage.place.account, ClaimChange::Insert(claim("old", Some(literal("no")))))).await;
    play(database, "2030-01-28").await;
    own.keep_partitions().await.unwrap();
    assert_eq!(stage.claim("old").await.unwrap().answer, Some(literal("no")));
    assert_eq!(stage.store.forget_claims(START.plus_s(1), 10).await, Ok(1));
    own.keep_partitions().await.unwrap();
    assert_eq!(partitions(database, "answer").await[0], "answer_20300121", "a transaction may still be at it");
    // The identity is free again, and nobody finds what it once was answered.
    stage.done(only_claim(stage.place.account, ClaimChange::Insert(claim("old", Some(answer(1)))))).await;
    assert_eq!(stage.claim("old").await.unwrap().answer, Some(answer(1)));
    assert_eq!(stage.claim("old").await.unwrap().identity, identity("old"));
}

/// Somebody reads a partition for as long as he likes: neither dropping nor commits wait for him.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_gives_way_to_whoever_reads() {
    let postgres = Postgres::default();
    let (own, stage) = keeping_two_months(&postgres).await;
    let database = postgres.database().await;
    play(database, "2030-01-10").await;
    stage.done(told(&stage, 1)).await;
    play(database, "2030-06-10").await;
    stage.done(told(&stage, 2)).await;
    let reader = database.session().await;
    reader.ask("BEGIN; SELECT count(*) FROM event; SELECT count(*) FROM notification").await;
    assert_eq!(own.keep_partitions().await, Err(StoreError::Busy));
    stage.done(told(&stage, 3)).await;
    assert_eq!(stage.store.history(EntitlementKey(1), None).await.unwrap().len(), 1);
    reader.ask("COMMIT").await;
    own.keep_partitions().await.unwrap();
    assert_eq!(partitions(database, "event").await[0], "event_20300401");
    assert_eq!(stage.store.history(EntitlementKey(1), None).await.unwrap().len(), 1);
}

/// A server that takes over may have an earlier date: what is written then is found all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_date_that_goes_back_hides_nothing() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let database = postgres.database().await;
    let mut entitlement = row(stage.place, 1, "c1");
    play(database, "2030-02-01").await;
    stage.done(told(&stage, 1)).await;
    for (n, day) in ["2030-01-31", "2030-02-02", "2030-01-31", "2030-02-01"].into_iter().enumerate() {
        play(database, day).await;
        let at = START.plus_ms(i64::try_from(n).unwrap() + 1);
        stage.done(noticed(rename(&mut entitlement, day, at), 0)).await;
    }
    assert_eq!(stage.store.history(entitlement.key, None).await.unwrap().len(), 5);
    for after in 0..5 {
        let feed = stage.store.feed(stage.place.account, after, 10).await.unwrap();
        assert!(feed.iter().map(|(_, event)| event.position).eq(after + 1..=5), "after {after}");
    }
    let mut delivered = Vec::new();
    for _ in 0..5 {
        let works = stage.store.claim_lanes(Moment(i64::MAX), 0, 0, 10).await.unwrap();
        delivered.extend(works.iter().map(|work| work.notification.sequence));
        deliver_all(&stage, LaneOutcome::Delivered).await;
    }
    assert_eq!(delivered, [1, 2, 3, 4, 5]);
}

/// No unique key guards these numbers: the rows do that are held, over all processes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_in_partitions_are_given_once() {
    let postgres = Postgres::default();
    let stages = [Stage::open(&postgres).await, Stage::open(&postgres).await, Stage::open(&postgres).await];
    for key in 1..=3 {
        stages[0].done(told(&stages[0], key)).await;
    }
    let mut writers = JoinSet::new();
    for writer in 0..9_u128 {
        let stage = stages[usize::try_from(writer % 3).unwrap()].clone();
        writers.spawn(async move {
            let key = EntitlementKey(writer / 3 + 1);
            for round in 0..20 {
                let mut row = stage.row(key).await.unwrap();
                // The others are at it, too: a conflict has written nothing.
                let change = noticed(rename(&mut row, &format!("{writer}-{round}"), START.plus_ms(1)), 0);
                let answers = claimed(change, &format!("{writer}-{round}"));
                stage.store.commit(answers).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    let database = postgres.database().await;
    for keys in [
        "event GROUP BY key, sequence",
        "notification GROUP BY key, target, sequence",
        "event WHERE position IS NOT NULL GROUP BY account, position",
        "answer GROUP BY claim",
    ] {
        let twice = format!("SELECT count(*) FROM {keys} HAVING count(*) > 1");
        assert_eq!(database.ask(&twice).await, [""; 0], "{keys}");
    }
    let account = stages[0].place.account;
    let head = stages[0].store.feed_head(account).await.unwrap();
    assert!(head > 3 && stages[0].feed(account).await.iter().map(|(_, event)| event.position).eq(1..=head));
    for key in 1..=3 {
        let history = stages[0].store.history(EntitlementKey(key), None).await.unwrap();
        let last = stages[0].row(EntitlementKey(key)).await.unwrap().last_event;
        assert!(history.iter().map(|event| event.sequence).eq(1..=last));
    }
}

/// Tables that are distributed by the home of their rows. Of the others, ids of resellers are distributed by
/// themselves, a few rows of each account by it; the rest lies everywhere the same, or belongs to a process.
const BY_HOME: [&str; 8] = ["answer", "callback", "claim", "entitlement", "event", "lane", "notification", "operation"];

/// What an engine that distributes tables demands: no unique rule without the column that it distributes by, and
/// that column in every row.
#[tokio::test]
async fn every_table_can_be_distributed() {
    let postgres = Postgres::default();
    let _stage = Stage::open(&postgres).await;
    let database = postgres.database().await;
    let tables = "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition \
        AND c.relnamespace = current_schema()::regnamespace";
    let with_home = format!(
        "{tables} AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'home' \
         AND a.attnotnull AND a.atttypid = 'bigint'::regtype) ORDER BY 1"
    );
    assert_eq!(database.ask(&with_home).await, BY_HOME);
    let otherwise = [
        "account",
        "audit",
        "catalog_version",
        "committer",
        "counted",
        "credential",
        "feed_mark",
        "node",
        "own_id",
        "program",
        "route",
        "schema_version",
        "secret",
        "setting",
        "taken",
    ];
    let mut known: Vec<&str> = BY_HOME.into_iter().chain(otherwise).collect();
    known.sort_unstable();
    assert_eq!(
        database.ask(&format!("{tables} ORDER BY 1")).await,
        known,
        "a new table has to say how it is distributed"
    );
    let rules = |column: &str, tables: &[&str]| {
        format!(
            "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
             WHERE i.indisunique AND c.relname IN ('{}') AND NOT EXISTS (SELECT FROM pg_attribute a \
                 WHERE a.attrelid = c.oid AND a.attname = '{column}' AND a.attnum = ANY (i.indkey::smallint[]))",
            tables.join("', '")
        )
    };
    assert_eq!(database.ask(&rules("home", &BY_HOME)).await, Vec::<String>::new());
    for (column, table) in [("id", "own_id"), ("account", "feed_mark")] {
        assert_eq!(database.ask(&rules(column, &[table])).await, Vec::<String>::new());
    }
}
