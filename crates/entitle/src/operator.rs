//! The way to a hub's operator interface (docs/OPERATIONS.md): through the socket beside its data file
//! while a hub runs, else by opening the file and answering within this process. The same calls, the same
//! code, the same audit.

use crate::key_file;
use crate::kind::Kind;
use crate::socket;
use crate::{settings, sqlite_file};
use anyhow::{Context, Result, bail};
use clap::Args;
use client::{Answer, Call, Client, Http};
use hub::{Hub, OPERATOR_HEADER, Receivers, open_serving, serve_operator};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{OpenError, SqliteStore, Store};

/// Where a serving hub keeps its data unless told otherwise.
pub(crate) const DATABASE: &str = "sqlite:.entitle/hub.db";
/// Bytes on their way within the process.
const PIPE_BYTES: usize = 64 * 1024;

/// Which hub, for operators.
#[derive(Debug, Args)]
#[command(next_help_heading = "Hub")]
pub(crate) struct OperatorOptions {
    /// The hub's data, as sqlite:PATH; a running hub is asked through the socket beside it
    #[arg(long, env = "ENTITLE_DATABASE", hide_env_values = true, default_value = DATABASE)]
    database: String,
    /// The key file that opens sealed secrets, if it is not beside the data
    #[arg(long, env = "ENTITLE_KEY_FILE", hide_env_values = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// A reached operator interface; closes what it has opened.
pub(crate) struct Operator {
    http: Http,
    /// Held open in this process, where no hub runs.
    store: Option<Arc<SqliteStore>>,
}

impl OperatorOptions {
    /// Reaches the hub, running or not.
    ///
    /// # Errors
    /// Where neither socket nor file can be had; the text says what to do.
    pub(crate) async fn reach(&self) -> Result<Operator> {
        reach(&sqlite_file(&self.database)?, self.key_file.as_deref()).await
    }
}

/// Reaches the hub of this data file.
pub(crate) async fn reach(file: &Path, key: Option<&Path>) -> Result<Operator> {
    if let Some(stream) = socket::connect(file).await? {
        let http = Http::over(stream).await.map_err(anyhow::Error::msg)?;
        return Ok(Operator { http, store: None });
    }
    if !file.exists() {
        bail!(
            "there is no hub at {}: no data file, and nobody listens beside it; `entitle serve` makes one, --database \
             names another",
            file.display()
        );
    }
    let store = match SqliteStore::open(file, store::Options::default()) {
        Ok(store) => Arc::new(store),
        Err(error @ OpenError::InUse { .. }) => {
            return Err(error).context(format!("nobody answers at {}", socket::path_of(file).display()));
        }
        Err(error) => return Err(error.into()),
    };
    Kind::Hub.take(store.as_ref(), file).await?;
    let sealing = key_file::sealing_key(file, key, store.as_ref()).await?;
    let shared = Arc::clone(&store) as Arc<dyn Store>;
    let parts =
        open_serving(shared, sealing, "http://127.0.0.1", Receivers::Public(Vec::new()), Vec::new().into()).await?;
    let hub = Hub::build(parts).await?;
    let (here, there) = tokio::io::duplex(PIPE_BYTES);
    tokio::spawn(serve_operator(hub, there, format!("uid {}", settings::uid()), None));
    let http = Http::over(here).await.map_err(anyhow::Error::msg)?;
    Ok(Operator { http, store: Some(store) })
}

impl Operator {
    /// The operator's own calls: `path` is what follows `/operator/v1`.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, client::Error> {
        self.client("http://operator/operator")?.send(call).await
    }

    /// A reseller's reads and outbox, seen by an operator.
    pub(crate) fn seen_by(&self, reseller: &str, mode: &str) -> Result<Client, client::Error> {
        let mut base = url::Url::parse("http://operator").map_err(|error| client::Error::Setting(error.to_string()))?;
        if let Ok(mut path) = base.path_segments_mut() {
            path.clear().extend(["operator", "v1", "resellers", reseller, mode]);
        }
        self.client(base.as_str())
    }

    fn client(&self, base: &str) -> Result<Client, client::Error> {
        let name: String = settings::operator().chars().filter(char::is_ascii_graphic).take(64).collect();
        Client::over(self.http.clone(), base, (OPERATOR_HEADER, &name))
    }

    /// Ends it. What was opened here is closed, so that the next may open it.
    pub(crate) async fn close(self) -> Result<()> {
        if let Some(store) = self.store {
            store.close().await.context("the store did not close cleanly")?;
        }
        Ok(())
    }
}
