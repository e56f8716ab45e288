//! `entitle doctor`: looks through a store and says what is wrong with it. Reads the file itself,
//! beside the hub that owns it or without one, and changes nothing. What is compared stands in
//! `hub::doctor`.

use crate::operator::DATABASE;
use crate::progress::Bar;
use crate::sqlite_file;
use crate::text::{Paint, WIDTH, clean, print, wrap};
use anyhow::Result;
use clap::Args;
use hub::doctor::{self, Examination, Wanted};
use std::process::ExitCode;
use store::{Depth, SqliteFile};

/// Examples under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  entitle doctor
  entitle doctor --database sqlite:/var/lib/entitle/hub.db
  entitle doctor --full                            also every index against its table
  entitle doctor --json | jq .findings

It changes nothing and may run beside a hub. Exit codes: 0 nothing is wrong, 1 something
is, or it could not be looked at, 2 wrong command line.";

/// What is looked at, and how closely.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the data lies, as sqlite:PATH
    #[arg(long, env = "ENTITLE_DATABASE", default_value = DATABASE)]
    database: String,
    /// Compare every index with its table, too: takes longer
    #[arg(long)]
    full: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Looks, and prints what it found.
///
/// # Errors
/// Where the store cannot be read.
pub(crate) async fn run(options: &Options) -> Result<ExitCode> {
    let file = SqliteFile::open(sqlite_file(&options.database)?)?;
    let owner = file.owner();
    let examination = examine(&file, if options.full { Depth::Full } else { Depth::Quick }).await?;
    if options.json {
        print(&format!("{:#}\n", examination.to_json()))?;
    } else {
        let beside = owner.map(|pid| pid.map_or("another process".to_owned(), |pid| format!("process {pid}")));
        print(&report(&file, beside.as_deref(), &examination))?;
    }
    Ok(if examination.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Looks at a file with a bar on the terminal.
///
/// # Errors
/// Where the store cannot be read.
pub(crate) async fn examine(file: &SqliteFile, depth: Depth) -> Result<Examination> {
    let bar = Bar::counting();
    let mut told = |progress: doctor::Progress| bar.show(progress.part, progress.done, progress.all);
    Ok(doctor::run(file, &Wanted { depth, ..Wanted::default() }, &mut told).await?)
}

fn report(file: &SqliteFile, beside: Option<&str>, examination: &Examination) -> String {
    let paint = Paint::for_stdout();
    let mut text = findings(examination, paint);
    let doctor::Looked { accounts, entitlements, events, notifications, claims } = examination.looked;
    text.push_str(&format!(
        "{}: entitlements {entitlements}, events {events}, notifications {notifications}, request identities \
         {claims}, feeds {accounts}{}.\n",
        file.path().display(),
        beside.map(|owner| format!("; beside {owner}, which owns the file")).unwrap_or_default()
    ));
    for part in &examination.not_looked_at {
        text.push_str(&format!(
            "Not looked at: {part}. It takes too long beside a running hub; look at a backup instead.\n"
        ));
    }
    let verdict = match (examination.is_clean(), examination.findings.len() as u64 + examination.left_out) {
        (true, _) => "Nothing is wrong.".to_owned(),
        (false, 1) => "1 finding.".to_owned(),
        (false, many) => format!("{many} findings."),
    };
    text.push_str(&format!("{}\n", paint.strong(&verdict)));
    text
}

/// The findings, each with what to do about it; the advice once for those that follow each other.
pub(crate) fn findings(examination: &Examination, paint: Paint) -> String {
    let mut text = String::new();
    let mut findings = examination.findings.iter().peekable();
    while let Some(finding) = findings.next() {
        for line in wrap(&clean(&finding.to_string()), WIDTH) {
            text.push_str(&format!("{line}\n"));
        }
        if findings.peek().is_none_or(|next| next.check != finding.check) {
            for line in wrap(finding.check.what_to_do(), WIDTH - 2) {
                text.push_str(&format!("  {}\n", paint.faint(&line)));
            }
        }
    }
    if examination.left_out > 0 {
        text.push_str(&format!("and {} more.\n", examination.left_out));
    }
    text
}
