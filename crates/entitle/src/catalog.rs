//! `entitle catalog`: who sells what of whom. A file is read here, so that its faults come with its name
//! and lines; what it changes is worked out by the hub, running or not.

use crate::failure::Misuse;
use crate::operator::{Operator, OperatorOptions};
use crate::text::{print, value};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use client::{Answer, Call};
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};

const PLAN_EXAMPLES: &str = "Examples:
  entitle catalog plan catalog.toml
  entitle catalog plan catalog.toml --json | jq .plan
  entitle catalog export | sed 's/limit = 1/limit = 2/' | entitle catalog plan -";

const APPLY_EXAMPLES: &str = "\
It is one step: either all of it holds from now on, or nothing has changed. What open
entitlements still need is kept as retired.

Examples:
  entitle catalog apply catalog.toml --note 'acme sells music'
  entitle catalog apply catalog.toml --expect 7    only if version 7 is still in force";

const EXPORT_EXAMPLES: &str = "Examples:
  entitle catalog export > catalog.toml
  entitle catalog export --version 3
  entitle catalog export --sandbox                 what the sandbox sells, to begin with";

const ROLLBACK_EXAMPLES: &str = "\
An older version is applied anew, as a new version. It brings no revoked credential back.

Examples:
  entitle catalog rollback                         to the version before
  entitle catalog rollback --to 3 --note 'limits were wrong'";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what a file would change
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(Plan),
    /// Put a file in force
    #[command(after_help = APPLY_EXAMPLES)]
    Apply(Apply),
    /// Print the catalog in force, or an older one
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(Export),
    /// Put an older version in force again
    #[command(after_help = ROLLBACK_EXAMPLES)]
    Rollback(Rollback),
    /// List the versions, newest first
    Versions(Versions),
}

/// Which file.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// The catalog, TOML; - reads standard input
    file: PathBuf,
    /// The plan as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    hub: OperatorOptions,
}

/// Which file, and why.
#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// The catalog, TOML; - reads standard input
    file: PathBuf,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Only if this version is still in force
    #[arg(long, value_name = "VERSION")]
    expect: Option<u32>,
    /// What was done as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    hub: OperatorOptions,
}

/// Which version.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// An older version
    #[arg(long, value_name = "VERSION")]
    version: Option<u32>,
    /// The sandbox's catalog; needs no hub
    #[arg(long, conflicts_with = "version")]
    sandbox: bool,
    #[command(flatten)]
    hub: OperatorOptions,
}

/// To which version, and why.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The version; the one before the newest unless given
    #[arg(long, value_name = "VERSION")]
    to: Option<u32>,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// What was done as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    hub: OperatorOptions,
}

/// Of which hub.
#[derive(Debug, Args)]
pub(crate) struct Versions {
    /// One a line, as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    hub: OperatorOptions,
}

/// Runs it.
///
/// # Errors
/// Where the file has faults, or the hub cannot be reached or says no.
pub(crate) async fn run(command: &Command) -> Result<()> {
    match command {
        Command::Plan(options) => plan(options).await,
        Command::Apply(options) => apply(options).await,
        Command::Export(options) => export(options).await,
        Command::Rollback(options) => rollback(options).await,
        Command::Versions(options) => versions(options).await,
    }
}

async fn plan(options: &Plan) -> Result<()> {
    let document = read(&options.file)?;
    let operator = options.hub.reach().await?;
    let call = Call::post(&["v1", "catalog", "plan"]).with_body(&json!({ "document": document }));
    let planned = done(operator, &call).await?;
    if options.json {
        return Ok(print(&format!("{}\n", planned.text))?);
    }
    let mut out = described(&planned);
    if planned["isEmpty"] != true {
        out.push_str(&format!(
            "\nNothing is changed yet: `entitle catalog apply {}` does it.\n",
            options.file.display()
        ));
    }
    Ok(print(&out)?)
}

async fn apply(options: &Apply) -> Result<()> {
    let document = read(&options.file)?;
    let body = json!({ "document": document, "note": options.note, "expectedVersion": options.expect });
    let operator = options.hub.reach().await?;
    applied(done(operator, &Call::post(&["v1", "catalog", "apply"]).with_body(&body)).await?, options.json)
}

async fn rollback(options: &Rollback) -> Result<()> {
    let body = json!({ "version": options.to, "note": options.note });
    let operator = options.hub.reach().await?;
    applied(done(operator, &Call::post(&["v1", "catalog", "rollback"]).with_body(&body)).await?, options.json)
}

fn applied(answer: Answer, as_json: bool) -> Result<()> {
    if as_json {
        return Ok(print(&format!("{}\n", answer.text))?);
    }
    let mut out = described(&answer);
    let version = value(&answer["version"]);
    match answer["isEmpty"] == true {
        true => out.push_str(&format!("Version {version} stays in force.\n")),
        false => out.push_str(&format!("\nVersion {version} is in force.\n")),
    }
    Ok(print(&out)?)
}

/// The plan's own text, and what it means for secrets.
fn described(answer: &Answer) -> String {
    let text = answer["text"].as_str().unwrap_or_default().trim_end();
    let mut out = if text.is_empty() { String::new() } else { format!("{text}\n") };
    let names = |list: &str| -> Vec<String> {
        answer[list].as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
    };
    for name in names("secretsToMake") {
        out.push_str(&format!(
            "\nThe signing secret {name} is made. `entitle secret create {name}` makes a new one and shows it.\n"
        ));
    }
    for name in names("secretsMissing") {
        out.push_str(&format!(
            "\nThe secret {name} is missing: `entitle secret set {name}` before this can be applied.\n"
        ));
    }
    out
}

async fn export(options: &Export) -> Result<()> {
    if options.sandbox {
        return Ok(print(catalog::SANDBOX)?);
    }
    let operator = options.hub.reach().await?;
    let version = options.version.map(|version| version.to_string());
    let answer = done(operator, &Call::get(&["v1", "catalog"]).with_query("version", version)).await?;
    Ok(print(answer["document"].as_str().unwrap_or_default())?)
}

async fn versions(options: &Versions) -> Result<()> {
    let operator = options.hub.reach().await?;
    let answer = done(operator, &Call::get(&["v1", "catalog", "versions"])).await?;
    let listed = answer.items("versions");
    if options.json {
        return Ok(print(&listed.iter().map(|one| format!("{}\n", one.text)).collect::<String>())?);
    }
    if listed.is_empty() {
        return Ok(print("No catalog has been applied yet.\n")?);
    }
    let line = |one: &client::Item| format!("{:>5}  {}\n", value(&one["version"]), value(&one["appliedAt"]));
    Ok(print(&listed.iter().map(line).collect::<String>())?)
}

/// One call, and the end of what was reached.
pub(crate) async fn done(operator: Operator, call: &Call) -> Result<Answer> {
    let answer = operator.send(call).await;
    operator.close().await?;
    Ok(answer?)
}

/// The file's text, if it is a catalog; else all its faults, as editors jump to them.
fn read(file: &Path) -> Result<String> {
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let text = match file == Path::new("-") {
        true => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("standard input cannot be read")?;
            text
        }
        false => std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?,
    };
    match catalog::read(&text) {
        Ok(_) => Ok(text),
        Err(faults) => {
            eprint!("{}", faults.of_file(&name));
            let what = if faults.count() == 1 { "fault" } else { "faults" };
            Err(Misuse::new(
                format!("{name} has {} {what}; nothing was changed", faults.count()),
                "docs/CATALOG.md has every key.",
            )
            .into())
        }
    }
}
