//! The list of rule ids: nothing in it that no request can meet, and stable words only.

use crate::sample::told;
use crate::{create, end, feed, report, switches, update};
use std::collections::BTreeSet;
use wire::{Fault, RULES};

/// Bodies that are refused before they are read.
const BODIES: [&[u8]; 5] = [b"\xff", b"x", b"[]", b"{\"a\":1,\"a\":1}", b"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1"];

/// Rules that need a longer body than a table holds; their own tests meet them.
const IN_TESTS_OF_THEIR_OWN: [&str; 2] = ["too-long", "extension-too-large"];

#[test]
fn every_rule_is_met_by_some_table() {
    let mut met: BTreeSet<String> = IN_TESTS_OF_THEIR_OWN.map(str::to_owned).into();
    let tables = [
        create::FAULTS.iter().map(|(_, told)| *told).collect::<Vec<_>>(),
        update::FAULTS.iter().map(|(_, told)| *told).collect(),
        update::FAULTS_BESIDE_THE_ROW.iter().map(|(_, _, told)| *told).collect(),
        end::FAULTS.iter().map(|(_, _, told)| *told).collect(),
        report::FAULTS.iter().map(|(_, told)| *told).collect(),
        feed::FAULTS.iter().map(|(_, told)| *told).collect(),
    ];
    let lines = tables.iter().flatten().flat_map(|told| told.iter().copied());
    for line in lines.chain(switches::FAULTS.iter().map(|(_, told, _)| *told)) {
        met.extend(line.rsplit(' ').next().map(str::to_owned));
    }
    for body in BODIES {
        let fault = Fault::from(wire::parse_object(body).expect_err("refused"));
        met.insert(fault.rule.to_owned());
        assert_eq!(told(&[fault]).len(), 1);
    }
    let known: BTreeSet<String> = RULES.iter().map(|rule| (*rule).to_owned()).collect();
    assert_eq!(met, known);
    assert_eq!(known.len(), RULES.len(), "no rule stands twice");
}

#[test]
fn rules_are_kebab_case() {
    for rule in RULES {
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        assert!(rule.split('-').all(is_word), "{rule}");
    }
}
