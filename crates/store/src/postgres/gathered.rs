//! Loads by id that come at the same time share a statement: what one costs the server hardly grows with what it
//! looks up. Nobody waits for others to come: what has arrived while the statements before are under way goes next.

use super::claims::claim_columns;
use super::connections::Connections;
use super::fault::Fault;
use super::rows::{self, row_columns};
use super::values::{Id, Value, count};
use super::{claims, in_own_task};
use crate::StoreError;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
use tokio_postgres::Row;

/// Statements under way at once: one for each connection that reads share.
const CARRIERS: usize = Connections::shared_count();
/// Loads that share one.
const TOGETHER_MAX: usize = 64;

/// Within a mode no text is both a key and an own id, so that whichever is found is the one. Whose it is
/// is looked at afterwards: asked for together, an index that begins with the account would do as well.
const BY_IDS: &str = concat!(
    "SELECT ",
    claim_columns!(),
    ", ",
    row_columns!(),
    ", i.place FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::text[], $5::boolean[], $6::bigint[]) \
         WITH ORDINALITY AS i(account, identity, key, id, live, home, place) \
     LEFT JOIN LATERAL (SELECT * FROM claim WHERE home = i.home AND identity = i.identity OFFSET 0) c ON true \
     LEFT JOIN LATERAL (SELECT * FROM (\
         SELECT * FROM (SELECT * FROM entitlement WHERE key = i.key OFFSET 0) by_key WHERE own_id IS NULL \
         UNION ALL SELECT by_own_id.* FROM (SELECT key FROM own_id WHERE id = i.id AND live = i.live OFFSET 0) o \
             CROSS JOIN LATERAL (SELECT * FROM entitlement WHERE key = o.key OFFSET 0) by_own_id\
     ) by_id WHERE account = i.account LIMIT 1) e ON true \
     LEFT JOIN LATERAL (SELECT * FROM route WHERE id = e.route OFFSET 0) r ON true ORDER BY i.place"
);

/// What is looked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) account: i64,
    /// Of the identity.
    pub(super) home: i64,
    pub(super) identity: Option<String>,
    /// The id as a key, where it has that form.
    pub(super) key: Option<Id>,
    pub(super) id: String,
    /// The account's mode.
    pub(super) live: bool,
}

type Found = Result<Row, StoreError>;

/// Loads that wait for their statement.
#[derive(Debug)]
pub(super) struct Gathered {
    connections: Arc<Connections>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<(Asked, oneshot::Sender<Found>)>,
    carriers: usize,
}

impl Gathered {
    pub(super) fn new(connections: Arc<Connections>) -> Self {
        Self { connections, state: Mutex::default() }
    }

    pub(super) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// One row: the claim's columns, then the entitlement's; those of what was not found are NULL.
    pub(super) async fn find(self: &Arc<Self>, asked: Asked) -> Result<Row, Fault> {
        let (to, found) = oneshot::channel();
        let needs_carrier = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.waiting.push((asked, to));
            let needs = state.carriers < CARRIERS;
            state.carriers += usize::from(needs);
            needs
        };
        if needs_carrier {
            let gathered = Arc::clone(self);
            tokio::spawn(async move { gathered.carry().await });
        }
        let gone = |_| Err(StoreError::Unknown("the task that reads has gone".into()));
        Ok(found.await.unwrap_or_else(gone)?)
    }

    /// Goes on until nobody waits.
    async fn carry(&self) {
        while let Some(some) = self.next() {
            let (asked, to): (Vec<_>, Vec<_>) = some.into_iter().unzip();
            let connections = Arc::clone(&self.connections);
            // What panics there must not keep others from being read for.
            let found = in_own_task(async move { Ok(find_all(&connections, &asked).await) }).await;
            let found = found.unwrap_or_else(|error| to.iter().map(|_| Err(error.clone())).collect());
            for (to, found) in to.into_iter().zip(found) {
                // Whoever waited may have gone.
                let _ = to.send(found);
            }
        }
    }

    fn next(&self) -> Option<Vec<(Asked, oneshot::Sender<Found>)>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.waiting.is_empty() {
            state.carriers -= 1;
            return None;
        }
        let some = state.waiting.len().min(TOGETHER_MAX);
        Some(state.waiting.drain(..some).collect())
    }
}

/// What becomes of each, in their order.
async fn find_all(connections: &Connections, asked: &[Asked]) -> Vec<Found> {
    match read(connections, asked).await {
        Ok(rows) => rows.into_iter().map(Ok).collect(),
        Err(fault) if asked.len() == 1 => vec![Err(fault.into())],
        // One of them may be what the server does not take: the others fare better alone.
        Err(_) => {
            let mut found = Vec::with_capacity(asked.len());
            for one in asked {
                let alone = read(connections, std::slice::from_ref(one)).await;
                let missing = || Fault::Content("a row of a load is missing".into());
                found
                    .push(alone.and_then(|rows| rows.into_iter().next().ok_or_else(missing)).map_err(StoreError::from));
            }
            found
        }
    }
}

/// A row for each, in their order.
async fn read(connections: &Connections, asked: &[Asked]) -> Result<Vec<Row>, Fault> {
    let accounts: Vec<i64> = asked.iter().map(|one| one.account).collect();
    let identities: Vec<Option<&str>> = asked.iter().map(|one| one.identity.as_deref()).collect();
    let keys: Vec<Option<Id>> = asked.iter().map(|one| one.key).collect();
    let ids: Vec<&str> = asked.iter().map(|one| one.id.as_str()).collect();
    let live: Vec<bool> = asked.iter().map(|one| one.live).collect();
    let homes: Vec<i64> = asked.iter().map(|one| one.home).collect();
    let values: [Value<'_>; 6] = [&accounts, &identities, &keys, &ids, &live, &homes];
    let rows = connections.read(BY_IDS, &values).await?;
    let places =
        rows.iter().map(|row| count(row, claims::COLUMNS + rows::COLUMNS)).collect::<Result<Vec<usize>, _>>()?;
    if places.iter().copied().eq(1..=asked.len()) {
        return Ok(rows);
    }
    Err(Fault::Content(format!("{} loads have brought the rows {places:?}", asked.len())))
}
