//! The way to a hub's operator interface (docs/OPERATIONS.md): through the socket beside its data file
//! while a hub runs, else by opening the file, or the database, and answering within this process. The same
//! calls, the same code, the same audit.

use crate::database::{Opened, Place, ServerOptions, USUAL};
use crate::key_file;
use crate::kind::Kind;
use crate::settings;
use crate::socket;
use anyhow::{Context, Result, bail};
use clap::Args;
use client::{Answer, Call, Client, Http};
use hub::{Hub, OPERATOR_HEADER, Receivers, open_serving, serve_operator};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{OpenError, SqliteStore};

/// Bytes on their way within the process.
const PIPE_BYTES: usize = 64 * 1024;

/// Which hub, for operators.
#[derive(Debug, Args)]
#[command(next_help_heading = "Hub")]
pub(crate) struct OperatorOptions {
    /// The hub's data: sqlite:PATH, where a running hub is asked through the socket beside it, or
    /// postgres://USER@HOST/DATABASE, which is asked itself
    #[arg(long, env = "ENTITLE_DATABASE", hide_env_values = true, default_value = USUAL)]
    database: String,
    #[command(flatten)]
    server: ServerOptions,
    /// The key file that opens sealed secrets, if it is not beside the data
    #[arg(long, env = "ENTITLE_KEY_FILE", hide_env_values = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// A reached operator interface; closes what it has opened.
pub(crate) struct Operator {
    http: Http,
    /// Held open in this process, where no hub runs.
    store: Option<Opened>,
}

impl OperatorOptions {
    /// Reaches the hub, running or not.
    ///
    /// # Errors
    /// Where neither socket nor file can be had; the text says what to do.
    pub(crate) async fn reach(&self) -> Result<Operator> {
        reach(&Place::parse(&self.database, &self.server)?, self.key_file.as_deref()).await
    }
}

/// Reaches the hub of these data. Those of a server are asked themselves: what an operator does there,
/// every hub on them follows within a second.
pub(crate) async fn reach(place: &Place, key: Option<&Path>) -> Result<Operator> {
    match place {
        Place::File(file) => reach_file(place, file, key).await,
        Place::Server(server) => within(place, Opened::Server(Arc::new(server.open().await?)), key).await,
    }
}

async fn reach_file(place: &Place, file: &Path, key: Option<&Path>) -> Result<Operator> {
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
    within(place, Opened::File(store), key).await
}

/// Answers within this process.
async fn within(place: &Place, opened: Opened, key: Option<&Path>) -> Result<Operator> {
    let store = opened.store();
    Kind::Hub.take(store.as_ref(), place).await?;
    let sealing = match &opened {
        Opened::File(_) => key_file::sealing_key(place, key, store.as_ref()).await?,
        Opened::Server(_) => key_file::made_by_a_hub(place, key)?,
    };
    let parts =
        open_serving(store, sealing, "http://127.0.0.1", Receivers::Public(Vec::new()), Vec::new().into()).await?;
    let hub = Hub::build(parts).await?;
    let (here, there) = tokio::io::duplex(PIPE_BYTES);
    tokio::spawn(serve_operator(hub, there, format!("uid {}", settings::uid()), None));
    let http = Http::over(here).await.map_err(anyhow::Error::msg)?;
    Ok(Operator { http, store: Some(opened) })
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
            store.store().close().await.context("the store did not close cleanly")?;
        }
        Ok(())
    }
}
