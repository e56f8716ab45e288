//! The committed OpenAPI document, as the hubs under test serve it.

use bytes::Bytes;

/// The text.
pub(crate) fn text() -> Bytes {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    std::fs::read(file).unwrap().into()
}
