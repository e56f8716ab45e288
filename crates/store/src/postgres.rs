//! The engine behind a network: PostgreSQL, for several processes and for those who have it already.
//!
//! Here: opening, closing, handing changes to the committers. What is asked of it stands in `engine`,
//! the SQL by subject in the files beside it. No rule of an entitlement's life is here. How many changes
//! share a transaction, and why that is right, stands in `batch` and `committer`.

mod accounts;
mod administration;
mod batch;
mod claims;
mod committer;
mod connect;
mod connections;
mod copy;
mod customers;
mod delivered;
mod dues;
mod engine;
mod events;
mod examine;
mod facts;
mod fault;
mod gathered;
mod homes;
mod keeper;
mod lanes;
mod loads;
mod looks;
mod migrations;
mod moving;
mod nodes;
mod notifications;
mod operations;
mod options;
mod partitions;
mod pipeline;
mod queue;
mod reports;
mod restored;
mod rows;
mod settling;
mod standing;
mod tls;
mod transactions;
mod values;

pub(crate) use copy::PostgresEnd;
pub use homes::HOMES_MAX;
pub use migrations::{SchemaStep, StepKind, StepWork};
pub use options::{PostgresOpenError, PostgresOptions};

use crate::clock::StoreClock;
use crate::{Figures, Restoration, StoreError};
use committer::Committer;
use connect::{Connection, Connector, Purpose};
use connections::Connections;
use facts::Facts;
use fault::{Fault, said};
use gathered::Gathered;
use looks::Looks;
use migrations::Migrating;
use queue::Queue;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use values::{Id, get};

/// Tasks that commit: one gathers while the other waits for the disk. More of them only make the
/// batches smaller.
const COMMITTERS: usize = 2;

/// Rows of committers that have not committed for a day are removed; one that is alive writes its row anew.
const FORGET_COMMITTERS: &str = "DELETE FROM committer WHERE at < now() - interval '1 day'";

const FORGET_PROGRAMS: &str = "DELETE FROM program WHERE at < now() - interval '1 day'";

/// A store in a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresStore {
    inner: Arc<Inner>,
    closing: watch::Sender<bool>,
}

/// What its tasks share.
#[derive(Debug)]
struct Inner {
    connections: Arc<Connections>,
    gathered: Arc<Gathered>,
    queue: Arc<Queue>,
    clock: Arc<StoreClock>,
    /// Held while the clock is changed.
    clock_changes: Mutex<ClockChanges>,
    figures: Arc<Figures>,
    facts: Facts,
    looks: Looks,
    /// The last restoration that the store went through, before it was copied here.
    restored: Option<Restoration>,
    /// This process, as lanes name it.
    holder: Id,
    /// What it calls itself towards the others, if it is at work.
    node: Option<String>,
    /// For how long histories are kept; none: for ever.
    history_months: Option<u16>,
    /// Of the schema, as far as this program knows it.
    steps: Vec<SchemaStep>,
    /// Committers that are still there.
    committers: watch::Receiver<usize>,
}

/// What was done to the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ClockChanges {
    /// By this process, so far.
    own: u64,
    /// How often test data were emptied, by whomever.
    resets: i64,
}

impl PostgresStore {
    /// Opens the database and brings it to the newest schema. Any number of processes may have it open.
    ///
    /// # Errors
    /// See [`PostgresOpenError`]; each says what to do.
    pub async fn open(options: PostgresOptions) -> Result<Self, PostgresOpenError> {
        let connector = Arc::new(Connector::new(&options)?);
        let opening = Opening { connector: &connector };
        let first = opening.connect(Purpose::Keys).await?;
        let clock = options.clock.clone();
        let steps = migrations::known(&options);
        let holder = opening.new_id(&first).await?;
        opening.migrating(&first, &steps).open(clock.read(), Some(holder)).await?;
        copy::refuse_copies(&first, &connector.place).await?;
        partitions::make(&first).await.map_err(opening.failed("making partitions"))?;
        opening.forget(&first).await?;
        let own = options.connections_max.saturating_sub(COMMITTERS + Connections::shared_count());
        let connections = Connections::new(Arc::clone(&connector), own);
        let (offset_ms, resets) =
            accounts::clock(&connections).await.map_err(opening.failed("reading the clock's offset"))?;
        let restored = restored::newest(&connections).await.map_err(opening.failed("reading restorations"))?;
        if let Some(name) = &options.node {
            nodes::enter(&connections, name, holder).await.map_err(opening.failed("beginning to work"))?;
        }
        let clock = Arc::new(StoreClock::new(clock, offset_ms));
        let queue = Arc::new(Queue::new(options.waiting_max));
        let figures = Arc::<Figures>::default();
        let (left, committers) = watch::channel(COMMITTERS);
        for _ in 0..COMMITTERS {
            let connection = opening.connect(Purpose::Commit).await?;
            let committer = Committer {
                id: opening.new_id(&connection).await?,
                number: 0,
                connector: Arc::clone(&connector),
                connection: Some(connection),
                queue: Arc::clone(&queue),
                figures: Arc::clone(&figures),
                batch_max: options.batch_max.max(1),
                restored,
                clock: Arc::clone(&clock),
                holder,
            };
            let left = left.clone();
            tokio::spawn(async move {
                committer.run().await;
                left.send_modify(|left| *left -= 1);
            });
        }
        // Until here it is what a copy sees of this process.
        drop(first);
        let connections = Arc::new(connections);
        let inner = Arc::new(Inner {
            gathered: Arc::new(Gathered::new(Arc::clone(&connections))),
            connections,
            queue,
            clock,
            clock_changes: Mutex::new(ClockChanges { own: 0, resets }),
            figures,
            facts: Facts::default(),
            looks: Looks::default(),
            restored,
            holder,
            node: options.node,
            history_months: options.history_months,
            steps,
            committers,
        });
        let (closing, closed) = watch::channel(false);
        tokio::spawn(keeper::keep(Arc::clone(&inner), closed));
        Ok(Self { inner, closing })
    }

