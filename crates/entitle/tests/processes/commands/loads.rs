//! `load`: what it says it did is what the hub then holds.

use super::sandbox::Lived;
use crate::binary::command;
use crate::reading::{number, object, text};

/// Runs it to its end: exit code, standard output, standard error.
fn load(arguments: &[&str]) -> (Option<i32>, String, String) {
    let all = [&["load", "--connections", "4", "--seconds", "1", "--warm-up", "0"], arguments].concat();
    let output = command(&all).output().expect("it cannot be started");
    let printed = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints text");
    (output.status.code(), printed(output.stdout), printed(output.stderr))
}

/// Events of the hub so far.
fn events(lived: &mut Lived) -> u32 {
    let report = lived.ask("POST", "/v1/entitlement/report", "{}");
    text(&object(&report), "parameters.feedCursor").parse().expect("a position")
}

#[test]
fn a_load_of_creates_is_in_the_hub_as_often_as_it_says() {
    let mut lived = Lived::new("load-creates");
    for keys in ["ascending", "random"] {
        let before = events(&mut lived);
        let (code, result, said) = load(&["--url", &lived.url(), "--keys", keys, "--rate", "50", "--json"]);
        assert_eq!((code, said.as_str()), (Some(0), ""), "{result}");
        let answers = number(&object(&result), "answers").expect("it says how many");
        assert!(answers > 0, "{result}");
        assert_eq!(events(&mut lived) - before, answers, "{keys}: {result}");
    }
}

#[test]
fn reads_and_changes_find_what_they_need_and_are_not_refused() {
    let lived = Lived::new("load-others");
    for kind in ["read", "patch", "mix"] {
        let (code, text, said) = load(&["--url", &lived.url(), "--kind", kind, "--rate", "100"]);
        assert_eq!((code, said.as_str()), (Some(0), ""), "{kind}: {text}");
        assert!(text.contains(" a second (") && text.contains("p99.9"), "{text}");
        assert!(!text.contains("answers were"), "something was refused: {text}");
    }
}

#[test]
fn another_machine_is_loaded_only_where_that_is_meant() {
    let (code, _, said) = load(&["--url", "http://192.0.2.1:8080"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("--allow-remote"), "{said}");
}
