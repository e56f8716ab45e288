//! `entitle secret`: what the hub has to send and nobody else may read. The catalog names secrets, this
//! puts them there; only a signing secret that the hub makes is ever shown, and once.

use crate::catalog::done;
use crate::operator::OperatorOptions;
use crate::text::{Paint, date, print, table, value};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use client::{Call, Item};
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

const SET_EXAMPLES: &str = "Examples:
  entitle secret set acme-notify < acme-notify.password
  entitle secret set acme-notify --file acme-notify.password";

const CREATE_EXAMPLES: &str = "\
A new secret takes effect at once: give it to the receiver first where it must not miss a
notification.

Examples:
  entitle secret create acme-test-webhook";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Keep a secret under a name
    #[command(after_help = SET_EXAMPLES)]
    Set(Set),
    /// Make a signing secret (whsec_…) and show it
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Named),
    /// Remove a secret that the catalog does not name
    Remove(Named),
    /// List names; what is in them is never shown
    List(List),
}

/// Which one, and from where.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// The name
    name: String,
    /// A file that holds it; standard input unless given
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    hub: OperatorOptions,
}

/// Which one.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The name
    name: String,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
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
        Command::Set(options) => {
            let secret = read(options.file.as_deref())?;
            call(&options.hub, &options.name, "set", &json!({ "value": secret, "note": options.note })).await?;
            Ok(print(&format!("The secret {} is set.\n", options.name))?)
        }
        Command::Create(options) => {
            let answer = call(&options.hub, &options.name, "create", &json!({ "note": options.note })).await?;
            let secret = value(&answer["secret"]);
            Ok(print(&format!("The secret {} is\n\n  {secret}\n\nIt is shown this once.\n", options.name))?)
        }
        Command::Remove(options) => {
            call(&options.hub, &options.name, "remove", &json!({ "note": options.note })).await?;
            Ok(print(&format!("The secret {} is removed.\n", options.name))?)
        }
        Command::List(options) => list(options).await,
    }
}

async fn call(hub: &OperatorOptions, name: &str, verb: &str, body: &Value) -> Result<client::Answer> {
    done(hub.reach().await?, &Call::post(&["v1", "secrets", name, verb]).with_body(body)).await
}

async fn list(options: &List) -> Result<()> {
    let answer = done(options.hub.reach().await?, &Call::get(&["v1", "secrets"])).await?;
    let listed = answer.items("secrets");
    if options.json {
        return Ok(print(&listed.iter().map(|one| format!("{}\n", one.text)).collect::<String>())?);
    }
    let rows: Vec<Vec<String>> = listed.iter().map(row).collect();
    Ok(print(&table(&["NAME", "SET", "USED BY"], &rows, Paint::for_stdout()))?)
}

fn row(one: &Item) -> Vec<String> {
    let set = one["setAt"].as_str().and_then(date).unwrap_or_else(|| "missing".to_owned());
    let used: Vec<&str> = one["usedBy"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let purpose = if one["signs"] == true { " (signs)" } else { "" };
    vec![value(&one["name"]), set, format!("{}{purpose}", used.join(", "))]
}

fn read(file: Option<&Path>) -> Result<String> {
    let mut text = String::new();
    match file {
        Some(file) => {
            text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        }
        None => drop(std::io::stdin().read_to_string(&mut text).context("standard input cannot be read")?),
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
