//! `entitle customer`: what is kept of one customer of a reseller, written out whole or erased
//! (docs/decisions/0038). The hub does it step by step; here the steps are asked for, and added up.

use crate::entitlement::Mode;
use crate::failure::Misuse;
use crate::operator::{Operator, OperatorOptions};
use crate::progress::Bar;
use crate::text::{clean, print};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use client::{Answer, Call};
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::{BufRead, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const EXPORT_EXAMPLES: &str = "\
One JSON document: the entitlements as a read shows them, each with its history and its
notifications; where the customer is named in histories of others; and the answers
that are remembered for repeats. The audit says that it was written, under the
customer's token.

Examples:
  entitle customer export anna-20144 --reseller acme --to anna.json
  entitle customer export anna-20144 --reseller acme --mode test | jq .entitlements
  entitle customer export - --reseller acme < identifier.txt

CUSTOMER as - is read from standard input: a command line can be seen by others.";

const ERASE_EXAMPLES: &str = "\
For good: there is no way back but a backup. Refused while an entitlement of the customer is
open, while a merchant has not confirmed an end, and while the reseller has not been told
everything. What stays: each entitlement with its id, product, status and dates, under a
token that only this hub can make of the identifier. Broken off, run it again: it goes on.

Examples:
  entitle customer erase anna-20144 --reseller acme --dry-run
  entitle customer erase anna-20144 --reseller acme --note 'request 4711'
  entitle customer erase - --reseller acme < identifier.txt

Merchants, receivers of notifications, backups and logs keep what they have; see
docs/OPERATIONS.md.";

/// A step may look through a part of a large store.
const MORE_TIME: Duration = Duration::from_secs(45);
/// Only the owner reads what was exported.
const FILE_MODE: u32 = 0o600;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write out everything that is kept of a customer
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(Export),
    /// Replace a customer's identifier and data everywhere by a token
    #[command(after_help = ERASE_EXAMPLES)]
    Erase(Erase),
}

/// Whom.
#[derive(Debug, Args)]
struct Whom {
    /// The customerIdentifier, or - to read it from standard input
    #[arg(value_name = "CUSTOMER")]
    customer: String,
    /// Whose customer
    #[arg(long, value_name = "KEY")]
    reseller: String,
    /// Of which mode
    #[arg(long, value_enum, default_value = "live")]
    mode: Mode,
    /// Why, for the audit only; without the customer's name
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    hub: OperatorOptions,
}

/// Whereto.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A new file for it, which only its owner may read; else it is printed
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    #[command(flatten)]
    whom: Whom,
}

/// How.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// Only say what would be erased
    #[arg(long)]
    dry_run: bool,
    /// Erase although notifications wait: they are sent under the token, to the reseller's usual URL
    #[arg(long)]
    undelivered: bool,
    /// What was done, as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    whom: Whom,
}

/// Runs it.
///
/// # Errors
/// Where the hub cannot be reached, or says no.
pub(crate) async fn run(command: &Command) -> Result<()> {
    match command {
        Command::Export(options) => export(options).await,
        Command::Erase(options) => erase(options).await,
    }
}

impl Whom {
    fn identifier(&self) -> Result<String> {
        if self.customer != "-" {
            return Ok(self.customer.clone());
        }
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("standard input cannot be read")?;
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            return Err(Misuse::new("standard input is empty", "Its first line is the customerIdentifier.").into());
        }
        Ok(line.to_owned())
    }

    /// Asks for one step after the other, to the last.
    async fn steps(&self, verb: &str, members: &Value, mut each: impl FnMut(&Answer)) -> Result<()> {
        let identifier = self.identifier()?;
        let operator = self.hub.reach().await?;
        let done = self.asked(&operator, verb, &identifier, members, &mut each).await;
        operator.close().await?;
        done
    }

    async fn asked(
        &self,
        operator: &Operator,
        verb: &str,
        identifier: &str,
        members: &Value,
        each: &mut impl FnMut(&Answer),
    ) -> Result<()> {
        let bar = Bar::counting();
        let mut body = members.clone();
        body["customerIdentifier"] = json!(identifier);
        body["note"] = json!(self.note);
        loop {
            let path = ["v1", "resellers", &self.reseller, self.mode.word(), "customer", verb];
            let answer = operator.send(&Call::post(&path).with_body(&body).with_more_time(MORE_TIME)).await?;
            each(&answer);
            if answer["cursor"].is_null() {
                return Ok(());
            }
            bar.show(about(&answer["cursor"]), 0, 0);
            body["cursor"] = answer["cursor"].clone();
        }
    }
}

