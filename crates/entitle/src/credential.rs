//! `entitle credential`: passwords of the credentials that the catalog lists.

use crate::catalog::done;
use crate::operator::OperatorOptions;
use crate::text::{Paint, date, print, str_of, table, value};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use client::{Answer, Call, Item};
use jiff::SignedDuration;
use serde_json::json;
use std::path::PathBuf;

const CREATE_EXAMPLES: &str = "\
The catalog says whose a credential is ([credentials.NAME]); this gives it a password, which
is shown once. Who comes from another system may bring its password along.

Examples:
  entitle credential create acme-test
  entitle credential create acme-live --password-file acme.password --note 'as at the old hub'";

const ROTATE_EXAMPLES: &str = "\
With an overlap both passwords are good until it ends, so that no request is refused while
the reseller changes over. Without one the old password ends at once.

Examples:
  entitle credential rotate acme-live --overlap 24h
  entitle credential rotate acme-live --note 'the old one was in a mail'";

const REVOKE_EXAMPLES: &str = "\
It ends within a second, for requests under way and long polls, too, and for good.

Examples:
  entitle credential revoke acme-old --note 'contract ended'";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Give a credential its first password
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Create),
    /// Give it another password
    #[command(after_help = ROTATE_EXAMPLES)]
    Rotate(Rotate),
    /// End it for good
    #[command(after_help = REVOKE_EXAMPLES)]
    Revoke(Revoke),
    /// List credentials and how they stand
    List(List),
}

/// Which one.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The user name
    user: String,
    /// A file with the password to take, 12 to 256 characters
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    how: How,
}

/// Which one, and for how long the old password stays good.
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// The user name
    user: String,
    /// How long the old password stays good, as 24h or 30m; at most 30 days
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    overlap: Option<u64>,
    /// A file with the password to take, 12 to 256 characters
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    how: How,
}

/// Which one.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The user name
    user: String,
    #[command(flatten)]
    how: How,
}

/// How it is written down and told.
#[derive(Debug, Args)]
struct How {
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The hub's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    hub: OperatorOptions,
}

/// Of which hub.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// One a line, as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    hub: OperatorOptions,
}

/// Runs it.
///
/// # Errors
/// Where the hub cannot be reached or says no.
pub(crate) async fn run(command: &Command) -> Result<()> {
    match command {
        Command::Create(options) => {
            let password = password(options.password_file.as_ref())?;
            let body = json!({ "password": password, "note": options.how.note });
            let answer = options.how.call(&options.user, "create", &body).await?;
            options.how.tell(&answer, &[format!("{} has a password.", options.user)])
        }
        Command::Rotate(options) => {
            let password = password(options.password_file.as_ref())?;
            let body = json!({ "overlapSeconds": options.overlap, "password": password, "note": options.how.note });
            let answer = options.how.call(&options.user, "rotate", &body).await?;
            let old = match answer["oldPasswordUntil"].as_str() {
                Some(until) => format!("The old one is good until {until}."),
                None => "The old one is good no more.".to_owned(),
            };
            options.how.tell(&answer, &[format!("{} has another password.", options.user), old])
        }
        Command::Revoke(options) => {
            let answer = options.how.call(&options.user, "revoke", &json!({ "note": options.how.note })).await?;
            options.how.tell(&answer, &[format!("{} is revoked.", options.user)])
        }
        Command::List(options) => list(options).await,
    }
}

impl How {
    async fn call(&self, user: &str, verb: &str, body: &serde_json::Value) -> Result<Answer> {
        done(self.hub.reach().await?, &Call::post(&["v1", "credentials", user, verb]).with_body(body)).await
    }

    fn tell(&self, answer: &Answer, said: &[String]) -> Result<()> {
        if self.json {
            return Ok(print(&format!("{}\n", answer.text))?);
        }
        let mut out: String = said.iter().map(|line| format!("{line}\n")).collect();
        if let Some(password) = answer["password"].as_str() {
            out.push_str(&format!("\n  {password}\n\nIt is shown this once.\n"));
        }
        Ok(print(&out)?)
    }
}

async fn list(options: &List) -> Result<()> {
    let answer = done(options.hub.reach().await?, &Call::get(&["v1", "credentials"])).await?;
    let listed = answer.items("credentials");
    if options.json {
        return Ok(print(&listed.iter().map(|one| format!("{}\n", one.text)).collect::<String>())?);
    }
    if listed.is_empty() {
        return Ok(print("No credentials: the catalog lists none.\n")?);
    }
    let rows: Vec<Vec<String>> = listed.iter().map(row).collect();
    Ok(print(&table(&["USER", "RESELLER", "MODE", "STATE", ""], &rows, Paint::for_stdout()))?)
}

fn row(one: &Item) -> Vec<String> {
    let until = |name: &str, word: &str| Some(format!("{word} {}", date(one[name].as_str()?)?));
    let more = until("revokedAt", "since").or_else(|| until("oldPasswordUntil", "old password until"));
    vec![
        value(&one["user"]),
        str_of(one.value(), "reseller").to_owned(),
        str_of(one.value(), "mode").to_owned(),
        value(&one["state"]),
        more.unwrap_or_default(),
    ]
}

fn password(file: Option<&PathBuf>) -> Result<Option<String>> {
    let Some(file) = file else { return Ok(None) };
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// `24h`, `30m`, `2d`, or ISO 8601.
fn seconds(text: &str) -> Result<u64, String> {
    let whole = text.strip_suffix('d').and_then(|days| days.parse::<u64>().ok()?.checked_mul(24 * 3600));
    let parsed = || text.parse::<SignedDuration>().ok().and_then(|span| u64::try_from(span.as_secs()).ok());
    whole.or_else(parsed).ok_or_else(|| "say it as 24h, 30m or 2d".to_owned())
}
