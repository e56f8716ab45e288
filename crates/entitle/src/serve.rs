//! `entitle serve`: a hub for resellers and merchants, by the catalog in its store (docs/OPERATIONS.md).

use crate::database::{Limits, Opened, Place, ServerOptions, USUAL};
use crate::failure::Misuse;
use crate::kind::Kind;
use crate::running::Running;
use crate::watching::Watching;
use crate::{key_file, socket};
use anyhow::{Context, Result, bail};
use catalog::IpNet;
use clap::Args;
use hub::{Hub, Operators, Receivers, Server, Tls, Transport, open_serving};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::SqliteStore;
use tokio::net::TcpListener;

/// Examples under `--help`.
pub(crate) const EXAMPLES: &str = "\
Every setting can also stand in the environment (ENTITLE_LISTEN …) or in entitle.toml, by
the flag's name (listen = \"…\"). A flag goes before the environment, that before the file.

Examples:
  entitle serve
  entitle serve --database sqlite:/var/lib/entitle/hub.db --listen 127.0.0.1:8080
  entitle serve --database postgres://entitle@db.example.com/entitle
                                            one of several hubs on a PostgreSQL database
  entitle catalog apply catalog.toml        in another terminal: who sells what of whom
  entitle credential create acme-test       and a first password";

/// How a hub is served.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Address to listen on
    #[arg(long, env = "ENTITLE_LISTEN", hide_env_values = true, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the data lie: sqlite:PATH, or postgres://USER@HOST/DATABASE, on which several hubs may serve
    #[arg(long, env = "ENTITLE_DATABASE", hide_env_values = true, default_value = USUAL)]
    database: String,
    #[command(flatten)]
    server: ServerOptions,
    /// Connections of this hub to a PostgreSQL database at most
    #[arg(long, env = "ENTITLE_DATABASE_CONNECTIONS", hide_env_values = true, value_name = "N", default_value_t = 12)]
    #[arg(value_parser = clap::value_parser!(u16).range(6..=1_000))]
    database_connections: u16,
    /// Seconds after which a statement is broken off there; one that commits never is
    #[arg(
        long,
        env = "ENTITLE_DATABASE_TIMEOUT",
        hide_env_values = true,
        value_name = "SECONDS",
        default_value_t = 15
    )]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=3_600))]
    database_timeout: u16,
    /// Months that histories and notifications are kept there, at least 13; without it for ever
    #[arg(long, env = "ENTITLE_HISTORY_MONTHS", hide_env_values = true, value_name = "MONTHS", value_parser = months)]
    history_months: Option<u16>,
    /// Scheme and host that resellers and users reach this hub by
    #[arg(long, env = "ENTITLE_PUBLIC_URL", hide_env_values = true)]
    public_url: Option<String>,
    /// The key file that seals secrets; made at first start, beside the data unless named
    #[arg(long, env = "ENTITLE_KEY_FILE", hide_env_values = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Certificate chain, PEM; a changed file is read anew within seconds
    #[arg(long, env = "ENTITLE_TLS_CERTIFICATE", hide_env_values = true, value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, env = "ENTITLE_TLS_KEY", hide_env_values = true, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// A proxy whose X-Forwarded-For is believed, as address or CIDR; may be given several times
    #[arg(long, env = "ENTITLE_TRUSTED_PROXY", hide_env_values = true, value_name = "CIDR", value_delimiter = ',')]
    #[arg(value_parser = network)]
    trusted_proxy: Vec<IpNet>,
    /// A network that is not public and to which notifications may go all the same
    #[arg(long, env = "ENTITLE_NOTIFY_NETWORK", hide_env_values = true, value_name = "CIDR", value_delimiter = ',')]
    #[arg(value_parser = network)]
    notify_network: Vec<IpNet>,
    /// A loopback address on which operators are listened to as well, behind a token
    #[arg(long, env = "ENTITLE_OPERATOR_LISTEN", hide_env_values = true, value_name = "ADDRESS")]
    operator_listen: Option<SocketAddr>,
    /// File with that token, at least 32 characters
    #[arg(long, env = "ENTITLE_OPERATOR_TOKEN_FILE", hide_env_values = true, value_name = "FILE")]
    operator_token_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

/// A year, and the month that is under way: what was sold a year ago can still be looked at.
const HISTORY_MONTHS_MIN: u16 = 13;

/// A token that can be guessed is none.
const TOKEN_CHARS_MIN: usize = 32;

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// Where address, file, key or catalog cannot be had, or the store stops.
pub(crate) fn run(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(serve(options))
}

