//! The committed document is the one that the code says. `UPDATE_GOLDEN=1` writes it anew.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::Value;
use std::collections::BTreeSet;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

#[test]
fn the_committed_document_is_what_the_code_says() {
    let document = openapi::document();
    #[expect(clippy::disallowed_methods, reason = "a golden test rewrites its file when told to")]
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    if update {
        std::fs::write(FILE, &document).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        committed == document,
        "docs/openapi.json is old: UPDATE_GOLDEN=1 cargo test -p openapi, and read its diff"
    );
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document: Value = serde_json::from_str(&openapi::document()).unwrap();
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads out"));
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    for (group, members) in document["components"].as_object().unwrap() {
        for name in members.as_object().unwrap().keys().filter(|_| group != "securitySchemes") {
            let reference = format!("#/components/{group}/{name}");
            assert!(references.contains(&reference), "{reference} is not used");
        }
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
