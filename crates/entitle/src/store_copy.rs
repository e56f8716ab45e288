//! `entitle store copy`: a whole store moves to another engine, or back (docs/OPERATIONS.md section 12).
//! What a copy is, and that it is the same, stands in `store::copy`.

use crate::backup::key_of;
use crate::database::{Place, ServerOptions};
use crate::failure::Misuse;
use crate::progress::Bar;
use crate::store_homes;
use crate::text::print;
use anyhow::Result;
use clap::{Args, Subcommand};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use store::copy::{self, Compared, Copied, PAGE_RECORDS, Part, Progress};

const EXAMPLES: &str = "Examples:
  entitle store copy --from sqlite:hub.db --to postgres://entitle@localhost/hub
  entitle store copy --from postgres://entitle@localhost/hub --to sqlite:back.db
  entitle store copy --from sqlite:hub.db --to postgres://localhost/large --homes acme=64
  entitle store copy --from sqlite:a.db --to sqlite:b.db --verify-only

Stop every hub first. Whatever stops the copy, the same command goes on where it was. At
the end every record is compared; only then the target can be served. The source stays as
it is. Exit codes: 0 both hold the same, 1 they do not, or it failed, 2 wrong command
line.";

/// What to do with a store.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Copy a whole store into an empty place, and compare every record
    #[command(after_help = EXAMPLES)]
    Copy(Options),
    /// Give a very large reseller several homes in a database, before it begins
    #[command(after_help = store_homes::EXAMPLES)]
    Homes(store_homes::Options),
}

/// What is copied whereto.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The store, as sqlite:PATH or postgres://user@host:port/database
    #[arg(long, value_name = "STORE")]
    from: String,
    /// An empty place, or the one of a copy that was stopped
    #[arg(long, value_name = "STORE")]
    to: String,
    /// File with the password of the database to copy from, in its first line
    #[arg(long, value_name = "FILE")]
    from_password_file: Option<PathBuf>,
    /// File with the password of the database to copy to
    #[arg(long, value_name = "FILE")]
    to_password_file: Option<PathBuf>,
    /// PEM certificates of authorities for TLS to the database to copy from
    #[arg(long, value_name = "FILE")]
    from_tls_ca: Option<PathBuf>,
    /// The same for the database to copy to
    #[arg(long, value_name = "FILE")]
    to_tls_ca: Option<PathBuf>,
    /// Spread a very large reseller's rows over so many homes, by which a distributed database keeps them
    #[arg(long, value_name = "RESELLER=N", value_parser = store_homes::read, conflicts_with = "verify_only")]
    homes: Vec<(String, u16)>,
    /// Copy nothing, compare the two
    #[arg(long)]
    verify_only: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Does it, and says how it went.
///
/// # Errors
/// Where a place cannot be had, or the copy is not the same; the text says what to do.
pub(crate) async fn run(command: &Command) -> Result<ExitCode> {
    match command {
        Command::Copy(options) => copy_or_compare(options).await,
        Command::Homes(options) => store_homes::run(options).await.map(|()| ExitCode::SUCCESS),
    }
}

