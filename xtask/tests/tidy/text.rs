//! What can be seen without understanding the language: white space, length, left-over words.

use crate::nothing_to_say;
use crate::sources::{self, Source};
use anyhow::Result;

const LINE_CHARS_MAX: usize = 120;

/// What is not committed, each with what to do instead. Split, so that this file may be checked too.
const LEFT_OVER: [(&str, &str); 6] = [
    (concat!("to", "do!("), "write it, or return an error that says what is missing"),
    (concat!("unimple", "mented!("), "write it, or return an error that says what is missing"),
    (concat!("db", "g!("), "remove it, or log through tracing"),
    (concat!("FIX", "ME"), "fix it, or open an issue and say in a comment why it stays"),
    (concat!("X", "XX"), "say in a comment what is so and why"),
    (concat!("#[ign", "ore"), "no test is ignored: mend it or delete it"),
];

/// Ways to wait for time to pass. Split for the same reason.
const SLEEPS: [&str; 4] =
    [concat!("thread::sl", "eep"), concat!("time::sl", "eep"), concat!(" sl", "eep("), concat!("sl", "eep_until(")];
const SLEEP_ALLOWED: &str = "// tidy: sleep because ";

#[test]
fn no_white_space_at_line_ends_and_one_line_feed_at_the_file_end() -> Result<()> {
    let mut violations = Vec::new();
    for source in sources::all()? {
        for (number, line) in source.lines() {
            if line.ends_with([' ', '\t', '\r']) {
                violations.push(source.at(number, "white space at the end of the line; remove it"));
            }
        }
        let last = source.lines().count();
        if !source.text.ends_with('\n') || source.text.ends_with("\n\n") {
            violations.push(source.at(last, "the file has to end with exactly one line feed"));
        }
    }
    nothing_to_say(violations)
}

#[test]
fn no_tabs_and_no_long_lines_in_code() -> Result<()> {
    let mut violations = Vec::new();
    for source in code()? {
        for (number, line) in source.lines() {
            if line.contains('\t') {
                violations.push(source.at(number, "a tab; indent with spaces, write \\t in texts"));
            }
            let chars = line.chars().count();
            // A URL cannot be broken.
            if chars > LINE_CHARS_MAX && !line.contains("://") {
                violations.push(source.at(number, &format!("{chars} characters; break at {LINE_CHARS_MAX}")));
            }
        }
    }
    nothing_to_say(violations)
}

#[test]
fn nothing_is_left_over() -> Result<()> {
    let mut violations = Vec::new();
    for source in code()? {
        for (number, line) in source.lines() {
            for (word, instead) in LEFT_OVER {
                if has_word(line, word) {
                    violations.push(source.at(number, &format!("{word}: {instead}")));
                }
            }
        }
    }
    nothing_to_say(violations)
}

#[test]
fn tests_await_facts_and_do_not_sleep() -> Result<()> {
    let mut violations = Vec::new();
    for source in sources::rust()?.iter().filter(|source| source.is_test()) {
        let mut line_before = "";
        for (number, line) in source.lines() {
            let code = line.split("//").next().unwrap_or_default();
            let sleeps = SLEEPS.iter().any(|sleep| code.contains(sleep));
            let allowed = [line_before, line].iter().any(|line| line.contains(SLEEP_ALLOWED));
            if sleeps && !allowed {
                violations.push(source.at(
                    number,
                    &format!("a test that sleeps; await what it waits for, or say why above: {SLEEP_ALLOWED}…"),
                ));
            }
            line_before = line;
        }
    }
    nothing_to_say(violations)
}

#[test]
fn every_rust_file_says_what_stands_here() -> Result<()> {
    let mut violations = Vec::new();
    for source in sources::rust()? {
        if !source.text.starts_with("//! ") {
            violations.push(source.at(1, "begin with `//! ` and what stands here, and what deliberately does not"));
        }
    }
    nothing_to_say(violations)
}

/// Whether `word` stands in `line` by itself, not as a part of a longer word.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let goes_on =
            word.ends_with(char::is_alphanumeric) && line[at + word.len()..].starts_with(char::is_alphanumeric);
        !line[..at].ends_with(char::is_alphanumeric) && !goes_on
    })
}

fn code() -> Result<Vec<Source>> {
    let is_code = |source: &Source| ["rs", "py", "mjs", "js", "sql"].iter().any(|one| source.is(one));
    Ok(sources::all()?.into_iter().filter(is_code).collect())
}
