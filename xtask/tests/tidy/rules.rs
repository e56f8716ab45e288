//! Every rule id and every reason that the code can give stands in the documents: people look up
//! there what a log line says.

use crate::nothing_to_say;
use crate::sources::{self, Source};
use anyhow::{Context, Result, ensure};

/// Files that list ids, by their ending.
const LISTS: [&str; 3] = ["/rejection.rs", "/rule.rs", "/rules.rs"];
/// The table of reasons.
const REASONS: &str = "crates/entitlement/src/reason/table.rs";

#[test]
fn every_rule_id_is_explained() -> Result<()> {
    let sources = sources::all()?;
    let documents = format!("{}{}", text(&sources, "docs/API.md")?, text(&sources, "docs/LIFECYCLE.md")?);
    let mut violations = Vec::new();
    let mut seen = 0;
    let is_list = |source: &&Source| {
        source.path.starts_with("crates/")
            && !source.path.contains("/tests/")
            && LISTS.iter().any(|list| source.path.ends_with(list))
    };
    for source in sources.iter().filter(is_list) {
        for (line, id) in quoted(source) {
            if id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
                seen += 1;
                if !documents.contains(&format!("`{id}`")) {
                    violations.push(source.at(line, &format!("{id} is explained nowhere; docs/API.md section 2.1")));
                }
            }
        }
    }
    ensure!(seen > 30, "only {seen} rule ids found: this test looks in the wrong place");
    nothing_to_say(violations)
}

#[test]
fn every_reason_is_in_the_table() -> Result<()> {
    let sources = sources::all()?;
    let document = text(&sources, "docs/API.md")?;
    let table = sources.iter().find(|source| source.path == REASONS).context(REASONS)?;
    let mut violations = Vec::new();
    let mut seen = 0;
    for (line, code) in quoted(table) {
        if code.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
            seen += 1;
            if !document.contains(&format!("| {code} |")) {
                violations.push(table.at(line, &format!("{code} is missing in docs/API.md section 5")));
            }
        }
    }
    ensure!(seen > 20, "only {seen} reasons found: this test looks in the wrong place");
    nothing_to_say(violations)
}

fn text<'s>(sources: &'s [Source], path: &str) -> Result<&'s str> {
    let found = sources.iter().find(|source| source.path == path);
    found.map(|source| source.text.as_str()).with_context(|| format!("{path} is missing"))
}

/// Every string in double quotes, outside comments, with its line.
fn quoted(source: &Source) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in source.lines() {
        let code = line.split("//").next().unwrap_or_default();
        found.extend(code.split('"').skip(1).step_by(2).filter(|text| !text.is_empty()).map(|text| (number, text)));
    }
    found
}
