//! `entitle sandbox`: a hub to develop against, on one loopback port (docs/API.md section 8).

use crate::start_text::StartText;
use crate::watching;
use anyhow::{Context, Result, bail};
use clap::Args;
use hub::{Dispatch, Hub, Random, Server, open_sandbox};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use store::{SqliteStore, Store};
use tokio::signal::unix::{SignalKind, signal};

/// Where the sandbox keeps its data unless told otherwise.
const DATABASE: &str = "sqlite:.entitle/sandbox.db";
/// The password on loopback, where nobody else can call.
const PASSWORD: &str = "sandbox";

/// Examples under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  entitle sandbox
  entitle sandbox --fresh                   with no data to begin with
  entitle sandbox --listen 127.0.0.1:8081   on another port
  entitle sandbox --public-url https://sandbox.example.com
                                            activation links under that address";

/// How the sandbox is started.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Address to listen on
    #[arg(long, env = "ENTITLE_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the data lies, as sqlite:PATH
    #[arg(long, env = "ENTITLE_DATABASE", default_value = DATABASE)]
    database: String,
    /// Scheme and host of activation links, if not the address listened on
    #[arg(long, env = "ENTITLE_PUBLIC_URL")]
    public_url: Option<String>,
    /// Begin with no data: whatever the file holds is emptied first
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    pub(crate) watching: watching::Watching,
}

/// Runs the sandbox until SIGTERM or Ctrl-C.
///
/// # Errors
/// Where the address or the file cannot be had, or the store stops.
pub(crate) fn run(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(sandbox(options))
}

async fn sandbox(options: &Options) -> Result<()> {
    let file = database_file(&options.database)?;
    let server = Server::bind(options.listen).await?;
    let address = server.address().context("the system does not say which address it gave")?;
    let public_url = options.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let store = Arc::new(SqliteStore::open(&file, store::Options::default())?);
    if options.fresh {
        store.reset_test_data().await.context("the data could not be emptied")?;
    }
    let password = password(address)?;
    let shared = Arc::clone(&store) as Arc<dyn Store>;
    let (parts, secrets) = open_sandbox(shared, &public_url, &password, ::openapi::document().into()).await?;
    let hub = Hub::build(parts).await?;
    options.watching.trace(&hub)?;
    let dispatch = Dispatch::start(&hub);
    StartText {
        url: &public_url,
        address,
        password: &password,
        file: &file,
        now: store.now(),
        clock_offset_ms: store.clock_offset_ms(),
        webhook_secret: &secrets.webhook_secret,
    }
    .print();
    // Workers stop while requests are drained, not after them: each may take its 8 s, and both
    // together have to end within 10 s.
    let mut workers = None;
    let stop = async {
        stopped(Arc::clone(&store)).await;
        workers = Some(tokio::spawn(dispatch.stop()));
    };
    server.run(hub.clone(), stop).await;
    if let Some(workers) = workers {
        workers.await.context("the workers did not stop cleanly")?;
    }
    hub.flush_traces().await;
    store.close().await.context("the store did not close cleanly")?;
    if store.stopped() {
        bail!("the store stopped because of a fault of the disk; see the log. What was answered is safe.");
    }
    Ok(())
}

fn database_file(database: &str) -> Result<PathBuf> {
    match database.split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => Ok(PathBuf::from(path)),
        _ => bail!("--database {database}: say sqlite:PATH, for example {DATABASE}"),
    }
}

/// On loopback the well-known password; anywhere else a random one, printed at start.
fn password(address: SocketAddr) -> Result<String> {
    if address.ip().is_loopback() {
        return Ok(PASSWORD.to_owned());
    }
    let random: [u8; 12] = Random::from_system()?.secret()?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Ready on SIGTERM, Ctrl-C, or when the store has stopped.
async fn stopped(store: Arc<SqliteStore>) {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
        why = store.until_stopped() => tracing::error!(why, "the store has stopped"),
    }
}
