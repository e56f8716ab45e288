//! `entitle notifications`: what the hub has to tell, and telling it once more.

use crate::connection::Connection;
use crate::text::{Paint, cut, date, padded, print, str_of, value};
use anyhow::{Result, bail};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use client::{Item, OutboxFilter};

const LIST_EXAMPLES: &str = "Examples:
  entitle notifications list
  entitle notifications list --state dead
  entitle notifications list --entitlement 01a2016b-694c-7000-84af-6fd2b7feaf85
  entitle notifications list --state waiting --json | jq .lastStatus";

const REPLAY_EXAMPLES: &str = "\
It is sent at once, beside what waits, with the same id and body, to the URL of now, with
the header `webhook-replay: true`. What comes of it changes nothing in the listing.

Examples:
  entitle notifications replay 01a2016b-694c-7000-84af-6fd2b7feaf85.0.1
  entitle notifications list --state dead --json | jq -r .notificationId \\
    | xargs -n1 entitle notifications replay";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List notifications, newest first
    #[command(after_help = LIST_EXAMPLES)]
    List(List),
    /// Send a notification once more, whatever became of it
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(Replay),
}

/// Which ones.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Of this entitlement
    #[arg(long, value_name = "ID")]
    entitlement: Option<String>,
    /// In this state, in any letter case
    #[arg(long, ignore_case = true, value_parser = PossibleValuesParser::new(["WAITING", "DELIVERED", "DEAD"]))]
    state: Option<String>,
    /// At most so many, 1 to 1000
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
    /// The notifications as the hub lists them, one a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Which one.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// Its notificationId, as `list` shows it
    #[arg(value_name = "NOTIFICATION_ID")]
    id: String,
    #[command(flatten)]
    connection: Connection,
}

/// Runs it.
///
/// # Errors
/// Where the hub does not answer, or says no; or where the receiver does not take a replay.
pub(crate) async fn run(command: &Command) -> Result<()> {
    match command {
        Command::List(options) => list(options).await,
        Command::Replay(options) => replay(options).await,
    }
}

async fn list(options: &List) -> Result<()> {
    let filter = OutboxFilter {
        entitlement_id: options.entitlement.clone(),
        state: options.state.as_ref().map(|state| state.to_uppercase()),
        limit: Some(options.limit),
    };
    let asked = options.connection.reach(options.entitlement.as_deref()).await?;
    let listed = asked.hub.outbox(&filter).await;
    asked.close().await?;
    let listed = listed?;
    if options.json {
        return Ok(print(&listed.iter().map(|one| format!("{}\n", one.text)).collect::<String>())?);
    }
    if listed.is_empty() {
        return Ok(print("No notifications.\n")?);
    }
    let mut out: String = listed.iter().map(|one| format!("{}\n", lines(one, "", Paint::for_stdout()))).collect();
    let what = if listed.len() == 1 { "notification" } else { "notifications" };
    out.push_str(&format!("{} {what}, newest first.\n", listed.len()));
    if listed.len() == options.limit {
        out.push_str(&format!("There may be more: --limit {} shows up to twice as many.\n", options.limit * 2));
    }
    Ok(print(&out)?)
}

async fn replay(options: &Replay) -> Result<()> {
    // The id begins with its entitlement's.
    let entitlement = options.id.split('.').next();
    let asked = options.connection.reach(entitlement).await?;
    let answer = asked.hub.replay(&options.id).await;
    asked.close().await?;
    let answer = answer?;
    let id = value(&answer["notificationId"]);
    match answer["answered"].as_u64() {
        Some(status @ 200..=299) => Ok(print(&format!("{id} was sent again, and the receiver answered {status}.\n"))?),
        Some(status) => bail!("{id} was sent again, but the receiver answered {status}"),
        None => bail!("{id} was not delivered: {}", value(&answer["failure"])),
    }
}

/// One notification in two lines: what it says and where it stands; its id.
pub(crate) fn lines(one: &Item, indent: &str, paint: Paint) -> String {
    let (reason, state) = (str_of(one.value(), "notificationReason"), str_of(one.value(), "state"));
    let at = date(str_of(one.value(), "committedAt")).unwrap_or_default();
    format!(
        "{indent}{}  {}  {at}  {}\n{indent}{}\n",
        padded(&cut(reason, 19), 19),
        paint.word(state, &padded(state, 9)),
        tries(one),
        paint.faint(&value(&one["notificationId"])),
    )
}

/// How often it was tried, and what came of the last try.
fn tries(one: &Item) -> String {
    let last = match (one["lastStatus"].as_u64(), one["lastError"].as_str()) {
        (Some(status), _) => status.to_string(),
        (None, Some(_)) => "no answer".to_owned(),
        (None, None) => String::new(),
    };
    match one["attempts"].as_u64() {
        None | Some(0) => "not tried yet".to_owned(),
        Some(1) => format!("1 try: {last}"),
        Some(tries) => format!("{tries} tries: {last}"),
    }
}
