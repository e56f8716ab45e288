//! `entitle listen`: the feed, line by line, as it grows; and each event as the notification it
//! stands for, to a receiver under development. It holds no state but the position: whoever knows
//! that can go on anywhere.

mod forward;

use crate::connection::Connection;
use crate::failure::Misuse;
use crate::text::{Paint, date, padded, print, str_of, value};
use anyhow::{Context, Result};
use clap::Args;
use client::{Client, Error, Item, SendError};
use forward::Forward;
use serde_json::json;
use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

/// Examples under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  entitle listen
  entitle listen --from-start --json | jq -r .event
  entitle listen --after 1204 --max-events 10
  entitle listen --forward http://127.0.0.1:3000/webhooks
  entitle listen --forward http://127.0.0.1:3000/webhooks --secret-file webhook.secret";

/// Events asked for at once.
const EVENTS_MAX: usize = 100;
/// A poll waits so long for the first event; the feed allows 30 s.
const POLL: Duration = Duration::from_secs(25);
/// While the hub does not answer it is asked again after so long.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Where to begin, and what to do with each event.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Begin after this position instead of now
    #[arg(long, value_name = "POSITION", conflicts_with = "from_start")]
    after: Option<u64>,
    /// Begin with the oldest event that is kept
    #[arg(long)]
    from_start: bool,
    /// POST each event to this URL as the notification it stands for
    #[arg(long, value_name = "URL")]
    forward: Option<String>,
    /// Sign what is forwarded with this secret; without one, one is made and shown
    #[arg(long, value_name = "whsec_…", requires = "forward")]
    secret: Option<String>,
    /// The same from a file
    #[arg(long, value_name = "FILE", requires = "forward", conflicts_with = "secret")]
    secret_file: Option<PathBuf>,
    /// End after so many events
    #[arg(long, value_name = "N")]
    max_events: Option<u64>,
    /// The events as the hub gives them, one a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Runs it until Ctrl-C, or until it has shown enough.
///
/// # Errors
/// Where the hub does not answer at the start, or refuses to go on from where it was.
pub(crate) async fn run(options: &Options) -> Result<()> {
    // Each failure is seen at once: that the hub is away is said here, and waited out here.
    let hub = options.connection.as_reseller()?.with_tries_max(1);
    let forward = match &options.forward {
        Some(url) => Some(Forward::new(url, options.secret()?.as_deref())?),
        None => None,
    };
    let position = match (options.after, options.from_start) {
        (Some(position), _) => Some(position.to_string()),
        (None, true) => None,
        (None, false) => Some(hub.report_page(&json!({"limit": 1})).await?.feed_cursor),
    };
    let listener = Listener { hub, forward, json: options.json, position: RefCell::new(position) };
    let ended = ended().context("signals cannot be awaited")?;
    eprintln!("Listening at {}{}. Ctrl-C ends.", listener.hub.base_url(), listener.from());
    tokio::select! {
        done = listener.follow(options.max_events.unwrap_or(u64::MAX)) => done?,
        () = ended => {}
    }
    if let Some(position) = listener.position.borrow().as_deref() {
        eprintln!("Ended. --after {position} goes on from here.");
    }
    Ok(())
}

impl Options {
    fn secret(&self) -> Result<Option<String>> {
        let Some(file) = &self.secret_file else {
            return Ok(self.secret.clone());
        };
        let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        Ok(Some(text.trim().to_owned()))
    }
}

/// A reader of the feed.
struct Listener {
    hub: Client,
    forward: Option<Forward>,
    json: bool,
    /// Of the last event that was shown and forwarded; `None`: before the oldest.
    position: RefCell<Option<String>>,
}

impl Listener {
    async fn follow(&self, events_max: u64) -> Result<()> {
        let (mut left, mut away) = (events_max, false);
        while left > 0 {
            let after = self.position.borrow().clone();
            let came = match self.hub.events(after.as_deref(), EVENTS_MAX, POLL).await {
                Ok(came) => came,
                Err(error) if passes(&error) => {
                    if !away {
                        eprintln!("The hub does not answer ({}). Asking again until it does.", cause(&error));
                    }
                    away = true;
                    sleep(ASK_AGAIN).await;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if away {
                eprintln!("The hub answers again; going on{}.", self.from());
                away = false;
            }
            for event in came.events.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
                self.tell(event).await?;
                left -= 1;
                self.position.replace(Some(event["position"].to_string()));
            }
        }
        Ok(())
    }

    async fn tell(&self, event: &Item) -> Result<()> {
        if self.json {
            print(&format!("{}\n", event.text))?;
        } else {
            print(&line(event, Paint::for_stdout()))?;
        }
        match &self.forward {
            Some(forward) if event["notificationReason"].is_string() => forward.deliver(event, self.json).await,
            Some(_) | None => Ok(()),
        }
    }

    fn from(&self) -> String {
        match self.position.borrow().as_deref() {
            None => " from the oldest event on".to_owned(),
            Some(position) => format!(" after position {position}"),
        }
    }
}

/// Ready on Ctrl-C or SIGTERM; from now on they end nothing else.
fn ended() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// What goes away by itself: a hub that restarts, or is too busy.
fn passes(error: &Error) -> bool {
    match error {
        Error::Unreachable { .. } => true,
        Error::Refused(no) => matches!(no.http, 429 | 503),
        Error::NotAHub { status, .. } => *status >= 500,
        Error::Setting(_) => false,
    }
}

fn cause(error: &Error) -> String {
    match error {
        Error::Unreachable { cause: SendError::TooSlow(_), .. } => "no answer in time".to_owned(),
        Error::Unreachable { cause, .. } => cause.to_string(),
        other => other.to_string(),
    }
}

fn line(event: &Item, paint: Paint) -> String {
    let status = event["record"]["status"].as_str().unwrap_or("");
    let shown = format!(
        "{:>6}  {}  {}  {}  {}  {}",
        value(&event["position"]),
        date(str_of(event.value(), "at")).unwrap_or_default(),
        padded(&value(&event["event"]), 18),
        paint.word(status, &padded(status, 13)),
        padded(str_of(event.value(), "notificationReason"), 19),
        value(&event["entitlementId"]),
    );
    format!("{}\n", shown.trim_end())
}

/// A URL or a secret that cannot be used.
fn misuse(message: String, hint: &str) -> anyhow::Error {
    Misuse::new(message, hint).into()
}
