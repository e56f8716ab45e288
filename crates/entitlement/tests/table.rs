//! The rules as two tables: every shape with every command, and every shape with everything that
//! can come. A change of the rules is read as a diff of `golden/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/inputs.rs"]
mod inputs;
#[path = "support/print.rs"]
mod print;
#[path = "support/shapes.rs"]
mod shapes;

use entitlement::*;
use inputs::*;
use shapes::*;
use std::fmt::Write as _;
use std::path::PathBuf;

#[test]
fn admission_is_as_in_the_golden_table() {
    let mut text = String::from("# shape | command | caller | what admission decides\n");
    for (shape, e) in all() {
        text.push('\n');
        for (name, command, caller) in commands() {
            let decided = admit(&e, &command, caller, &route(), NOW, NEW_OPERATION);
            let told = match decided {
                Ok(decision) => print::summary(&e, &decision),
                Err(rejection) => rejection.rule().to_owned(),
            };
            writeln!(text, "{shape:34} | {name:22} | {:8} | {told}", caller.as_str()).unwrap();
        }
    }
    check("admission.txt", &text);
}

#[test]
fn settlement_is_as_in_the_golden_table() {
    let mut text = String::from("# shape | what came | what it settles\n");
    text.push_str("# Shapes of admission, with what merchants tell and what time brings.\n");
    for (shape, e) in all() {
        text.push('\n');
        for (name, event) in merchant_events() {
            let event = MerchantEvent { what: event, occurred_at: None };
            let told = match told(&e, &event, &route(), NOW) {
                Ok(decision) => print::summary(&e, &decision),
                Err(rejection) => {
                    let owed = owed_after_refusal(&e, &event, NOW).map(|owed| print::summary(&e, &owed));
                    format!("409 {} {}", rejection.rule(), owed.unwrap_or_default())
                }
            };
            writeln!(text, "{shape:34} | told {name:27} | {told}").unwrap();
        }
        for (name, e, at, route) in times(&e) {
            let told = print::summary(&e, &pass_time(&e, &route, at));
            writeln!(text, "{shape:34} | time {name:27} | {told}").unwrap();
        }
    }
    text.push_str(
        "\n# Answers to every ask. Shapes that the ask could not have been sent from have moved on meanwhile.\n",
    );
    for (shape, e) in quiet().into_iter().chain([("unborn", unborn()), ("FAILED", failed())]) {
        for ask in asks() {
            answers_to(&mut text, shape, &e, &ask);
        }
    }
    check("settlement.txt", &text);
}

#[test]
fn explanations_are_as_in_the_golden_table() {
    let mut text =
        String::from("# shape | who is awaited: where the outcome can be found out / not | what is planned\n");
    let blind = RouteFacts { inquiry: false, ..route() };
    let accepted = settled(&unborn(), &Answer::Accepted(given()));
    let with_code = settled(&unborn(), &Answer::Accepted(Given { activation_code: Some("c".into()), ..given() }));
    let more = [("PENDING first, accepted", accepted), ("PENDING first, with a code", with_code)];
    for (shape, e) in all().into_iter().chain(more) {
        let who = |route| awaited(&e, route).map_or("-", Awaited::as_str);
        let planned: Vec<String> = forecast(&e, &blind).iter().map(print::planned).collect();
        writeln!(text, "{shape:34} | {:8} | {:8} | {}", who(&route()), who(&blind), planned.join(", ")).unwrap();
    }
    check("explanations.txt", &text);
}

fn answers_to(text: &mut String, shape: &str, e: &Entitlement, ask: &Ask) {
    if e.unborn && *ask != Ask::Create {
        return;
    }
    let stages: &[Stage] = match (e.unborn, e.record.status) {
        (true, _) => &[Stage::InFlight],
        (_, Status::Failed) => &[Stage::Unknown],
        _ => &[Stage::InFlight, Stage::Queued, Stage::Unknown],
    };
    if e.record.status == Status::Failed && !matches!(ask, Ask::Create | Ask::Terminate { .. }) {
        return;
    }
    text.push('\n');
    for stage in stages {
        if !e.record.status.is_open() && *stage != Stage::InFlight && !matches!(ask, Ask::Terminate { .. }) {
            continue;
        }
        let mut lines: Vec<(String, String)> = Vec::new();
        for (name, answer) in answers() {
            let asking = with_operation(e, ask, *stage);
            let settled = print::summary(&asking, &settle(&asking, &answer, &route(), NOW));
            match lines.iter_mut().find(|(_, line)| *line == settled) {
                Some((names, _)) => {
                    names.push_str(", ");
                    names.push_str(name);
                }
                None => lines.push((name.to_owned(), settled)),
            }
        }
        let stage = format!("{stage:?}");
        for (names, line) in lines {
            writeln!(text, "{shape:34} | {:14} {stage:8} | {names}\n    {line}", print::ask(ask)).unwrap();
        }
    }
}

fn with_operation(e: &Entitlement, ask: &Ask, stage: Stage) -> Entitlement {
    let operation = Operation {
        id: OPERATION,
        ask: ask.clone(),
        by: Party::Reseller,
        stage,
        opened_at: MADE,
        attempts: u32::from(stage != Stage::InFlight),
        next_at: Some(NOW),
        deadline: None,
        note: None,
    };
    Entitlement { operation: Some(operation), ..e.clone() }
}

fn times(e: &Entitlement) -> Vec<(&'static str, Entitlement, Moment, RouteFacts)> {
    let mut expiring = e.clone();
    expiring.record.date_expiry = Some(ENDS.plus_s(-10));
    let mut waiting = e.clone();
    if matches!(e.record.status, Status::Pending | Status::Failed) {
        waiting.pending_until = Some(NOW);
    }
    let blind = RouteFacts { inquiry: false, ..route() };
    let mut times = vec![
        ("dateExpiry", expiring.clone(), ENDS.plus_s(-10), route()),
        ("dateExpiry and dateEnded", expiring, ENDS, route()),
        ("dateEnded", e.clone(), ENDS, route()),
        ("the pending time-out", waiting, NOW, route()),
    ];
    if let Some(deadline) = e.operation.as_ref().and_then(|operation| operation.deadline) {
        times.push(("deadline, no inquiry", e.clone(), deadline, blind));
        times.push(("deadline, inquiry", e.clone(), deadline, route()));
    }
    times
}

/// Compares with the golden file; `UPDATE_GOLDEN=1` writes it anew.
#[expect(clippy::disallowed_methods, reason = "a test's own switch")]
fn check(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (old, new)) in golden.lines().zip(text.lines()).enumerate() {
        assert_eq!(new, old, "line {} of {name}; UPDATE_GOLDEN=1 accepts the change", line + 1);
    }
    assert_eq!(text.lines().count(), golden.lines().count(), "{name} has another length; UPDATE_GOLDEN=1 accepts it");
}
