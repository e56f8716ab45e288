//! `entitle sandbox`: a hub to develop against, on one loopback port (docs/API.md section 8).

use crate::database::{Limits, Opened, Place, ServerOptions};
use crate::kind::Kind;
use crate::running::Running;
use crate::start_text::StartText;
use crate::{key_file, socket, watching};
use anyhow::{Context, Result};
use clap::Args;
use hub::{Hub, Operators, Random, Server, open_sandbox};
use std::net::SocketAddr;
use std::sync::Arc;
use store::SqliteStore;

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
    /// Where the data lies: sqlite:PATH or postgres://USER@HOST/DATABASE
    #[arg(long, env = "ENTITLE_DATABASE", hide_env_values = true, default_value = DATABASE)]
    database: String,
    #[command(flatten)]
    server: ServerOptions,
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
    let place = Place::parse(&options.database, &options.server)?;
    let server = Server::bind(options.listen).await?;
    let address = server.address().context("the system does not say which address it gave")?;
    let public_url = options.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let opened = match &place {
        Place::File(file) => Opened::File(Arc::new(SqliteStore::open(file, store::Options::default())?)),
        Place::Server(server) => Opened::Server(Arc::new(server.open_for_hub(address, Limits::default()).await?)),
    };
    let store = opened.store();
    Kind::Sandbox.take(store.as_ref(), &place).await?;
    if options.fresh {
        store.reset_test_data().await.context("the data could not be emptied")?;
    }
    let password = password(address)?;
    let sealing = key_file::sealing_key(&place, None, store.as_ref()).await?;
    let (parts, secrets) =
        open_sandbox(Arc::clone(&store), &public_url, &password, sealing, ::openapi::document().into()).await?;
    let hub = Hub::build(parts).await?;
    options.watching.trace(&hub)?;
    let bound = match &place {
        Place::File(file) => Some(socket::bind(file)?),
        Place::Server(_) => None,
    };
    StartText {
        url: &public_url,
        address,
        password: &password,
        place: &place,
        now: store.now(),
        clock_offset_ms: store.clock_offset_ms(),
        webhook_secret: &secrets.webhook_secret,
    }
    .print();
    let (listener, names) = bound.map(|bound| (Operators::Socket(bound.listener), bound.names)).unzip();
    let operators = listener.into_iter().collect();
    Running { store: opened, hub, server, operators, names: names.unwrap_or_default() }.until_stopped().await
}

/// On loopback the well-known password; anywhere else a random one, printed at start.
fn password(address: SocketAddr) -> Result<String> {
    if address.ip().is_loopback() {
        return Ok(PASSWORD.to_owned());
    }
    let random: [u8; 12] = Random::from_system()?.secret()?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
