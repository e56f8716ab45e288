//! The public contract as an OpenAPI 3.1 document, made of the tables that the hub itself works by:
//! `wire`'s fields and codes, `hub`'s operations and rules. What is written here are the words around
//! them. Whether the hub answers so is not proven here: the hub's tests hold every answer they get
//! against the document.

mod examples;
mod fields;
mod headers;
mod health;
mod operations;
mod paths;
mod rules;
mod sandbox;
mod schemas;
mod views;

use serde_json::{Value, json};

/// The document as JSON, indented, the same bytes every time.
#[must_use]
pub fn document() -> String {
    let mut text = format!("{:#}", tree());
    text.push('\n');
    text
}

fn tree() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": info(),
        "servers": [
            { "url": "/v1", "description": "The hub that this document comes from" },
            { "url": "/", "description": "The same calls without the version, for programs that leave it out" },
        ],
        "security": [{ "basic": [] }],
        "tags": tags(),
        "paths": paths::all(),
        "webhooks": { "notification": { "post": paths::notification() } },
        "components": {
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "A credential belongs to one organisation and is test or live. The URLs are the \
                                    same for both: the credential decides.",
                },
            },
            "parameters": headers::parameters(),
            "headers": headers::headers(),
            "responses": paths::refusals(),
            "examples": examples::all(),
            "schemas": schemas::all(),
        },
    })
}

fn info() -> Value {
    json!({
        "title": "Entitle",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "The open entitlement resale hub.",
        "description": "A program written for the public Bango Resale API works against it unchanged. Every answer is \
                        one flat object: responseCode, responseMessage, parameters, and beside them the record or an \
                        error. Branch on responseCode, and on nothing else. The words behind this document are \
                        docs/API.md.",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    })
}

/// Names of tags, with what they are for.
const TAGS: [(&str, &str); 4] = [
    ("Entitlements", "The reseller's API. Every path also answers without /v1."),
    ("Sandbox", "For programs that are being written: none of this exists outside the sandbox."),
    ("Document", "The contract itself."),
    ("Health", "For those who route traffic to the hub."),
];

fn tags() -> Value {
    TAGS.iter().map(|(name, description)| json!({ "name": name, "description": description })).collect()
}
