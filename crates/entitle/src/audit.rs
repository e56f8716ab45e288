//! `entitle audit`: who did what, when and why; and whether the chain of it holds. The chain is followed
//! here, from its beginning, by the same rule by which the store makes it.

use crate::operator::{Operator, OperatorOptions};
use crate::text::{Paint, print, value};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use client::{Call, Item};
use entitlement::Moment;
use store::{AuditChain, AuditEntry, AuditRecord};

const VERIFY_EXAMPLES: &str = "\
Note the last number and hash somewhere else from time to time: with --expect, entries cut
off at the end are seen, too.

Examples:
  entitle audit verify
  entitle audit verify --expect 41:5c0f…";

/// Longer accounts are told by their last line.
const LINES_MAX: usize = 3;
/// Entries a page.
const PAGE: usize = 1_000;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List what operators did, oldest first
    List(List),
    /// Follow the chain of hashes from the beginning
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Verify),
}

/// From where.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only entries after this number
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    after: u64,
    /// One a line, as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    hub: OperatorOptions,
}

/// Against what.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A number and its hash, noted earlier: NUMBER:HASH
    #[arg(long, value_name = "NUMBER:HASH")]
    expect: Option<String>,
    #[command(flatten)]
    hub: OperatorOptions,
}

/// Runs it.
///
/// # Errors
/// Where the hub cannot be reached, or the chain does not hold.
pub(crate) async fn run(command: &Command) -> Result<()> {
    match command {
        Command::List(options) => list(options).await,
        Command::Verify(options) => verify(options).await,
    }
}

async fn list(options: &List) -> Result<()> {
    let operator = options.hub.reach().await?;
    let entries = entries(&operator, options.after).await;
    operator.close().await?;
    let paint = Paint::for_stdout();
    let line = |one: &Item| if options.json { format!("{}\n", one.text) } else { lines(one, paint) };
    Ok(print(&entries?.iter().map(line).collect::<String>())?)
}

async fn entries(operator: &Operator, mut after: u64) -> Result<Vec<Item>> {
    let mut all: Vec<Item> = Vec::new();
    loop {
        let call = Call::get(&["v1", "audit"]).with_query("after", Some(after.to_string()));
        let page = operator.send(&call).await?.items("entries");
        let Some(last) = page.last().and_then(|one| one["number"].as_u64()) else {
            return Ok(all);
        };
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
        after = last;
    }
}

fn lines(one: &Item, paint: Paint) -> String {
    let text = |name: &str| one[name].as_str().map(str::to_owned);
    let mut out = format!(
        "{:>5}  {}  {}  {}  {}\n",
        value(&one["number"]),
        value(&one["at"]),
        paint.strong(&value(&one["act"])),
        value(&one["subject"]),
        paint.faint(&format!("by {}", value(&one["who"]))),
    );
    match (text("before"), text("after")) {
        (Some(before), Some(after)) => out.push_str(&format!("       {before} → {after}\n")),
        (None, Some(text)) | (Some(text), None) => {
            let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
            // A plan ends with its sum; the whole of it is shown by --json.
            let shown = if lines.len() > LINES_MAX { &lines[lines.len() - 1..] } else { &lines[..] };
            shown.iter().for_each(|line| out.push_str(&format!("       {line}\n")));
        }
        (None, None) => {}
    }
    if let Some(note) = text("note") {
        out.push_str(&format!("       “{note}”\n"));
    }
    out
}

async fn verify(options: &Verify) -> Result<()> {
    let operator = options.hub.reach().await?;
    let entries = entries(&operator, 0).await;
    operator.close().await?;
    let mut chain = AuditChain::default();
    let mut expected = options.expect.clone();
    for entry in &entries? {
        let Some(record) = record(entry) else {
            bail!("an entry after number {} cannot be read", chain.number);
        };
        chain.follow(&record)?;
        expected = expected.filter(|expected| *expected != link(&chain));
    }
    if let Some(expected) = expected {
        bail!("the audit does not hold {expected}: entries were cut off, or it is another hub's");
    }
    Ok(print(&format!("The audit holds: {} entries, the last is {}.\n", chain.number, link(&chain)))?)
}

fn link(chain: &AuditChain) -> String {
    let hash: String = chain.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}:{hash}", chain.number)
}

fn record(one: &Item) -> Option<AuditRecord> {
    let text = |name: &str| one[name].as_str().map(str::to_owned);
    let hash = text("hash")?;
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hash.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    let entry = AuditEntry {
        at: Moment(one["atMs"].as_i64()?),
        who: text("who")?,
        act: text("act")?,
        subject: text("subject")?,
        before: text("before"),
        after: text("after"),
        note: text("note"),
    };
    Some(AuditRecord { number: one["number"].as_u64()?, entry, hash: bytes })
}
