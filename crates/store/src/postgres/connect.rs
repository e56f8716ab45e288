//! Connections to the server: the one door to it. Which way is taken, plain or TLS, is said in `tls`.

use super::fault::said;
use super::options::{PostgresOpenError, PostgresOptions};
use super::tls;
use super::values::Value;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::{Client, Config, CopyInSink, Error, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What was sent and not acknowledged for so long is lost: the other side has gone without a word.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(15);

/// An answer that is waited for: whether the other side is still there is asked so often, after that time.
const SILENCE_BETWEEN: Duration = Duration::from_secs(5);
const SILENCES: u32 = 3;

/// How long a statement waits for what another transaction holds.
const LOCK_TIMEOUT_MS: u32 = 5_000;

/// A transaction that its client has left is undone by the server after so long.
const IDLE_IN_TRANSACTION_MS: u32 = 30_000;

/// Settings of every session.
const ALWAYS: &str = "-c jit=off -c timezone=UTC -c default_transaction_isolation=read\\ committed";

/// Plans are made once for a statement, and never by the number of rows that a young table happens to have:
/// with everything switched off that reads a whole table, each row of a batch is looked up by its key, in
/// an empty store as in a full one.
const BY_KEYS: &str = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_bitmapscan=off \
    -c enable_hashjoin=off -c enable_mergejoin=off -c enable_material=off";

/// Planned by the values that are searched for.
const BY_VALUES: &str = "-c plan_cache_mode=force_custom_plan";

fn settings(purpose: Purpose, statement_timeout: Duration) -> String {
    let plans = match purpose {
        Purpose::Commit | Purpose::Keys => BY_KEYS,
        Purpose::Search => BY_VALUES,
    };
    let statement_ms = match purpose {
        // A session that waits in COMMIT for the disk, or for a standby, is never broken off. What comes
        // before COMMIT goes by keys, and waits for others no longer than for a lock.
        Purpose::Commit => 0,
        Purpose::Keys | Purpose::Search => statement_timeout.as_millis(),
    };
    format!(
        "{ALWAYS} {plans} -c statement_timeout={statement_ms} -c lock_timeout={LOCK_TIMEOUT_MS} \
         -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS}"
    )
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Batches of changes.
    Commit,
    /// Statements that go by keys.
    Keys,
    /// Searches: reports, counts, examinations.
    Search,
}

/// Makes connections.
pub(super) struct Connector {
    config: Config,
    tls: MakeRustlsConnect,
    statement_timeout: Duration,
    /// The database in words, without a password.
    pub(super) place: String,
}

impl std::fmt::Debug for Connector {
    /// Without what may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Connector {
    pub(super) fn new(options: &PostgresOptions) -> Result<Self, PostgresOpenError> {
        let url = tls::known_modes(&options.url);
        let mut config: Config = url.parse().map_err(|error: Error| PostgresOpenError::Url(said(&error)))?;
        if let Some(path) = &options.password_file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| PostgresOpenError::PasswordFile { path: path.clone(), source })?;
            config.password(text.lines().next().unwrap_or_default());
        }
        config
            .application_name("entitle")
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(UNACKNOWLEDGED_MAX)
            .keepalives_idle(UNACKNOWLEDGED_MAX)
            .keepalives_interval(SILENCE_BETWEEN)
            .keepalives_retries(SILENCES);
        tls::choose(&mut config);
        Ok(Self {
            place: place(&config),
            config,
            tls: tls::connector(options.authorities.as_deref())?,
            statement_timeout: options.statement_timeout,
        })
    }

    pub(super) async fn connect(&self, purpose: Purpose) -> Result<Connection, Error> {
        let mut config = self.config.clone();
        // What the URL says goes before.
        let own = self.config.get_options().unwrap_or_default();
        config.options(format!("{} {own}", settings(purpose, self.statement_timeout)));
        #[expect(clippy::disallowed_methods, reason = "this is the door to the database")]
        let (client, way) = config.connect(self.tls.clone()).await?;
        // Carries the messages until the client is dropped; what breaks it, whoever waits for an
        // answer is told.
        tokio::spawn(async move { drop(way.await) });
        // Whatever the database's own setting is: what is answered is on the disk. More (a standby's)
        // stays as it is set.
        client
            .batch_execute(
                "SELECT set_config('synchronous_commit', 'on', false) \
                 WHERE current_setting('synchronous_commit') = 'off'",
            )
            .await?;
        Ok(Connection { client, statements: Mutex::default() })
    }
}

fn place(config: &Config) -> String {
    let host = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(folder) => folder.display().to_string(),
    };
    let hosts: Vec<String> = config.get_hosts().iter().map(host).collect();
    let database = config.get_dbname().or(config.get_user()).unwrap_or("postgres");
    format!("the database {database} at {}", hosts.join(", "))
}

/// A connection with the statements that are prepared on it.
pub(super) struct Connection {
    client: Client,
    statements: Mutex<HashMap<&'static str, Statement>>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("is_closed", &self.is_closed()).finish_non_exhaustive()
    }
}

impl Connection {
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// A statement, prepared when it is first asked for.
    pub(super) async fn statement(&self, sql: &'static str) -> Result<Statement, Error> {
        let known = self.statements.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).insert(sql, statement.clone());
        Ok(statement)
    }

    pub(super) async fn query(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, Error> {
        let statement = self.statement(sql).await?;
        self.client.query(&statement, values).await
    }

    /// How many rows it touched.
    pub(super) async fn execute(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Error> {
        let statement = self.statement(sql).await?;
        self.client.execute(&statement, values).await
    }

    /// A statement for whoever keeps it himself.
    pub(super) async fn prepare(&self, sql: &str) -> Result<Statement, Error> {
        self.client.prepare(sql).await
    }

    /// Begins to send rows into a table.
    pub(super) async fn copy_in(&self, sql: &str) -> Result<CopyInSink<Bytes>, Error> {
        self.client.copy_in(sql).await
    }

    /// A prepared statement, sent when it is first polled.
    pub(super) async fn send(&self, statement: &Statement, values: &[Value<'_>]) -> Result<Vec<Row>, Error> {
        self.client.query(statement, values).await
    }

    /// Several statements without values, one after the other.
    pub(super) async fn batch(&self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).await
    }
}
