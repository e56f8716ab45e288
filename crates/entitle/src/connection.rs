//! The flags that say which hub is asked, and as whom: as a reseller by its credential, or as an operator
//! of the hub through its data file.

use crate::database::{Place, ServerOptions};
use crate::entitlement::{Mode, whose};
use crate::failure::Misuse;
use crate::operator::Operator;
use crate::{operator, settings};
use anyhow::{Context, Result};
use clap::Args;
use client::Client;
use std::path::PathBuf;

/// The sandbox's well-known password, taken for granted on loopback alone.
const SANDBOX_PASSWORD: &str = "sandbox";
/// The sandbox's user name.
const SANDBOX_USER: &str = "sandbox";
/// Where a hub of this machine listens unless told otherwise.
const URL: &str = "http://127.0.0.1:8080";

/// Which hub, and as whom.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// The hub's address, with or without /v1
    /// (http://127.0.0.1:8080 unless set)
    #[arg(long, env = "ENTITLE_URL", hide_env_values = true)]
    url: Option<String>,
    /// The credential's user name (sandbox unless set)
    #[arg(long, env = "ENTITLE_USER", hide_env_values = true)]
    user: Option<String>,
    /// File that holds the password; else it is $ENTITLE_PASSWORD, else, on loopback, `sandbox`
    #[arg(long, env = "ENTITLE_PASSWORD_FILE", hide_env_values = true, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Ask as an operator instead, of the hub with these data (sqlite:PATH or postgres://…), running or
    /// not; a --url goes before it
    #[arg(long, env = "ENTITLE_DATABASE", hide_env_values = true)]
    database: Option<String>,
    #[command(flatten)]
    server: ServerOptions,
    /// As an operator: this reseller's; an id alone says whose it is
    #[arg(long, value_name = "KEY")]
    reseller: Option<String>,
    /// As an operator: of this mode
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// As an operator: the key file that opens sealed secrets, if it is not beside the data
    #[arg(long, env = "ENTITLE_KEY_FILE", hide_env_values = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// A hub that is asked; closes what was opened for it.
pub(crate) struct Asked {
    /// Whom to ask.
    pub(crate) hub: Client,
    operator: Option<Operator>,
}

impl Asked {
    /// Ends it.
    pub(crate) async fn close(self) -> Result<()> {
        match self.operator {
            Some(operator) => operator.close().await,
            None => Ok(()),
        }
    }
}

impl Connection {
    /// A client of that hub with the reseller's credential, whatever else is said.
    pub(crate) fn as_reseller(&self) -> Result<Client> {
        Ok(Client::new(self.url(), self.user(), &self.password()?)?)
    }

    /// The address as it was given.
    pub(crate) fn url(&self) -> &str {
        self.url.as_deref().unwrap_or(URL)
    }

    fn user(&self) -> &str {
        self.user.as_deref().unwrap_or(SANDBOX_USER)
    }

    /// User name and password, for who asks without a client.
    pub(crate) fn credential(&self) -> Result<(&str, String)> {
        Ok((self.user(), self.password()?))
    }

    /// Reaches that hub; as an operator, on the side of the reseller whose entitlement `id` is.
    pub(crate) async fn reach(&self, id: Option<&str>) -> Result<Asked> {
        let Some(database) = self.database.as_ref().filter(|_| self.url.is_none()) else {
            if self.reseller.is_some() || self.mode.is_some() {
                let hint = "Name the hub's data by --database, ENTITLE_DATABASE or entitle.toml, and no --url.";
                return Err(Misuse::new("--reseller and --mode are for operators", hint).into());
            }
            return Ok(Asked { hub: self.as_reseller()?, operator: None });
        };
        let operator = operator::reach(&Place::parse(database, &self.server)?, self.key_file.as_deref()).await?;
        match self.side(&operator, id).await {
            Ok((reseller, mode)) => Ok(Asked { hub: operator.seen_by(&reseller, &mode)?, operator: Some(operator) }),
            Err(error) => {
                operator.close().await?;
                Err(error)
            }
        }
    }

    async fn side(&self, operator: &Operator, id: Option<&str>) -> Result<(String, String)> {
        match (&self.reseller, id) {
            (Some(reseller), _) => Ok((reseller.clone(), self.mode.unwrap_or(Mode::Live).word().to_owned())),
            (None, Some(id)) => whose(operator, id, self.mode).await,
            (None, None) => {
                let hint = "--reseller KEY, and --mode test for test data; `entitle catalog export` shows the keys.";
                Err(Misuse::new("say whose", hint).into())
            }
        }
    }

    fn password(&self) -> Result<String> {
        if let Some(file) = &self.password_file {
            let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
            return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
        }
        if let Some(password) = settings::password() {
            return Ok(password);
        }
        // What is no URL at all is told by the client.
        if client::is_loopback(self.url()) != Some(false) {
            return Ok(SANDBOX_PASSWORD.to_owned());
        }
        let message = format!("there is no password for {} at {}", self.user(), self.url());
        Err(Misuse::new(message, format!("Name a file by --password-file, or set {}.", settings::PASSWORD)).into())
    }
}
