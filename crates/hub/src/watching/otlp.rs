//! Spans as OTLP's JSON (protobuf's JSON mapping: ids in hexadecimal, 64-bit numbers as strings).

use super::tracer::Finished;
use serde_json::{Value, json};

/// The body of an `ExportTraceServiceRequest`.
pub(super) fn body(spans: &[Finished]) -> String {
    let spans: Vec<Value> = spans.iter().map(span).collect();
    let resource = [attribute("service.name", "entitle"), attribute("service.version", env!("CARGO_PKG_VERSION"))];
    let scope = json!({ "name": "entitle", "version": env!("CARGO_PKG_VERSION") });
    json!({
        "resourceSpans": [{
            "resource": { "attributes": resource },
            "scopeSpans": [{ "scope": scope, "spans": spans }],
        }],
    })
    .to_string()
}

fn span(span: &Finished) -> Value {
    /// `STATUS_CODE_ERROR`; what went well is left unset, as the conventions say.
    const ERROR: u8 = 2;
    let attributes: Vec<Value> = span.attributes.iter().map(|(name, value)| attribute(name, value)).collect();
    let mut said = json!({
        "traceId": format!("{:032x}", span.trace),
        "spanId": format!("{:016x}", span.id),
        "name": span.name,
        "kind": span.kind as u8,
        "startTimeUnixNano": span.begun_ns.to_string(),
        "endTimeUnixNano": span.ended_ns.to_string(),
        "attributes": attributes,
    });
    if let Some(parent) = span.parent {
        said["parentSpanId"] = format!("{parent:016x}").into();
    }
    if span.failed {
        said["status"] = json!({ "code": ERROR });
    }
    said
}

fn attribute(name: &str, value: &str) -> Value {
    json!({ "key": name, "value": { "stringValue": value } })
}
