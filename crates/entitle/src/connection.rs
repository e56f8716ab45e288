//! The flags that say which hub is asked, and as whom.

use crate::failure::Misuse;
use crate::settings;
use anyhow::{Context, Result};
use clap::Args;
use client::Client;
use std::path::PathBuf;

/// The sandbox's well-known password, taken for granted on loopback alone.
const SANDBOX_PASSWORD: &str = "sandbox";

/// Which hub, and as whom.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// The hub's address, with or without /v1
    #[arg(long, env = "ENTITLE_URL", hide_env_values = true, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The credential's user name
    #[arg(long, env = "ENTITLE_USER", hide_env_values = true, default_value = "sandbox")]
    user: String,
    /// File that holds the password; else it is $ENTITLE_PASSWORD, else, on loopback, `sandbox`
    #[arg(long, env = "ENTITLE_PASSWORD_FILE", hide_env_values = true, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Connection {
    /// A client of that hub.
    pub(crate) fn client(&self) -> Result<Client> {
        Ok(Client::new(&self.url, &self.user, &self.password()?)?)
    }

    /// The address as it was given.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// User name and password, for who asks without a client.
    pub(crate) fn credential(&self) -> Result<(&str, String)> {
        Ok((&self.user, self.password()?))
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
        if client::is_loopback(&self.url) != Some(false) {
            return Ok(SANDBOX_PASSWORD.to_owned());
        }
        let message = format!("there is no password for {} at {}", self.user, self.url);
        Err(Misuse::new(message, format!("Name a file by --password-file, or set {}.", settings::PASSWORD)).into())
    }
}
