//! The `default` branches of the programs cannot be reached: every code that the hub can answer
//! to the call has a branch of its own, and the list of codes is closed (docs/API.md section 2).

use super::language::{JAVASCRIPT, PYTHON, Program};
use std::fs;
use wire::ResponseCode;

/// Codes that a call is never answered with, and why. CONFLICT stands in place of NOT_AVAILABLE
/// only under a credential's switch, which the sandbox's credential does not have.
const fn never(program: Program) -> &'static [(ResponseCode, &'static str)] {
    match program {
        Program::Create => &[
            (ResponseCode::NotFound, "a create names nothing that could be missing"),
            (ResponseCode::Conflict, "conflictCode is NOT_AVAILABLE"),
        ],
        Program::Update => &[
            (ResponseCode::AlreadyExists, "only a create chooses an id"),
            (ResponseCode::Conflict, "conflictCode is NOT_AVAILABLE"),
        ],
        Program::Cancel => &[
            (ResponseCode::ClientActionRequired, "nobody is asked before an end"),
            (ResponseCode::AlreadyExists, "only a create chooses an id"),
            (ResponseCode::Conflict, "conflictCode is NOT_AVAILABLE"),
        ],
    }
}

#[test]
fn every_code_that_a_call_can_be_answered_with_has_a_branch_of_its_own() {
    for language in [PYTHON, JAVASCRIPT] {
        for program in Program::ALL {
            let file = language.file(program);
            let source = fs::read_to_string(&file).expect("the example is there");
            for code in ResponseCode::ALL {
                let is_named = source.lines().any(|line| names(line, code));
                let never = never(program).iter().find(|(other, _)| *other == code);
                match never {
                    None => assert!(is_named, "{} has no branch for {}", file.display(), code.as_str()),
                    Some((_, why)) => {
                        assert!(!is_named, "{} has a branch for {}: {why}", file.display(), code.as_str());
                    }
                }
            }
        }
    }
}

/// Whether the line belongs to a branch for this code: it stands there in quotes, before any
/// comment, and nothing is stopped or given back under that name.
fn names(line: &str, code: ResponseCode) -> bool {
    let code = format!("\"{}\"", code.as_str());
    let before_comment = line.split(" # ").next().and_then(|line| line.split("//").next()).unwrap_or("");
    let begins = before_comment.trim_start();
    let is_branch = ["case ", "\"", "| \""].iter().any(|start| begins.starts_with(start));
    is_branch && before_comment.contains(&code)
}

#[test]
fn the_action_the_hub_asks_for_is_the_one_the_programs_know() {
    let printed = wire::action_parameters("http://127.0.0.1/", None);
    for language in [PYTHON, JAVASCRIPT] {
        for program in [Program::Create, Program::Update] {
            let source = fs::read_to_string(language.file(program)).expect("the example is there");
            assert!(source.contains("case \"NAVIGATE_TO_URL\":"), "{}", language.file(program).display());
        }
    }
    assert!(printed.contains("\"action\":\"NAVIGATE_TO_URL\""), "{printed}");
}
