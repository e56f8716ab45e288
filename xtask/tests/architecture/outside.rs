//! What comes from outside: few crates, each with a reason where it is named.

use crate::workspace::{rooms, root};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fs;

/// "About 40" is the house's rule: what comes next has to push something out. The 41st is the client of
/// the second engine, for which nothing else can stand in; the 42nd binds it to the TLS that is there.
/// The 43rd is the client that deliveries are measured beside, which the goal names; no hub has it.
const OUTSIDE_MAX: usize = 43;

#[test]
fn few_crates_come_from_outside() -> Result<()> {
    let mut names = BTreeSet::new();
    for room in rooms()? {
        names.extend(room.dependencies.into_iter().filter(|one| !one.is_room).map(|one| one.name));
    }
    ensure!(
        names.len() <= OUTSIDE_MAX,
        "{} direct dependencies of at most {OUTSIDE_MAX}; which one can go? {names:?}",
        names.len()
    );
    Ok(())
}

#[test]
fn every_crate_from_outside_has_its_reason() -> Result<()> {
    let rooms = rooms()?;
    let own: BTreeSet<&str> = rooms.iter().map(|room| room.name.as_str()).collect();
    let mut violations = Vec::new();
    for manifest in rooms.iter().map(|room| room.manifest.as_str()).chain(["Cargo.toml"]) {
        let text = fs::read_to_string(root()?.join(manifest)).with_context(|| manifest.to_owned())?;
        for (line, name) in without_reason(&text) {
            if !own.contains(name.as_str()) {
                violations.push(format!("{manifest}:{line}: why {name}? Add a comment beside it or above it"));
            }
        }
    }
    ensure!(violations.is_empty(), "{}", violations.join("\n"));
    Ok(())
}

/// Dependencies without a comment beside or right above them. What says `workspace = true` has its
/// reason in the workspace's own Cargo.toml.
fn without_reason(manifest: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut open_brackets = 0;
    let mut line_before = "";
    for (index, line) in manifest.lines().enumerate() {
        let reason = line.contains('#') || line_before.trim_start().starts_with('#');
        if open_brackets > 0 {
            open_brackets += brackets(line);
        } else if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            inside = header.ends_with("dependencies");
            // The long form: `[dependencies.name]`.
            if let Some((_, name)) = header.split_once("dependencies.").filter(|_| !reason) {
                found.push((index + 1, name.to_owned()));
            }
        } else if inside && line.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let inherited = line.contains(".workspace = true") || line.contains("workspace = true,");
            if !reason && !inherited {
                let name = line.split([' ', '.', '=']).next().unwrap_or_default();
                found.push((index + 1, name.to_owned()));
            }
            open_brackets = brackets(line);
        }
        line_before = line;
    }
    found
}

/// How many brackets a line opens and does not close.
fn brackets(line: &str) -> i32 {
    let code = line.split('#').next().unwrap_or_default();
    code.chars().map(|c| if "[{".contains(c) { 1 } else { -i32::from("]}".contains(c)) }).sum()
}

#[test]
fn a_reason_stands_beside_or_above() -> Result<()> {
    let bare = without_reason("[dependencies]\na = \"1\"\n# why\nb = \"1\"\nc = \"1\" # why\nd.workspace = true\n");
    ensure!(bare == [(2, "a".to_owned())], "{bare:?}");
    let spread =
        without_reason("[dev-dependencies]\n# why\na = { version = \"1\", features = [\n  \"x\",\n] }\nb = \"1\"\n");
    ensure!(spread == [(6, "b".to_owned())], "{spread:?}");
    let headed = without_reason("[dependencies.a]\nversion = \"1\"\n\n[features]\nx = []\n");
    ensure!(headed == [(1, "a".to_owned())], "{headed:?}");
    Ok(())
}
