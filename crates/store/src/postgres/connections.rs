//! Who gets which connection. Statements by key share a few connections and are pipelined on them: no
//! checking out, no waiting for one that is free. What takes long, or is a transaction, has one to itself.
//! Committers have their own (`committer`).

use super::connect::{Connection, Connector, Purpose};
use super::fault::{Fault, Meaning};
use super::values::Value;
use crate::StoreError;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::{Mutex as AsyncMutex, Semaphore, SemaphorePermit};
use tokio_postgres::Row;

/// Connections that reads by key share: as many as keep a small server busy.
const SHARED: usize = 2;

/// A read that broke off with its connection is made so often; reading twice does no harm.
const READS_MAX: usize = 3;

/// The rest of the connections, of each purpose, at least.
const OWN_MIN: usize = 1;

#[derive(Debug)]
pub(super) struct Connections {
    connector: Arc<Connector>,
    shared: [Slot; SHARED],
    next: AtomicUsize,
    keys: Pool,
    search: Pool,
    closed: AtomicBool,
}

/// A place for a connection that many use.
#[derive(Debug, Default)]
struct Slot {
    connection: RwLock<Option<Arc<Connection>>>,
    /// One connects at a time.
    connecting: AsyncMutex<()>,
}

/// Connections that one uses at a time.
#[derive(Debug)]
struct Pool {
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

impl Connections {
    /// `own`: how many connections there may be beside the shared ones.
    pub(super) fn new(connector: Arc<Connector>, own: usize) -> Self {
        let search = (own / 2).max(OWN_MIN);
        let pool = |size| Pool { permits: Semaphore::new(size), idle: Mutex::default() };
        Self {
            connector,
            shared: Default::default(),
            next: AtomicUsize::new(0),
            keys: pool(own.saturating_sub(search).max(OWN_MIN)),
            search: pool(search),
            closed: AtomicBool::new(false),
        }
    }

    /// How many it takes for itself beside those of `own`.
    pub(super) const fn shared_count() -> usize {
        SHARED
    }

    /// Reads by key, on a shared connection.
    pub(super) async fn read(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        let mut left = READS_MAX;
        loop {
            left -= 1;
            let connection = self.shared().await?;
            match connection.query(sql, values).await {
                Err(error) if left > 0 && Meaning::of(&error) == Meaning::Lost => {}
                outcome => return Ok(outcome?),
            }
        }
    }

    /// A connection that many use: for statements that are quick and no transaction.
    pub(super) async fn shared(&self) -> Result<Arc<Connection>, Fault> {
        self.refuse_when_closed()?;
        let slot = &self.shared[self.next.fetch_add(1, Ordering::Relaxed) % SHARED];
        if let Some(connection) = slot.open() {
            return Ok(connection);
        }
        let _alone = slot.connecting.lock().await;
        if let Some(connection) = slot.open() {
            return Ok(connection);
        }
        let connection = Arc::new(self.connector.connect(Purpose::Keys).await?);
        *slot.connection.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&connection));
        Ok(connection)
    }

    /// A connection of one's own.
    pub(super) async fn own(&self, purpose: Purpose) -> Result<Held<'_>, Fault> {
        self.refuse_when_closed()?;
        let pool = match purpose {
            Purpose::Commit | Purpose::Keys => &self.keys,
            Purpose::Search => &self.search,
        };
        let permit = pool.permits.acquire().await.map_err(|_| closed())?;
        let idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle.filter(|connection| !connection.is_closed()) {
            Some(connection) => connection,
            None => self.connector.connect(purpose).await?,
        };
        Ok(Held { pool, connection, _permit: permit })
    }

    /// One statement that writes, by itself.
    pub(super) async fn execute(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Fault> {
        let held = self.own(Purpose::Keys).await?;
        let touched = held.execute(sql, values).await?;
        held.give_back();
        Ok(touched)
    }

    /// One statement that writes, by itself, and what it returns.
    pub(super) async fn returning(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        let held = self.own(Purpose::Keys).await?;
        let rows = held.query(sql, values).await?;
        held.give_back();
        Ok(rows)
    }

    /// One search, by itself.
    pub(super) async fn search(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        let held = self.own(Purpose::Search).await?;
        let rows = held.query(sql, values).await?;
        held.give_back();
        Ok(rows)
    }

    /// No call from here on.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for slot in &self.shared {
            slot.connection.write().unwrap_or_else(PoisonError::into_inner).take();
        }
        for pool in [&self.keys, &self.search] {
            pool.permits.close();
            pool.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    fn refuse_when_closed(&self) -> Result<(), Fault> {
        if self.closed.load(Ordering::Acquire) { Err(closed()) } else { Ok(()) }
    }
}

fn closed() -> Fault {
    Fault::Refused(StoreError::Stopped("it is closed".into()))
}

impl Slot {
    fn open(&self) -> Option<Arc<Connection>> {
        let connection = self.connection.read().unwrap_or_else(PoisonError::into_inner).clone();
        connection.filter(|connection| !connection.is_closed())
    }
}

/// A connection on loan. Dropped without being given back it is closed, so that nobody gets one with a
/// transaction half done: by a failure, or because its user has gone.
#[derive(Debug)]
pub(super) struct Held<'p> {
    pool: &'p Pool,
    connection: Connection,
    _permit: SemaphorePermit<'p>,
}

impl Held<'_> {
    /// For the next. No transaction is open on it.
    pub(super) fn give_back(self) {
        let Self { pool, connection, _permit } = self;
        if pool.permits.is_closed() {
            return;
        }
        pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

impl Deref for Held<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}
