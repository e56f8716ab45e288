//! The security model names a test for every line, and each of them is there.

use crate::nothing_to_say;
use crate::sources::{self, Source};
use anyhow::{Result, ensure};

const MODEL: &str = "docs/SECURITY-MODEL.md";

#[test]
fn every_line_of_the_security_model_names_tests_that_exist() -> Result<()> {
    let all = sources::all()?;
    let mut violations = Vec::new();
    let mut named = 0;
    for model in all.iter().filter(|source| source.path == MODEL) {
        for (number, line) in model.lines().filter(|(_, line)| is_row(line)) {
            let tests: Vec<(&str, &str)> = line.split('`').filter_map(|part| part.split_once(".rs::")).collect();
            if tests.is_empty() {
                violations.push(model.at(number, "no test proves this; name one as `file.rs::test`, or write it"));
            }
            named += tests.len();
            for (file, test) in tests {
                if !all.iter().any(|source| holds(source, file, test)) {
                    violations.push(model.at(number, &format!("there is no test {test} in a file {file}.rs")));
                }
            }
        }
    }
    ensure!(named > 20, "only {named} tests found: this test looks in the wrong place");
    nothing_to_say(violations)
}

/// A line of a table that is neither its head nor the rule below.
fn is_row(line: &str) -> bool {
    line.starts_with("| ") && !line.starts_with("| he tries") && !line.starts_with("| it tries")
}

fn holds(source: &Source, file: &str, test: &str) -> bool {
    let is_it = source.path.ends_with(&format!("/{file}.rs"));
    is_it && source.text.contains(&format!("fn {test}("))
}
