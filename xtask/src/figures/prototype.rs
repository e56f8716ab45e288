//! A bare prototype of the hub's shape: an axum handler that parses the body, and one writer thread
//! that puts the same rows and indexes into the same file format, with the same pragmas and group
//! commit. It knows no rule and no credential: the unique keys are all that is checked. A read looks up
//! the row by its key and prints it.
//! What the hub needs beyond it is what rules, repeats and clear errors cost.

mod reader;
pub(super) mod rows;

use super::body::{Answer, Create, DATE};
use anyhow::{Context, Result};
use axum::extract::{Path as Segment, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use reader::Readers;
use rows::{NewRows, Place, Statements};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::SystemTime;
use tokio::sync::oneshot;

/// Creates in one transaction, as in the store.
const BATCH_MAX: usize = 512;

/// As `crates/store/src/sqlite/connect.rs` has them.
const PRAGMAS: &str = "PRAGMA journal_mode = WAL;
     PRAGMA synchronous = FULL;
     PRAGMA fullfsync = ON;
     PRAGMA checkpoint_fullfsync = ON;
     PRAGMA foreign_keys = ON;
     PRAGMA temp_store = MEMORY;
     PRAGMA journal_size_limit = 67108864;
     PRAGMA wal_autocheckpoint = 4000;
     PRAGMA cache_size = -131072;";

struct Job {
    rows: NewRows,
    to: oneshot::Sender<bool>,
}

struct Shared {
    jobs: mpsc::Sender<Job>,
    place: Place,
    last: AtomicU64,
    readers: Readers,
}

/// Serves until killed. The file is one that a hub has made and closed.
pub(super) fn serve(port: u16, file: &Path) -> Result<()> {
    let connection =
        Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.execute_batch(PRAGMAS)?;
    let place = Place::of(&connection)?;
    let (jobs, queue) = mpsc::channel();
    std::thread::spawn(move || {
        if let Err(problem) = write(&connection, place, &queue) {
            eprintln!("the prototype's writer ended: {problem:#}");
        }
    });
    let shared = Arc::new(Shared { jobs, place, last: AtomicU64::new(0), readers: Readers::new(file) });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let app = Router::new()
            .route("/v1/entitlement", post(create))
            .route("/v1/entitlement/{id}", get(read))
            .with_state(shared);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        axum::serve(listener, app).await?;
        Ok(())
    })
}

async fn create(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(create): Json<Create>,
) -> Result<Json<Answer>, StatusCode> {
    let identity = headers.get("x-requestidentifier").and_then(|value| value.to_str().ok());
    let identity = identity.ok_or(StatusCode::BAD_REQUEST)?;
    let now = now_ms();
    let key = shared.key(now);
    let id = rows::id_text(key);
    let rows = NewRows::new(shared.place, key, &create, identity, now);
    let (to, done) = oneshot::channel();
    shared.jobs.send(Job { rows, to }).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    match done.await {
        Ok(true) => Ok(Json(Answer::active(create, id, DATE))),
        Ok(false) | Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

async fn read(State(shared): State<Arc<Shared>>, Segment(id): Segment<String>) -> Result<Json<Answer>, StatusCode> {
    match shared.readers.read(&id) {
        Ok(Some(answer)) => Ok(Json(answer)),
        Ok(None) => Err(StatusCode::NOT_FOUND),
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

impl Shared {
    /// Ascending, as a UUIDv7.
    fn key(&self, now: i64) -> u128 {
        let fresh = now.unsigned_abs() << 12;
        let before = self.last.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(fresh.max(last + 1)));
        rows::key_of(fresh.max(before.unwrap_or(0) + 1))
    }
}

#[expect(clippy::disallowed_methods, reason = "the prototype has no store whose clock it could ask")]
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Whatever has arrived goes into one transaction; answers leave after COMMIT.
fn write(connection: &Connection, place: Place, queue: &mpsc::Receiver<Job>) -> Result<()> {
    let mut statements = Statements::new(connection)?;
    let mut position = rows::position(connection, place)?;
    let mut batch: Vec<Job> = Vec::new();
    while let Ok(first) = queue.recv() {
        batch.push(first);
        while batch.len() < BATCH_MAX
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        statements.begin()?;
        for job in &batch {
            position += 1;
            statements.insert(&job.rows, position).context("a key came twice")?;
        }
        statements.commit(place, position)?;
        for job in batch.drain(..) {
            // Whoever waited may have gone.
            let _ = job.to.send(true);
        }
    }
    Ok(())
}
