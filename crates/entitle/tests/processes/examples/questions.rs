//! The four questions of examples/README.md, each answered by one command against the real binary.

use super::language::PYTHON;
use crate::binary::Binary;
use crate::folder::Folder;

/// What a program found out, line by line, without spaces at the ends.
fn answer_of(program: &str, hub: &Binary) -> Vec<String> {
    let ran = PYTHON.run_file(hub, &format!("{program}.py"));
    assert!(ran.status.success(), "{program}: {}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).expect("UTF-8");
    text.lines().map(|line| line.trim().to_owned()).collect()
}

#[track_caller]
fn assert_says(lines: &[String], beginning: &str) {
    assert!(lines.iter().any(|line| line.starts_with(beginning)), "{beginning:?} is not in {lines:#?}");
}

#[test]
fn each_question_is_answered_by_one_command() {
    PYTHON.assert_installed();
    let folder = Folder::new("questions");
    let hub = Binary::start(&folder);

    let why = answer_of("why_suspended", &hub);
    assert_says(&why, "Suspended by the reseller since ");
    assert_says(&why, "awaited  RESELLER");
    assert_says(&why, "held by  RESELLER since ");
    assert_says(&why, "refused  productUpdate: not-active");

    let change = answer_of("tier_change", &hub);
    assert_says(&change, "productKey: MUSIC_NOW -> MUSIC_PREMIUM");
    assert_says(&change, "Notified would be: PRODUCT_UPDATE");
    assert_says(&change, "Nothing was changed.");

    // Again, so that the copy does not begin empty.
    for held in [2, 7] {
        let mirror = answer_of("mirror", &hub);
        assert_says(&mirror, &format!("The copy holds {held} entitlements"));
        assert_says(&mirror, "It read 8 events");
        assert_says(&mirror, "The copy is identical to the hub.");
    }

    let life = answer_of("life_in_a_minute", &hub);
    let told: Vec<&str> = life.iter().filter(|line| line.contains(" by ")).map(|line| word(line, 1)).collect();
    let whole = ["CREATED", "ACTIVATED", "PRODUCT_UPDATED", "SUSPENDED", "RESUMED", "ENDING_PLANNED", "CANCELLED"];
    assert_eq!(told, whole, "{life:#?}");
    assert_says(&life, "It is CANCELLED since ");
    // What was planned is what then happened.
    let planned = life.iter().position(|line| line == "Planned:").map(|at| &life[at + 1]).expect("a plan");
    assert_says(&life, &format!("{}  CANCELLED", word(planned, 0)));
    assert_eq!(hub.stderr(), "", "nothing it logs is worth a warning");
}

fn word(line: &str, at: usize) -> &str {
    line.split_whitespace().nth(at).unwrap_or("")
}