    /// Brings a database to the newest schema, by every step that it lacks, contract steps included: those
    /// take away what older programs need, and are refused while one is alive. The steps that were applied.
    ///
    /// # Errors
    /// See [`PostgresOpenError`]; steps before the one that failed stay applied, and it goes on from there.
    pub async fn migrate(options: PostgresOptions) -> Result<Vec<SchemaStep>, PostgresOpenError> {
        let connector = Arc::new(Connector::new(&options)?);
        let opening = Opening { connector: &connector };
        let first = opening.connect(Purpose::Keys).await?;
        opening.migrating(&first, &migrations::known(&options)).migrate(options.clock.read()).await
    }

    /// Makes the account of an organisation in a mode with so many homes, 1 to [`HOMES_MAX`], unless it is there.
    /// How many it has: another number where it was there, and that never changes (docs/decisions/0041).
    ///
    /// # Errors
    /// What the server says.
    pub async fn make_account(&self, organisation: &str, live: bool, homes: u16) -> Result<u32, StoreError> {
        let Inner { connections, restored, facts, .. } = &*self.inner;
        let homes = Some(homes.clamp(1, HOMES_MAX));
        let account = accounts::account(connections, organisation, live, homes, restored.as_ref()).await?;
        Ok(facts.account(connections, account).await?.homes.count())
    }

    /// Makes partitions ahead and drops those that are outdated, as is done by itself every minute. What
    /// somebody holds just now is left for the next time.
    ///
    /// # Errors
    /// What the server says; nothing is half done.
    pub async fn keep_partitions(&self) -> Result<(), StoreError> {
        Ok(keeper::keep_partitions(&self.inner).await?)
    }

    /// No work is taken from here on; the committers finish what waits, then end.
    fn shut(&self) {
        self.inner.queue.close();
        self.closing.send_replace(true);
        self.inner.connections.close();
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.shut();
    }
}

/// The steps of opening.
struct Opening<'a> {
    connector: &'a Connector,
}

impl Opening<'_> {
    async fn connect(&self, purpose: Purpose) -> Result<Connection, PostgresOpenError> {
        let place = || self.connector.place.clone();
        self.connector
            .connect(purpose)
            .await
            .map_err(|error| PostgresOpenError::Unreachable { place: place(), message: said(&error) })
    }

    fn failed<E: Into<Fault>>(&self, doing: &'static str) -> impl FnOnce(E) -> PostgresOpenError {
        let place = self.connector.place.clone();
        move |error| {
            let message = match error.into() {
                Fault::Engine(error) => said(&error),
                Fault::Content(what) => what,
                Fault::Refused(error) => error.to_string(),
            };
            PostgresOpenError::Engine { place, doing, message }
        }
    }

    fn migrating<'m>(&'m self, connection: &'m Connection, steps: &'m [SchemaStep]) -> Migrating<'m> {
        Migrating { connection, place: &self.connector.place, steps }
    }

    /// Forgets who is long gone.
    async fn forget(&self, connection: &Connection) -> Result<(), PostgresOpenError> {
        let forgotten = connection.execute(FORGET_COMMITTERS, &[]).await;
        forgotten.map_err(self.failed("forgetting committers"))?;
        let forgotten = connection.execute(FORGET_PROGRAMS, &[]).await;
        forgotten.map_err(self.failed("forgetting programs")).map(drop)
    }

    /// An id that nobody has, whatever this server was restored from: the server makes it of randomness.
    async fn new_id(&self, connection: &Connection) -> Result<Id, PostgresOpenError> {
        let rows = connection.query("SELECT gen_random_uuid()", &[]).await.map_err(self.failed("making an id"))?;
        let id = rows.first().map(|row| get(row, 0)).transpose().map_err(self.failed("making an id"))?;
        id.ok_or_else(|| self.failed("making an id")(Fault::Content("there is none".into())))
    }
}

impl Inner {
    fn clock_changes(&self) -> ClockChanges {
        *self.clock_changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This process has moved the clock.
    fn moved_clock(&self, offset_ms: i64) {
        let mut changes = self.clock_changes.lock().unwrap_or_else(PoisonError::into_inner);
        changes.own += 1;
        self.clock.set_offset(offset_ms);
    }

    /// This process has emptied test data.
    fn reset_clock(&self, resets: i64) {
        let mut changes = self.clock_changes.lock().unwrap_or_else(PoisonError::into_inner);
        *changes = ClockChanges { own: changes.own + 1, resets };
        self.clock.reset();
    }

    /// The clock as the database has it. Where this process has changed it since `known`, what was read
    /// may be older than that.
    fn follow_clock(&self, known: ClockChanges, offset_ms: i64, resets: i64) {
        let mut changes = self.clock_changes.lock().unwrap_or_else(PoisonError::into_inner);
        if *changes != known {
            return;
        }
        if resets != changes.resets {
            changes.resets = resets;
            self.clock.reset();
        }
        self.clock.set_offset(offset_ms);
    }
}

/// Runs in a task of its own, so that who hangs up breaks nothing off.
async fn in_own_task<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::spawn(work).await.unwrap_or_else(|error| Err(StoreError::Unknown(error.to_string())))
}
