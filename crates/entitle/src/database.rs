//! `--database`: where a hub's data lie, a file of the embedded store or a PostgreSQL database; and how it
//! is opened.

use crate::failure::Misuse;
use crate::settings;
use anyhow::Result;
use clap::Args;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::{PostgresOptions, PostgresStore, SchemaStep, SqliteStore, Store};

/// Where a serving hub keeps its data unless told otherwise.
pub(crate) const USUAL: &str = "sqlite:.entitle/hub.db";
/// The key file of a hub whose data lie in a database server, unless told otherwise.
const KEY_OF_SERVER: &str = ".entitle/hub.key";
/// A command opens few connections.
const CONNECTIONS_OF_COMMAND: usize = 6;

/// How a PostgreSQL database is reached, beside its URL.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ServerOptions {
    /// File with the password of a PostgreSQL database
    #[arg(long, env = "ENTITLE_DATABASE_PASSWORD_FILE", hide_env_values = true, value_name = "FILE")]
    database_password_file: Option<PathBuf>,
    /// PEM certificates of authorities for TLS to it, if not those of the web
    #[arg(long, env = "ENTITLE_DATABASE_TLS_CA", hide_env_values = true, value_name = "FILE")]
    database_tls_ca: Option<PathBuf>,
}

impl ServerOptions {
    /// What a command has asked for under names of its own.
    pub(crate) fn new(password_file: Option<PathBuf>, tls_ca: Option<PathBuf>) -> Self {
        Self { database_password_file: password_file, database_tls_ca: tls_ca }
    }
}

/// How much of a database server one hub takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at most.
    pub(crate) connections: usize,
    /// A statement that takes longer is broken off, but never one that commits.
    pub(crate) statement_timeout: Duration,
    /// Whole months that histories are kept; none: for ever.
    pub(crate) history_months: Option<u16>,
}

impl Default for Limits {
    /// What is usual for a hub.
    fn default() -> Self {
        let usual = PostgresOptions::new("");
        Self { connections: usual.connections_max, statement_timeout: usual.statement_timeout, history_months: None }
    }
}

/// Where data lie.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// A file of the embedded store.
    File(PathBuf),
    /// A database.
    Server(Server),
}

/// A PostgreSQL database.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    url: Url,
    options: ServerOptions,
}

/// A URL that may hold a password: it is never printed.
#[derive(Clone)]
struct Url(String);

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Url")
    }
}

impl Place {
    /// Reads `--database`.
    ///
    /// # Errors
    /// Where it names neither.
    pub(crate) fn parse(database: &str, options: &ServerOptions) -> Result<Self> {
        Self::parse_flag("--database", database, options)
    }

    /// Reads the same of another flag.
    ///
    /// # Errors
    /// As above.
    pub(crate) fn parse_flag(flag: &str, database: &str, options: &ServerOptions) -> Result<Self> {
        match database.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::File(PathBuf::from(path))),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Ok(Self::Server(Server { url: Url(database.to_owned()), options: options.clone() }))
            }
            // What was meant for a server may hold a password.
            Some((scheme, _)) if scheme.starts_with("postgres") => {
                Err(misuse(&format!("{flag} looks like a URL and is none")))
            }
            _ if database.contains(['@', '=']) => {
                Err(misuse(&format!("{flag} names neither a data file nor a database")))
            }
            _ => Err(misuse(&format!("{flag} {database} names neither a data file nor a database"))),
        }
    }

    /// As a copy of whole stores names it.
    pub(crate) fn for_copy(&self) -> store::copy::Place {
        self.for_copy_with(BTreeMap::new())
    }

    /// The same with the homes that resellers get there.
    pub(crate) fn for_copy_with(&self, homes: BTreeMap<String, u16>) -> store::copy::Place {
        match self {
            Self::File(file) => store::copy::Place::Sqlite(file.clone()),
            Self::Server(server) => {
                let options = PostgresOptions { homes, ..server.options(None, None) };
                store::copy::Place::Postgres(Box::new(options))
            }
        }
    }

    /// The file of an embedded store.
    ///
    /// # Errors
    /// Where it is a database; the text says what to do `instead`.
    pub(crate) fn into_file(self, instead: &str) -> Result<PathBuf> {
        match self {
            Self::File(file) => Ok(file),
            Self::Server(_) => Err(Misuse::new("this is for data files (sqlite:PATH)", instead).into()),
        }
    }

    /// Where the key file lies unless told otherwise.
    pub(crate) fn usual_key(&self) -> PathBuf {
        match self {
            Self::File(file) => beside(file, ".key"),
            Self::Server(_) => PathBuf::from(KEY_OF_SERVER),
        }
    }
}

impl fmt::Display for Place {
    /// Without a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Server(server) => f.write_str(&server.shown()),
        }
    }
}

