//! Validates a value by a schema of the document: the keywords that the document uses and no others,
//! so that an unknown one is an error here and not a check that never fails. A whole library for JSON
//! Schema would bring forty crates for this.

use serde_json::Value;

/// Everything about the value that the schema does not allow.
pub(super) fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    Check { document, faults: &mut faults }.value("", schema, value);
    faults
}

/// What a reference stands for; anything else is itself.
pub(super) fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap_or_else(|| panic!("{reference} leads nowhere")),
        None => schema,
    }
}

struct Check<'d, 'f> {
    document: &'d Value,
    faults: &'f mut Vec<String>,
}

impl<'d> Check<'d, '_> {
    fn value(&mut self, place: &str, schema: &'d Value, value: &Value) {
        let schema = resolved(self.document, schema);
        let keywords = schema.as_object().unwrap_or_else(|| panic!("{place}: {schema} is no schema"));
        for (keyword, wanted) in keywords {
            let holds = match keyword.as_str() {
                "type" => is_of(wanted, value),
                "enum" => wanted.as_array().unwrap().contains(value),
                "const" => wanted == value,
                "oneOf" => self.matching(wanted, value) == 1,
                "anyOf" => self.matching(wanted, value) >= 1,
                "allOf" => self.matching(wanted, value) == wanted.as_array().unwrap().len(),
                "minLength" => text(value, |text| text.chars().count() as u64 >= wanted.as_u64().unwrap()),
                "maxLength" => text(value, |text| text.chars().count() as u64 <= wanted.as_u64().unwrap()),
                "minimum" => value.as_i64().is_none_or(|number| number >= wanted.as_i64().unwrap()),
                "maximum" => value.as_i64().is_none_or(|number| number <= wanted.as_i64().unwrap()),
                "format" => text(value, |text| is_format(wanted.as_str().unwrap(), text)),
                "pattern" => text(value, |text| matches_pattern(wanted.as_str().unwrap(), text)),
                "required" => {
                    let missing = |name: &&Value| value.is_object() && value.get(name.as_str().unwrap()).is_none();
                    wanted.as_array().unwrap().iter().filter(missing).count() == 0
                }
                "properties" | "additionalProperties" | "items" => true,
                "description" | "title" | "readOnly" | "default" => true,
                unknown => panic!("{place}: teach the tests the keyword {unknown}"),
            };
            if !holds {
                self.faults.push(format!("{place}: {value} breaks {keyword} {wanted}"));
            }
        }
        self.members(place, schema, value);
    }

    fn members(&mut self, place: &str, schema: &'d Value, value: &Value) {
        for (name, member) in value.as_object().into_iter().flatten() {
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(wanted), _) => self.value(&format!("{place}/{name}"), wanted, member),
                (None, Value::Bool(false)) => self.faults.push(format!("{place}: {name} is not documented")),
                (None, Value::Object(_)) => {
                    self.value(&format!("{place}/{name}"), &schema["additionalProperties"], member);
                }
                (None, _) => {}
            }
        }
        if schema["items"].is_object() {
            for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                self.value(&format!("{place}/{at}"), &schema["items"], item);
            }
        }
    }

    fn matching(&self, schemas: &Value, value: &Value) -> usize {
        let schemas = schemas.as_array().unwrap().iter();
        schemas.filter(|schema| faults(self.document, schema, value).is_empty()).count()
    }
}

fn is_of(wanted: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("teach the tests the type {other}"),
    };
    wanted.as_array().map_or_else(|| is(wanted), |names| names.iter().any(is))
}

/// Keywords about text say nothing of other values.
fn text(value: &Value, holds: impl FnOnce(&str) -> bool) -> bool {
    value.as_str().is_none_or(holds)
}

fn is_format(format: &str, text: &str) -> bool {
    match format {
        // As answers print dates: to the second, in UTC.
        "date-time" => text.len() == 20 && text.ends_with('Z') && wire::parse_date(text).is_some(),
        "uri" => text
            .split_once("://")
            .is_some_and(|(scheme, _)| ["http", "https"].iter().any(|known| known.eq_ignore_ascii_case(scheme))),
        other => panic!("teach the tests the format {other}"),
    }
}

fn matches_pattern(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[0-9]+$" => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
        other => panic!("teach the tests the pattern {other}"),
    }
}
