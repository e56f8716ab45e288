//! The tables of fields say what the parsers and printers do.

use crate::sample::{NOW, bare_record, object};
use wire::{
    CANCEL_FIELDS, CREATE_FIELDS, CreateRequest, Fault, Field, READ_ONLY_FIELDS, RECORD_MEMBERS, REPORT_FIELDS,
    REVOKE_FIELDS, ReportRequest, Switches, UPDATE_FIELDS, UpdateRequest, parse_end, parse_object, push_record,
};

type Parse = fn(entitlement::JsonObject) -> Result<(), Vec<Fault>>;

const CALLS: [(&str, &[Field], Parse); 3] = [
    ("create", &CREATE_FIELDS, |body| CreateRequest::parse(body, NOW, false, &Switches::default()).map(drop)),
    ("update", &UPDATE_FIELDS, |body| UpdateRequest::parse(body, false, &Switches::default()).map(drop)),
    ("report", &REPORT_FIELDS, |body| ReportRequest::parse(body).map(drop)),
];

fn rules(result: Result<(), Vec<Fault>>, field: &str) -> Vec<&'static str> {
    let faults = result.err().unwrap_or_default();
    faults.iter().filter(|fault| fault.field == field).map(|fault| fault.rule).collect()
}

#[test]
fn each_listed_field_is_known_and_the_required_ones_are_demanded() {
    for (call, fields, parse) in CALLS {
        for field in fields {
            // No field takes a list of lists: who knows the field complains about that, and not
            // about the name.
            let sent = object(&format!("{{\"{}\":[[]]}}", field.name));
            let said = rules(parse(sent), field.name);
            assert!(!said.is_empty() && !said.contains(&"unknown-field"), "{call} {}: {said:?}", field.name);
            let demanded = rules(parse(object("{}")), field.name) == ["required"];
            assert_eq!(demanded, field.required, "{call} {}", field.name);
        }
        assert_eq!(rules(parse(object("{\"colour\":1}")), "colour"), ["unknown-field"], "{call}");
    }
}

#[test]
fn null_is_taken_where_the_table_says_so() {
    for (call, fields, parse) in CALLS {
        for field in fields {
            let said = rules(parse(object(&format!("{{\"{}\":null}}", field.name))), field.name);
            assert_eq!(said.is_empty(), field.nullable, "{call} {}: {said:?}", field.name);
        }
    }
}

#[test]
fn the_fields_of_cancel_and_revoke_are_read_and_not_only_kept() {
    for (revoke, fields) in [(false, &CANCEL_FIELDS[..]), (true, &REVOKE_FIELDS)] {
        for field in fields {
            let sent = object(&format!("{{\"{}\":[[]]}}", field.name));
            let parsed = parse_end(sent, "e-1", revoke, &Switches::default());
            assert!(!rules(parsed.map(drop), field.name).is_empty(), "{}", field.name);
        }
    }
}

#[test]
fn the_record_prints_the_members_of_the_table_in_their_order() {
    let mut printed = String::from("{");
    push_record(&mut printed, &bare_record());
    printed.push('}');
    let members = parse_object(printed.as_bytes()).unwrap().0;
    let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, RECORD_MEMBERS.map(|member| member.name));
    for (name, value) in &members {
        let member = RECORD_MEMBERS.iter().find(|member| member.name == name).unwrap();
        assert!(member.nullable || *value != entitlement::Json::Null, "{name} is null");
    }
    // The barest record has null wherever null may stand.
    let nulls = members.iter().filter(|(_, value)| *value == entitlement::Json::Null).count();
    assert_eq!(nulls, RECORD_MEMBERS.iter().filter(|member| member.nullable).count());
    let changes = UPDATE_FIELDS.iter().map(|field| field.name).chain(READ_ONLY_FIELDS);
    let record: Vec<&str> = changes.filter(|name| names.contains(name)).collect();
    assert_eq!(record.len(), names.len(), "a record can be sent back whole: {record:?}");
}