async fn serve(options: &Options) -> Result<()> {
    let place = Place::parse(&options.database, &options.server)?;
    options.refuse_history_of_files(&place)?;
    let port = options.operator_port().await?;
    let transport = options.transport()?;
    transport.check(options.listen)?;
    let scheme = if transport.tls.is_some() { "https" } else { "http" };
    let server = Server::bind(options.listen).await?.over(transport);
    let address = server.address().context("the system does not say which address it gave")?;
    let public_url = options.public_url.clone().unwrap_or_else(|| format!("{scheme}://{address}"));
    let opened = match &place {
        Place::File(file) => Opened::File(Arc::new(SqliteStore::open(file, store::Options::default())?)),
        Place::Server(server) => Opened::Server(Arc::new(server.open_for_hub(address, options.limits()).await?)),
    };
    let store = opened.store();
    Kind::Hub.take(store.as_ref(), &place).await?;
    let sealing = key_file::sealing_key(&place, options.key_file.as_deref(), store.as_ref()).await?;
    let receivers = Receivers::Public(options.notify_network.clone());
    let parts = open_serving(store, sealing, &public_url, receivers, ::openapi::document().into()).await?;
    let version = parts.applied.version;
    let hub = Hub::build(parts).await?;
    // It walks everything that is open; the hub serves meanwhile.
    let keeping = hub.clone();
    tokio::spawn(async move { keeping.keep_what_was_created().await });
    options.watching.trace(&hub)?;
    let bound = match &place {
        Place::File(file) => Some(socket::bind(file)?),
        Place::Server(_) => None,
    };
    println!("{}", options.start_text(address, &place, version, &public_url));
    let (socket, names) = bound.map(|bound| (Operators::Socket(bound.listener), bound.names)).unzip();
    let operators = [socket, port].into_iter().flatten().collect();
    let running = Running { store: opened, hub, server, operators, names: names.unwrap_or_default() };
    running.until_stopped().await
}

/// For how long histories are kept.
fn months(text: &str) -> Result<u16, String> {
    let wanted = "say a number of months, 13 or more, or leave it out to keep histories for ever";
    let months = text.parse::<u16>().ok().filter(|months| *months >= HISTORY_MONTHS_MIN);
    months.ok_or_else(|| wanted.to_owned())
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let one = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>().or_else(|_| one()).map_err(|_| "say it as 10.0.0.0/8 or 192.0.2.7".to_owned())
}

/// One without the other.
fn pair(one: &str, other: &str) -> anyhow::Error {
    let message = format!("{one} and {other} go together, and only one of them is set");
    Misuse::new(message, "As flags, in the environment, or in the file.").into()
}

impl Options {
    fn transport(&self) -> Result<Transport> {
        let tls = match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(Tls::open(certificate, key)?),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(pair("--tls-certificate", "--tls-key")),
        };
        Ok(Transport { tls, trusted_proxies: self.trusted_proxy.clone(), ..Transport::default() })
    }

    fn limits(&self) -> Limits {
        Limits {
            connections: self.database_connections.into(),
            statement_timeout: Duration::from_secs(self.database_timeout.into()),
            history_months: self.history_months,
        }
    }

    /// Nobody is to believe that something is dropped which is not.
    fn refuse_history_of_files(&self, place: &Place) -> Result<()> {
        match (place, self.history_months) {
            (Place::File(_), Some(_)) => {
                let message = "--history-months is set, and a data file keeps every history";
                Err(Misuse::new(message, "Leave it out, or serve a PostgreSQL database.").into())
            }
            (Place::File(_), None) | (Place::Server(_), _) => Ok(()),
        }
    }

    async fn operator_port(&self) -> Result<Option<Operators>> {
        let (address, file) = match (self.operator_listen, &self.operator_token_file) {
            (Some(address), Some(file)) => (address, file),
            (None, None) => return Ok(None),
            (Some(_), None) | (None, Some(_)) => {
                return Err(pair("--operator-listen", "--operator-token-file"));
            }
        };
        if !address.ip().is_loopback() {
            let message = format!("--operator-listen {address}: operators are listened to on loopback only");
            return Err(Misuse::new(message, "Elsewhere they come by ssh, and use the socket.").into());
        }
        if std::fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o077 != 0) {
            bail!("the token file {} can be read by others; chmod 600 it", file.display());
        }
        let token = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let token = token.trim().to_owned();
        if token.len() < TOKEN_CHARS_MIN {
            bail!("{} holds no token of at least {TOKEN_CHARS_MIN} characters", file.display());
        }
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        Ok(Some(Operators::Port(listener, token)))
    }

    fn start_text(&self, address: SocketAddr, place: &Place, version: u32, public_url: &str) -> String {
        let catalog = match version {
            0 => "none yet: `entitle catalog apply FILE` says who sells what".to_owned(),
            version => format!("version {version}"),
        };
        let operators = match place {
            Place::File(file) => socket::path_of(file).display().to_string(),
            Place::Server(_) => "any `entitle` command with the same --database".to_owned(),
        };
        format!(
            "Entitle {} hub\n\n  Address      {address}\n  Public URL   {public_url}\n  Data         {place}\n  \
             Operators    {operators}\n  Catalog      {catalog}\n\n\
             Stop with Ctrl-C.",
            env!("CARGO_PKG_VERSION"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::months;

    #[test]
    fn histories_are_kept_for_a_year_at_least() {
        assert_eq!((months("13"), months("120")), (Ok(13), Ok(120)));
        for refused in ["12", "0", "-13", "", "13.5", "ever", "70000"] {
            assert!(months(refused).is_err_and(|said| said.contains("13 or more")), "{refused}");
        }
    }
}
