//! The example programs, in both languages, against the real binary: every branch is reached but
//! those for what is not recognised, which cannot be.

mod branches;
mod language;
mod questions;
mod unreachable;

use crate::binary::Binary;
use crate::folder::Folder;
use language::{JAVASCRIPT, Language, PYTHON, Ran, without_what_differs};
use std::thread;

#[test]
fn every_branch_is_reached_and_both_languages_say_the_same() {
    let languages = [PYTHON, JAVASCRIPT];
    for language in &languages {
        language.assert_installed();
    }
    let [python, javascript] = thread::scope(|scope| {
        languages.map(|language| scope.spawn(move || run_all(language))).map(|running| running.join().unwrap())
    });
    assert_eq!(python.len(), javascript.len());
    for (one, other) in python.iter().zip(&javascript) {
        assert_eq!(without_what_differs(&one.line), without_what_differs(&other.line), "{}", one.command);
    }
}

fn run_all(language: Language) -> Vec<Ran> {
    let folder = Folder::new(language.name);
    let hub = Binary::start(&folder);
    let ran = branches::run(language, &hub);
    // The branches of 500 and 503 are reached on purpose, and each such answer is a line of the log.
    let log = hub.stderr();
    let others: Vec<&str> = log.lines().filter(|line| !line.contains("a request failed")).collect();
    assert_eq!(others, [""; 0], "nothing else it logs is worth a warning");
    ran
}
