//! Tables of fields as JSON schemas.

use entitlement::Status;
use serde_json::{Map, Value, json};
use wire::{Field, Shape};

/// What an identifier, key or URL looks like.
pub(crate) const NO_CONTROL_CHARACTER: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";

/// A request's fields, and no others.
pub(crate) fn request(description: &str, fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields.iter().map(|field| member(field, asked(field))).collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut schema = json!({ "type": "object", "description": description });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema["properties"] = Value::Object(properties);
    schema["additionalProperties"] = json!(false);
    schema
}

/// The same, where `""` in what is not required means not sent.
pub(crate) fn create(description: &str, fields: &[Field]) -> Value {
    let mut schema = request(description, fields);
    for field in fields.iter().filter(|field| !field.required) {
        let sent = schema["properties"][field.name].take();
        schema["properties"][field.name] = json!({ "anyOf": [sent, { "const": "" }] });
    }
    schema
}

/// The members of an answer: all of them always there, and no others.
pub(crate) fn answer(description: &str, members: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> =
        members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({
        "type": "object",
        "description": description,
        "required": names,
        "properties": properties,
        "additionalProperties": false,
    })
}

/// The record's members, as [`answer`] takes them.
pub(crate) fn record() -> Vec<(&'static str, Value)> {
    let told = |field: &Field| (field.name, nullable(described(shape(field.shape), field.meaning), field.nullable));
    wire::RECORD_MEMBERS.iter().map(told).collect()
}

fn member(field: &Field, schema: Value) -> (String, Value) {
    (field.name.to_owned(), nullable(described(schema, field.meaning), field.nullable))
}

/// What a request may send is narrower than what an answer may hold.
fn asked(field: &Field) -> Value {
    let mut schema = shape(field.shape);
    match field.shape {
        Shape::Identifier(_) => schema["pattern"] = json!(NO_CONTROL_CHARACTER),
        Shape::Text(_) | Shape::Filled(_) => schema["pattern"] = json!(r"^[^\u0000]*$"),
        Shape::Url(_) => schema["pattern"] = json!("^https?://"),
        _ => {}
    }
    schema
}

pub(crate) fn shape(shape: Shape) -> Value {
    match shape {
        Shape::Identifier(chars_max) => json!({ "type": "string", "minLength": 1, "maxLength": chars_max }),
        Shape::Text(chars_max) => json!({ "type": "string", "maxLength": chars_max }),
        Shape::Filled(chars_max) => json!({ "type": "string", "minLength": 1, "maxLength": chars_max }),
        Shape::OwnId => json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" }),
        Shape::DateTime => json!({ "type": "string", "format": "date-time" }),
        Shape::Url(chars_max) => json!({ "type": "string", "format": "uri", "maxLength": chars_max }),
        Shape::Object | Shape::ObjectOrText => json!({ "type": "object", "additionalProperties": true }),
        Shape::Words(words) => json!({ "type": "string", "enum": words }),
        Shape::Status => json!({ "type": "string", "enum": statuses() }),
        Shape::Statuses => json!({
            "anyOf": [
                { "type": ["string", "null"], "enum": with_null(&statuses()) },
                { "type": "array", "minItems": 1, "items": { "type": "string", "enum": statuses() } },
            ],
        }),
        Shape::Count(max) => json!({ "type": "integer", "minimum": 1, "maximum": max }),
        Shape::UpTo(max) => json!({ "type": "integer", "minimum": 0, "maximum": max }),
        Shape::Digits => json!({ "type": "string", "pattern": "^[0-9]+$" }),
    }
}

fn statuses() -> Vec<&'static str> {
    Status::ALL.iter().map(|status| status.as_str()).collect()
}

fn with_null(words: &[&str]) -> Vec<Value> {
    words.iter().map(|word| json!(word)).chain([Value::Null]).collect()
}

/// The same, or null.
pub(crate) fn nullable(mut schema: Value, is_nullable: bool) -> Value {
    let kind = schema["type"].as_str().filter(|_| is_nullable).map(str::to_owned);
    if let Some(kind) = kind {
        schema["type"] = json!([kind, "null"]);
        if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            words.push(Value::Null);
        }
    }
    schema
}

/// The same with a description.
pub(crate) fn described(mut schema: Value, meaning: &str) -> Value {
    schema["description"] = json!(meaning);
    schema
}
