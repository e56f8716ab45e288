//! Edges between rooms: as planned, no more and no fewer.

use crate::workspace::{Edges, Plan, rooms, root};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fs;

/// Rooms into which the compiler lets no clock, file, network or randomness.
const NO_STD: [&str; 2] = ["ids", "entitlement"];

#[test]
fn every_room_is_in_the_plan_and_no_other() -> Result<()> {
    let planned: BTreeSet<String> = Plan::read()?.rooms()?.into_keys().collect();
    let built: BTreeSet<String> = rooms()?.into_iter().map(|room| room.name).collect();
    ensure!(
        planned == built,
        "architecture.toml [rooms]: add what the room is for: {:?}; remove what is gone: {:?}",
        built.difference(&planned).collect::<Vec<_>>(),
        planned.difference(&built).collect::<Vec<_>>(),
    );
    Ok(())
}

#[test]
fn code_that_ships_uses_the_rooms_it_may_use() -> Result<()> {
    compare("uses")
}

#[test]
fn tests_use_the_rooms_they_may_use() -> Result<()> {
    compare("tests-use")
}

fn compare(table: &str) -> Result<()> {
    let planned = Plan::read()?.edges(table)?;
    let mut built = Edges::new();
    for room in rooms()? {
        for dependency in room.dependencies.iter().filter(|one| one.is_room && one.table == table) {
            built.insert((table.to_owned(), room.name.clone(), dependency.name.clone()));
        }
    }
    let mut violations = Vec::new();
    for (_, user, used) in built.difference(&planned) {
        violations.push(format!(
            "{user} depends on {used}, which is not planned: remove it from {user}'s Cargo.toml, \
             or add it to architecture.toml [{table}.{user}] with a reason"
        ));
    }
    for (_, user, used) in planned.difference(&built) {
        violations.push(format!(
            "{user} does not depend on {used} any more: remove it from architecture.toml [{table}.{user}]"
        ));
    }
    ensure!(violations.is_empty(), "{}", violations.join("\n"));
    Ok(())
}

#[test]
fn rooms_keep_out_what_they_must_not_know() -> Result<()> {
    let forbidden = Plan::read()?.edges("never")?;
    ensure!(!forbidden.is_empty(), "architecture.toml [never] is empty: the promises are gone");
    let mut violations = Vec::new();
    for room in rooms()? {
        for dependency in room.dependencies.iter().filter(|one| one.table == "uses") {
            if forbidden.contains(&("never".to_owned(), room.name.clone(), dependency.name.clone())) {
                violations.push(format!(
                    "{}: {} must not depend on {}; architecture.toml [never.{}] says why",
                    room.manifest, room.name, dependency.name, room.name
                ));
            }
        }
    }
    ensure!(violations.is_empty(), "{}", violations.join("\n"));
    Ok(())
}

#[test]
fn the_rules_are_no_std_and_know_the_identifiers_alone() -> Result<()> {
    for room in rooms()?.iter().filter(|room| NO_STD.contains(&room.name.as_str())) {
        let library = room.manifest.replace("Cargo.toml", "src/lib.rs");
        let text = fs::read_to_string(root()?.join(&library)).with_context(|| library.clone())?;
        ensure!(text.lines().any(|line| line == "#![no_std]"), "{library}:1: #![no_std] is gone; put it back");
        for dependency in room.dependencies.iter().filter(|one| one.table == "uses") {
            ensure!(
                room.name == "entitlement" && dependency.name == "ids",
                "{}: {} must not depend on {}; bring what it offers inside a command instead",
                room.manifest,
                room.name,
                dependency.name
            );
        }
    }
    Ok(())
}
