//! The history of an entitlement as a time line: what was, and under it what is planned.

use crate::text::{Paint, WIDTH, cut, padded, str_of, value};
use client::Item;
use serde_json::Value;

/// Where the dot of the line stands, and the text beside it.
const DOT: usize = 2 + "2026-03-10 12:00:00 ".len() + 1;
const TEXT: usize = DOT + 2;
/// Names of fields are padded to this.
const FIELD: usize = 24;

/// Dates that only say when an event was; its own moment says so already.
const MOMENTS: [&str; 1] = ["dateLastUpdated"];

/// Appends the line.
pub(super) fn push(out: &mut String, events: &[Item], paint: Paint) {
    for (at, event) in events.iter().enumerate() {
        let is_last = at + 1 == events.len();
        let planned = event["planned"].as_bool() == Some(true);
        let actor = str_of(event.value(), "actor").to_lowercase();
        let note = if planned { format!("{actor}, planned") } else { actor };
        let dot = if planned { "○" } else { "●" };
        let name = padded(&value(&event["event"]), FIELD);
        out.push_str(&format!("  {} {dot} {} {}\n", value(&event["at"]), paint.strong(&name), paint.faint(&note)));
        let bar = if is_last { " " } else { "│" };
        for line in details(event) {
            let line = cut(&line, WIDTH - TEXT);
            out.push_str(&format!("{}{}\n", " ".repeat(DOT), format!("{bar} {line}").trim_end()));
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

fn details(event: &Item) -> Vec<String> {
    let field = |name: &str, text: &str| format!("{} {text}", padded(name, FIELD));
    let changes = event["changes"].as_array().into_iter().flatten();
    let is_first = |change: &Value| str_of(change, "field") == "status" && change["old"].is_null();
    let born = changes.clone().any(is_first);
    let mut lines: Vec<String> = changes
        .filter(|change| {
            // The record above shows what it was created with.
            let name = str_of(change, "field");
            if born { name == "status" } else { !MOMENTS.contains(&name) }
        })
        .map(|change| {
            let new = value(&change["new"]);
            let shown = if change["old"].is_null() { new } else { format!("{} → {new}", value(&change["old"])) };
            field(str_of(change, "field"), &shown)
        })
        .collect();
    if !event["reason"].is_null() {
        lines.push(field("reason", &reason(&event["reason"])));
    }
    if event["requestId"].is_string() {
        lines.push(field("request", &value(&event["requestId"])));
    }
    if let Some(state) = event["notificationState"].as_str() {
        lines.push(field("notification", &state.to_lowercase()));
    }
    lines
}
