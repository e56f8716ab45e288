//! `entitle store homes`: a very large reseller begins with several homes (docs/SCALE.md). One that is there
//! already gets them by `entitle store copy`.

use crate::database::{Place, ServerOptions};
use crate::failure::Misuse;
use crate::text::print;
use anyhow::{Result, bail};
use clap::Args;
use std::collections::BTreeMap;
use store::{HOMES_MAX, Store};

/// Examples under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  entitle store homes acme=64 --database postgres://entitle@db.example.com/entitle

Say it before the catalog gives the reseller a live mode: homes are given once and never
change. One that is there already gets them by `entitle store copy --homes`, with every
hub stopped. Hubs may run meanwhile. How many: several for each server of the database.";

/// Whose, how many, where.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The reseller, as the catalog will name it, and its number of homes
    #[arg(value_name = "RESELLER=N", value_parser = read, required = true)]
    homes: Vec<(String, u16)>,
    /// Of its test mode instead
    #[arg(long)]
    test: bool,
    /// Where the data lie: postgres://USER@HOST/DATABASE
    #[arg(long, env = "ENTITLE_DATABASE", hide_env_values = true)]
    database: String,
    #[command(flatten)]
    server: ServerOptions,
}

/// Makes their accounts, unless they are there.
///
/// # Errors
/// Where one is there with other homes; the text says what to do.
pub(crate) async fn run(options: &Options) -> Result<()> {
    let homes = each_once(&options.homes)?;
    let Place::Server(server) = Place::parse(&options.database, &options.server)? else {
        let hint = "A data file lies on one machine: there are no homes in it.";
        return Err(Misuse::new("this is for databases (postgres://…)", hint).into());
    };
    let store = server.open().await?;
    for (reseller, wanted) in homes {
        let found = store.make_account(&reseller, !options.test, wanted).await?;
        let mode = if options.test { "test" } else { "live" };
        if found != u32::from(wanted) {
            bail!(
                "{reseller} has {} in {mode} mode already, and that never changes; stop every hub and copy the whole \
                 store into an empty database: entitle store copy --homes {reseller}={wanted}",
                counted(found)
            );
        }
        print(&format!("{reseller} has {} in {mode} mode.\n", counted(found)))?;
    }
    Ok(store.close().await?)
}

/// In words.
pub(crate) fn counted(homes: u32) -> String {
    format!("{homes} home{}", if homes == 1 { "" } else { "s" })
}

/// `RESELLER=N` on a command line.
pub(crate) fn read(text: &str) -> Result<(String, u16), String> {
    let (reseller, homes) = text.rsplit_once('=').ok_or("say RESELLER=N")?;
    let homes: u16 = homes.parse().map_err(|_| format!("'{homes}' is no number of homes"))?;
    if reseller.is_empty() || !(1..=HOMES_MAX).contains(&homes) {
        return Err(format!("a reseller has 1 to {HOMES_MAX} homes"));
    }
    Ok((reseller.to_owned(), homes))
}

/// By reseller.
///
/// # Errors
/// Where one is named twice.
pub(crate) fn each_once(named: &[(String, u16)]) -> Result<BTreeMap<String, u16>> {
    let mut homes = BTreeMap::new();
    for (reseller, count) in named {
        if homes.insert(reseller.clone(), *count).is_some() {
            return Err(Misuse::new(format!("{reseller} is named twice"), "Give it one number of homes.").into());
        }
    }
    Ok(homes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_are_read_and_what_is_none_is_refused() {
        assert_eq!(read("acme=64"), Ok(("acme".to_owned(), 64)));
        assert_eq!(read("a=b=1024"), Ok(("a=b".to_owned(), 1_024)));
        for senseless in ["acme", "acme=", "=4", "acme=0", "acme=1025", "acme=-1", "acme=many", ""] {
            assert!(read(senseless).is_err(), "{senseless}");
        }
        assert!(each_once(&[("a".into(), 1), ("b".into(), 1), ("a".into(), 2)]).is_err());
    }
}