/// What comes next.
fn about(cursor: &Value) -> &'static str {
    match cursor["part"].as_str() {
        Some("histories") => "looking through histories",
        Some("requests") => "looking through request identities",
        _ => "looking through entitlements",
    }
}

async fn export(options: &Export) -> Result<()> {
    // Before anything is asked: the audit names who has got it.
    let file = options.to.as_deref().map(new_file).transpose()?;
    let lists = ["entitlements", "histories", "answers"];
    let mut found: [Vec<String>; 3] = Default::default();
    let mut token = String::new();
    let each = |answer: &Answer| {
        for (name, list) in lists.iter().zip(&mut found) {
            list.extend(answer.items(name).into_iter().map(|one| one.text));
        }
        token = answer["token"].to_string();
    };
    options.whom.steps("export", &json!({}), each).await?;
    let list = |name: &str, items: &[String]| format!("\"{name}\":[\n{}\n]", items.join(",\n"));
    let parts: Vec<String> = lists.iter().zip(&found).map(|(name, items)| list(name, items)).collect();
    let document = format!(
        "{{\"reseller\":{},\"mode\":\"{}\",\"token\":{token},\n{}}}\n",
        json!(options.whom.reseller),
        options.whom.mode.word(),
        parts.join(",\n"),
    );
    let Some((mut file, path)) = file.zip(options.to.as_deref()) else {
        return Ok(print(&document)?);
    };
    let written = file.write_all(document.as_bytes()).and_then(|()| file.sync_all());
    written.with_context(|| format!("{} cannot be written", path.display()))?;
    let [entitlements, histories, answers] = found.map(|list| list.len());
    Ok(print(&format!(
        "{}: entitlements {entitlements}, histories of others {histories}, remembered answers {answers}.\n",
        path.display()
    ))?)
}

fn new_file(path: &Path) -> Result<std::fs::File> {
    let made = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path);
    made.with_context(|| format!("{} cannot be made; --to names a new file", path.display()))
}

/// What all steps of an erasure did.
#[derive(Debug, Default)]
struct Sum {
    counts: [u64; 4],
    kept: Vec<String>,
    left: Vec<String>,
    token: String,
}

/// What is counted.
const COUNTED: [&str; 4] = ["entitlements", "histories", "events", "requests"];

impl Sum {
    fn add(&mut self, answer: &Answer) {
        for (name, count) in COUNTED.iter().zip(&mut self.counts) {
            *count += answer[*name].as_u64().unwrap_or(0);
        }
        let texts =
            |list: &Value| list.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(clean)).collect();
        let kept: Vec<String> = texts(&answer["kept"]);
        self.kept.extend(kept);
        self.left = texts(&answer["left"]);
        self.token = answer["token"].as_str().unwrap_or_default().to_owned();
    }

    fn text(&self, dry_run: bool) -> String {
        let [entitlements, histories, events, requests] = self.counts;
        if self.counts == [0; 4] {
            return "Nothing is kept of this customer that could be erased.\n".to_owned();
        }
        let done = if dry_run { "Would be erased" } else { "Erased" };
        let mut out = format!(
            "{done}: entitlements {entitlements}, histories of others {histories}, events {events}, request identities \
             {requests}.\nIn their place: {}\n",
            self.token
        );
        for kept in &self.kept {
            out.push_str(&format!("It stays, and names the customer: {kept}\n"));
        }
        out
    }
}

async fn erase(options: &Erase) -> Result<()> {
    let members = json!({ "dryRun": options.dry_run, "undelivered": options.undelivered });
    let mut sum = Sum::default();
    options.whom.steps("erase", &members, |answer| sum.add(answer)).await?;
    if options.json {
        let mut all = json!({ "token": sum.token, "kept": sum.kept, "left": sum.left, "dryRun": options.dry_run });
        for (name, count) in COUNTED.iter().zip(sum.counts) {
            all[*name] = json!(count);
        }
        print(&format!("{all}\n"))?;
    } else {
        print(&sum.text(options.dry_run))?;
    }
    if !sum.left.is_empty() {
        bail!("meanwhile there is {} under the same identifier; once it has ended, erase again", sum.left.join(", "));
    }
    Ok(())
}
