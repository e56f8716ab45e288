//! What things are called. A name that fits everything says nothing, and soon holds everything.

use crate::nothing_to_say;
use crate::sources;
use anyhow::Result;

/// Names for rooms that nobody wants to search through.
pub(crate) const BANNED: [&str; 11] =
    ["core", "common", "util", "utils", "helper", "helpers", "types", "manager", "managers", "service", "services"];

#[test]
fn files_and_folders_are_named_after_what_they_hold() -> Result<()> {
    let mut violations = Vec::new();
    for source in sources::all()? {
        for part in source.path.split('/') {
            let stem = part.split('.').next().unwrap_or_default();
            if BANNED.contains(&stem) {
                violations.push(source.at(1, &format!("`{stem}` says nothing; name it after what it holds")));
            }
        }
    }
    nothing_to_say(violations)
}

#[test]
fn a_module_with_parts_is_name_rs_beside_name() -> Result<()> {
    let mut violations = Vec::new();
    for source in sources::rust()? {
        if source.path.ends_with("/mod.rs") {
            violations.push(source.at(1, "no mod.rs: call it after its folder and put it beside that folder"));
        }
    }
    nothing_to_say(violations)
}
