//! How the project's own files look: rules that are checked, not remembered. Each message names
//! file and line, what is wrong and what to do. What the rooms may depend on: `architecture`.

mod attacks;
mod links;
mod names;
mod rules;
mod sources;
mod syntax;
mod text;

use anyhow::{Result, bail};

/// Fails with every violation found, not only the first.
fn nothing_to_say(mut violations: Vec<String>) -> Result<()> {
    if violations.is_empty() {
        return Ok(());
    }
    violations.sort();
    bail!("{} to tidy up:\n{}", violations.len(), violations.join("\n"));
}