async fn copy_or_compare(options: &Options) -> Result<ExitCode> {
    let Options { from_password_file, to_password_file, from_tls_ca, to_tls_ca, .. } = options;
    let from = place("--from", &options.from, from_password_file.as_ref(), from_tls_ca.as_ref())?;
    let to = place("--to", &options.to, to_password_file.as_ref(), to_tls_ca.as_ref())?;
    let (source, target) = (from.for_copy(), to.for_copy_with(homes_of(options, &to)?));
    if options.verify_only {
        let compared = {
            let bar = Bar::counting();
            copy::compare(&source, &target, PAGE_RECORDS, &mut |progress| show(&bar, progress)).await?
        };
        print(&if options.json { json_of_comparison(&compared) } else { report_of_comparison(&compared) })?;
        return Ok(if compared.differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let copied = {
        let bar = Bar::counting();
        copy::copy(&source, &target, PAGE_RECORDS, &mut |progress| show(&bar, progress)).await?
    };
    let told = if options.json {
        json(&copied, &options.homes)
    } else {
        let spread = |(reseller, count): &(String, u16)| {
            format!("{reseller} has {} there.\n", store_homes::counted((*count).into()))
        };
        report(&copied, &from, &to) + &options.homes.iter().map(spread).collect::<String>()
    };
    print(&told)?;
    Ok(ExitCode::SUCCESS)
}

/// Each reseller once, and only in a database.
fn homes_of(options: &Options, to: &Place) -> Result<BTreeMap<String, u16>> {
    let homes = store_homes::each_once(&options.homes)?;
    match to {
        Place::File(_) if !homes.is_empty() => {
            Err(Misuse::new("--homes is for a database, and --to names a file", "Leave it away.").into())
        }
        _ => Ok(homes),
    }
}

fn show(bar: &Bar, progress: Progress) {
    let about = match progress.part {
        Part::Copying => "copying records",
        Part::Comparing => "comparing records",
    };
    bar.show(about, progress.done, progress.all);
}

/// A place as it is named on the command line.
fn place(flag: &str, named: &str, password_file: Option<&PathBuf>, tls_ca: Option<&PathBuf>) -> Result<Place> {
    let place = Place::parse_flag(flag, named, &ServerOptions::new(password_file.cloned(), tls_ca.cloned()))?;
    if let Place::File(_) = place {
        let given = [("password-file", password_file), ("tls-ca", tls_ca)];
        if let Some((of_database, _)) = given.into_iter().find(|(_, file)| file.is_some()) {
            let message = format!("{flag}-{of_database} is for a database, and {flag} names a file");
            return Err(Misuse::new(message, "Leave it away.").into());
        }
    }
    Ok(place)
}

fn report(copied: &Copied, from: &Place, to: &Place) -> String {
    let Copied { records, bytes, copied_in_ms, compared, compared_in_ms, .. } = copied;
    let mut text = match copied.found {
        Some(found) if found > 0 => format!("{found} records were there from before.\n"),
        _ => String::new(),
    };
    text.push_str(&format!(
        "{} is copied to {}.\nCopied: {records} records, {bytes} bytes{}.\n",
        copied.from,
        copied.to,
        rate(*records, *copied_in_ms)
    ));
    text.push_str(&format!(
        "Compared: {} records, all the same, and no others{}.\n{}\n",
        compared.records,
        rate(compared.records, *compared_in_ms),
        audit(compared)
    ));
    text.push_str("The target can be served. The source stays as it is: never serve both.\n");
    if copied.secrets {
        text.push_str(&format!("{}\n", about_key(from, to)));
    }
    text
}

/// Sealed secrets move, the key that opens them does not.
fn about_key(from: &Place, to: &Place) -> String {
    let key = match from {
        Place::File(file) => key_of(file).map_or_else(|| "its key file".to_owned(), |key| key.display().to_string()),
        Place::Server(_) => "the key file of its hubs".to_owned(),
    };
    match to {
        Place::File(file) => format!("Sealed secrets need their key: copy {key} to {}.key.", file.display()),
        Place::Server(_) => format!("Sealed secrets need their key: start hubs with --key-file {key}."),
    }
}

fn rate(records: u64, ms: u64) -> String {
    match (records * 1_000).checked_div(ms) {
        Some(rate) if records > 0 => format!(" in {}.{} s, {rate} a second", ms / 1_000, ms % 1_000 / 100),
        _ => String::new(),
    }
}

fn audit(compared: &Compared) -> String {
    match &compared.audit {
        (entries, None) => format!("The audit holds: {entries} entries."),
        (_, Some(broken)) => format!("The audit does not hold, in the source neither: {broken}."),
    }
}

fn json(copied: &Copied, homes: &[(String, u16)]) -> String {
    let homes: BTreeMap<_, _> = homes.iter().cloned().collect();
    let told = serde_json::json!({
        "from": copied.from, "to": copied.to, "foundRecords": copied.found, "copiedRecords": copied.records,
        "copiedBytes": copied.bytes, "copiedInMs": copied.copied_in_ms, "comparedRecords": copied.compared.records,
        "comparedInMs": copied.compared_in_ms, "auditHolds": copied.compared.audit.1.is_none(),
        "sealedSecrets": copied.secrets, "homes": homes,
    });
    format!("{told:#}\n")
}

fn report_of_comparison(compared: &Compared) -> String {
    let mut text: String = compared.first.iter().map(|one| format!("{} {}\n", one.record, one.what)).collect();
    let more = compared.differences.saturating_sub(compared.first.len() as u64);
    if more > 0 {
        text.push_str(&format!("and {more} more.\n"));
    }
    let verdict = match compared.differences {
        0 => "all the same, and no others".to_owned(),
        1 => "1 difference".to_owned(),
        many => format!("{many} differences"),
    };
    text.push_str(&format!("Compared: {} records, {verdict}.\n{}\n", compared.records, audit(compared)));
    text
}

fn json_of_comparison(compared: &Compared) -> String {
    let first: Vec<_> =
        compared.first.iter().map(|one| serde_json::json!({ "record": one.record, "what": one.what })).collect();
    let told = serde_json::json!({
        "comparedRecords": compared.records, "differences": compared.differences, "first": first,
        "auditHolds": compared.audit.1.is_none(),
    });
    format!("{told:#}\n")
}
