//! `entitle restore`: a backup becomes the store of a hub again (docs/BACKUP.md). It is audited before
//! it is put into its place.

use crate::backup::key_of;
use crate::database::{Place, ServerOptions, USUAL};
use crate::doctor;
use crate::progress::Bar;
use crate::text::{Paint, print};
use anyhow::{Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::{Depth, Restored, Restoring};

/// What is done with other data.
const INSTEAD: &str = "A PostgreSQL database is restored by its own tools: docs/OPERATIONS.md, \"PostgreSQL\".";

/// Examples under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  entitle restore hub-monday.db --database sqlite:/var/lib/entitle/hub.db
  entitle restore hub-monday.db --replace          what is there is kept aside

No hub may own the place. The feeds of all resellers go on behind a gap, so that every
reader learns of the restoration by cursor-expired and builds its copy anew.";

/// What is restored whereto.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The backup
    from: PathBuf,
    /// Where the data is to lie, as sqlite:PATH
    #[arg(long, env = "ENTITLE_DATABASE", hide_env_values = true, default_value = USUAL)]
    database: String,
    /// Keep aside what is there, and put the backup into its place
    #[arg(long)]
    replace: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prepares, audits, and puts into place.
///
/// # Errors
/// Where the backup is not sound or the place cannot be had; what was there is as it was.
pub(crate) async fn run(options: &Options) -> Result<ExitCode> {
    let place = Place::parse(&options.database, &ServerOptions::default())?.into_file(INSTEAD)?;
    let restoring = {
        let bar = Bar::of_bytes();
        Restoring::prepare(&options.from, &place, options.replace, |done, all| bar.show("copying", done, all))?
    };
    let examination = doctor::examine(&restoring.file()?, Depth::Full).await?;
    if !examination.is_clean() {
        eprint!("{}", doctor::findings(&examination, Paint::for_stdout()));
        bail!("{} is not restored: its content is not sound; take an older backup", options.from.display());
    }
    let restored = restoring.finish()?;
    print(&if options.json { json(&place, &restored) } else { report(&place, &restored) })?;
    Ok(ExitCode::SUCCESS)
}

fn json(place: &Path, restored: &Restored) -> String {
    let told = serde_json::json!({
        "database": place.display().to_string(),
        "keptAside": restored.kept_aside.as_ref().map(|aside| aside.display().to_string()),
        "feedsGoOnBehind": restored.restoration.feed_floor,
        "stillRevoked": restored.revoked,
        "keyFile": key_of(place).map(|key| key.display().to_string()),
    });
    format!("{told:#}\n")
}

fn report(place: &Path, restored: &Restored) -> String {
    let mut text = format!("{} is restored; doctor finds nothing wrong.\n", place.display());
    if let Some(aside) = &restored.kept_aside {
        text.push_str(&format!("What was there lies in {}.\n", aside.display()));
    }
    text.push_str(&format!("Feeds go on behind position {}: readers start anew.\n", restored.restoration.feed_floor));
    match &restored.revoked[..] {
        [] => {}
        users => text.push_str(&format!("Revoked since the backup, and still so: {}.\n", users.join(", "))),
    }
    text.push_str("Passwords are those of the backup: rotate what was rotated since, revoke what was revoked.\n");
    if key_of(place).is_none() {
        let name = place.display();
        text.push_str(&format!("If the hub seals secrets, bring {name}.key back as well.\n"));
    }
    text
}