impl Server {
    fn shown(&self) -> String {
        let Url(url) = &self.url;
        let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
        // Where a password may reach nobody can tell.
        if rest.split_once('?').is_some_and(|(_, behind)| behind.contains('@')) {
            return format!("{scheme}://…");
        }
        let rest = rest.split('?').next().unwrap_or_default();
        let (who, place) = rest.rsplit_once('@').map_or(("", rest), |(who, place)| (who, place));
        let user = who.split(':').next().unwrap_or_default();
        let at = if user.is_empty() { "" } else { "@" };
        format!("{scheme}://{user}{at}{}", place.replace("%2F", "/").replace("%2f", "/"))
    }

    fn options(&self, node: Option<String>, limits: Option<Limits>) -> PostgresOptions {
        let usual = PostgresOptions::new(&self.url.0);
        let connections_max = limits.map_or(CONNECTIONS_OF_COMMAND, |limits| limits.connections);
        PostgresOptions {
            password_file: self.options.database_password_file.clone(),
            authorities: self.options.database_tls_ca.clone(),
            node,
            connections_max,
            statement_timeout: limits.map_or(usual.statement_timeout, |limits| limits.statement_timeout),
            history_months: limits.and_then(|limits| limits.history_months),
            ..usual
        }
    }

    /// Opens it for a command, which does no work of a hub.
    ///
    /// # Errors
    /// Where it cannot be had; the text says what to do.
    pub(crate) async fn open(&self) -> Result<PostgresStore> {
        Ok(PostgresStore::open(self.options(None, None)).await?)
    }

    /// Brings it to the newest schema; the steps that it lacked.
    ///
    /// # Errors
    /// As above, or where an older program is at work on it.
    pub(crate) async fn migrate(&self) -> Result<Vec<SchemaStep>> {
        Ok(PostgresStore::migrate(self.options(None, None)).await?)
    }

    /// Opens it for a hub that listens at this address.
    ///
    /// # Errors
    /// As above.
    pub(crate) async fn open_for_hub(&self, address: std::net::SocketAddr, limits: Limits) -> Result<PostgresStore> {
        let node = format!("{}, {address}", settings::machine());
        Ok(PostgresStore::open(self.options(Some(node), Some(limits))).await?)
    }
}

/// An open store, of either engine.
#[derive(Debug, Clone)]
pub(crate) enum Opened {
    /// This process owns its file.
    File(Arc<SqliteStore>),
    /// Others may have it open, too.
    Server(Arc<PostgresStore>),
}

impl Opened {
    /// As what everything above the engines knows it by.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::File(store) => Arc::clone(store) as Arc<dyn Store>,
            Self::Server(store) => Arc::clone(store) as Arc<dyn Store>,
        }
    }

    /// Ready when it has stopped by itself: after a fault of the disk; a server comes back.
    pub(crate) async fn until_stopped(&self) -> String {
        match self {
            Self::File(store) => store.until_stopped().await,
            Self::Server(_) => std::future::pending().await,
        }
    }

    /// Whether it has stopped by itself.
    pub(crate) fn stopped(&self) -> bool {
        match self {
            Self::File(store) => store.stopped(),
            Self::Server(_) => false,
        }
    }
}

/// A file that lies beside another one, by its name.
pub(crate) fn beside(file: &Path, extension: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(extension);
    name.into()
}

fn misuse(message: &str) -> anyhow::Error {
    let hint = format!("Say sqlite:PATH, for example {USUAL}, or postgres://USER@HOST:PORT/DATABASE.");
    Misuse::new(message, hint).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(database: &str) -> Result<Place> {
        Place::parse(database, &ServerOptions::default())
    }

    #[test]
    fn both_kinds_of_places_are_read_and_shown_without_a_password() {
        for (database, shown) in [
            ("sqlite:a/b.db", "a/b.db"),
            ("postgres://me:secret@db.test:5432/hub?sslmode=require", "postgres://me@db.test:5432/hub"),
            ("postgresql://db.test/hub?password=secret", "postgresql://db.test/hub"),
            ("postgres://me@%2Frun%2Fpg/hub", "postgres://me@/run/pg/hub"),
            ("postgres://me:se@cret@db.test/hub", "postgres://me@db.test/hub"),
            ("postgres://me:secret?@db.test/hub", "postgres://…"),
            ("postgres://db.test/hub?password=se@cret", "postgres://…"),
        ] {
            let place = place(database).unwrap();
            assert_eq!(place.to_string(), shown);
            assert!(!format!("{place:?}").contains("secret"));
        }
    }

    #[test]
    fn what_is_neither_is_refused_without_a_password() {
        for database in [
            "",
            "hub.db",
            "sqlite:",
            "mysql://a",
            "postgres:hub",
            "postgresqll://a:secret@b/c",
            "host=db password=secret",
            "pg://a:secret@b/c",
        ] {
            let error = format!("{:?}", place(database).unwrap_err());
            assert!(error.contains("--database") && !error.contains("secret"), "{error}");
        }
    }
}
