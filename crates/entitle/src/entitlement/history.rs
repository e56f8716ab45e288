//! The history of an entitlement as a time line: what was, and under it what is planned.

use crate::text::{Paint, WIDTH, padded, str_of, value, wrap};
use client::Item;
use serde_json::Value;
use std::collections::BTreeSet;

/// Where the dots of the line stand, and the text beside it.
const DOT: usize = "  2026-03-10 12:00:00  ".len();
const TEXT: usize = DOT + 2;
/// Where a detail's text begins: the longest name of a field has room.
const DETAIL: usize = "entitlementDisplayName  ".len();
/// A detail is shown in so many lines at most.
const DETAIL_LINES_MAX: usize = 3;

/// Appends the line.
pub(super) fn push(out: &mut String, events: &[Item], paint: Paint) {
    for (at, event) in events.iter().enumerate() {
        let planned = event["planned"].as_bool() == Some(true);
        let actor = str_of(event.value(), "actor").to_lowercase();
        let note = if planned { format!("{actor}, planned") } else { actor };
        let dot = if planned { "○" } else { "●" };
        let name = paint.strong(&padded(&value(&event["event"]), DETAIL));
        out.push_str(&format!("  {}  {dot} {name}{}\n", value(&event["at"]), paint.faint(&note)));
        let bar = if at + 1 == events.len() { " " } else { "│" };
        let mut above = String::new();
        for (name, text) in details(event) {
            let shown = if name == above { "" } else { &name };
            for (line, text) in wrap(&text, WIDTH - TEXT - DETAIL).iter().take(DETAIL_LINES_MAX).enumerate() {
                let name = padded(if line == 0 { shown } else { "" }, DETAIL);
                let bar = paint.faint(bar);
                out.push_str(&format!("{}{bar} {}{}\n", " ".repeat(DOT), paint.faint(&name), text));
            }
            above = name;
        }
    }
}

/// A reason in one line.
pub(super) fn reason(reason: &Value) -> String {
    let words = [&reason["category"], &reason["code"]].into_iter().filter(|word| !word.is_null()).map(value);
    let pair = words.collect::<Vec<_>>().join("/");
    match reason["description"].as_str() {
        Some(_) if pair.is_empty() => value(&reason["description"]),
        Some(_) => format!("{pair}: {}", value(&reason["description"])),
        None => pair,
    }
}

/// What changed, why, who asked for it, and what became of the telling.
fn details(event: &Item) -> Vec<(String, String)> {
    let changes = event["changes"].as_array().map_or(&[][..], Vec::as_slice);
    // What it was created with stands in the record above.
    let is_birth = changes.iter().any(|change| str_of(change, "field") == "entitlementId");
    let mut lines = Vec::new();
    for change in changes.iter().filter(|change| !is_birth || str_of(change, "field") == "status") {
        // A date that is the event's own moment says nothing new.
        if change["new"] == event["at"] {
            continue;
        }
        let (old, new) = (&change["old"], &change["new"]);
        let texts =
            if old.is_object() || new.is_object() { inner(old, new, &event["reason"]) } else { vec![became(old, new)] };
        lines.extend(texts.into_iter().map(|text| (value(&change["field"]), text)));
    }
    let mut push = |name: &str, text: String| lines.push((name.to_owned(), text));
    if !event["reason"].is_null() {
        push("reason", reason(&event["reason"]));
    }
    if event["requestId"].is_string() {
        push("request", value(&event["requestId"]));
    }
    if let Some(state) = event["notificationState"].as_str() {
        push("notification", state.to_lowercase());
    }
    lines
}

/// The members of an object that changed, but for those that only repeat the event's reason.
fn inner(old: &Value, new: &Value, reason: &Value) -> Vec<String> {
    let names =
        |object: &Value| object.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let all: BTreeSet<String> = names(old).into_iter().chain(names(new)).collect();
    let repeats = |name: &str| {
        let said = [&reason["category"], &reason["code"], &reason["description"]];
        name.contains("Reason") && said.iter().any(|word| !word.is_null() && **word == new[name])
    };
    let changed = all.into_iter().filter(|name| old[name] != new[name] && !repeats(name));
    changed
        .map(|name| format!("{}: {}", value(&Value::String(name.clone())), became(&old[&name], &new[&name])))
        .collect()
}

fn became(old: &Value, new: &Value) -> String {
    if old.is_null() { value(new) } else { format!("{} → {}", value(old), value(new)) }
}
