//! How a hub is watched from outside: the form of its log, and where its traces go
//! (docs/WATCHING.md). The figures need no setting.

mod lines;

use crate::settings;
use anyhow::Result;
use clap::{Args, ValueEnum};
use hub::{Hub, TraceTo};
use lines::Lines;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// The form of the log's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Form {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Options of every command that runs a hub.
#[derive(Debug, Args)]
pub(crate) struct Watching {
    /// Form of the log on standard error; ENTITLE_LOG sets its level
    #[arg(long = "log", env = "ENTITLE_LOG_FORMAT", value_enum, default_value_t)]
    pub(crate) form: Form,
    /// Send traces to this OpenTelemetry collector, for example http://127.0.0.1:4318
    #[arg(long, env = "ENTITLE_OTLP_ENDPOINT")]
    otlp_endpoint: Option<String>,
    /// Of a thousand requests so many are traced
    #[arg(long, env = "ENTITLE_OTLP_PERMILLE", default_value_t = 1_000)]
    #[arg(value_parser = clap::value_parser!(u16).range(0..=1_000))]
    otlp_permille: u16,
}

impl Watching {
    /// Begins to send traces, where a collector is named.
    ///
    /// # Errors
    /// Where the endpoint is no URL.
    pub(crate) fn trace(&self, hub: &Hub) -> Result<()> {
        if let Some(endpoint) = &self.otlp_endpoint {
            hub.trace_to(&TraceTo { endpoint: endpoint.clone(), permille: self.otlp_permille })?;
        }
        Ok(())
    }
}

/// Logs go to standard error, so that standard output stays readable; `ENTITLE_LOG` sets the
/// level (`warn` unless set).
pub(crate) fn start_logs(form: Form) {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .with_env_var("ENTITLE_LOG")
        .from_env_lossy();
    let colour = std::io::stderr().is_terminal() && !settings::no_color();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colour)
        .event_format(Lines { form })
        .with_writer(std::io::stderr)
        .init();
}
