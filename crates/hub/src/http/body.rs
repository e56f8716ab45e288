//! Reading a request's body within its limits, and its JSON.

use bytes::Bytes;
use entitlement::JsonObject;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use std::time::Duration;
use tokio::time::timeout;
use wire::{ErrorAnswer, ResponseCode, parse_body};

/// No request body is larger (docs/API.md section 1).
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;
/// A body that is not here after so long is given up.
pub(crate) const BODY_WITHIN: Duration = Duration::from_secs(10);

/// The body's bytes.
pub(crate) async fn read(body: Incoming) -> Result<Bytes, Box<ErrorAnswer>> {
    read_up_to(body, BODY_BYTES_MAX).await
}

/// The body's bytes, as many as that.
pub(crate) async fn read_up_to(body: Incoming, bytes_max: usize) -> Result<Bytes, Box<ErrorAnswer>> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large());
    }
    match timeout(BODY_WITHIN, Limited::new(body, bytes_max).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(fault)) if fault.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(broken()),
        Err(_) => Err(too_slow()),
    }
}

/// The body's JSON object; `None` where there is no body.
pub(crate) fn json(headers: &HeaderMap, body: &Bytes) -> Result<Option<JsonObject>, Box<ErrorAnswer>> {
    if body.is_empty() {
        return Ok(None);
    }
    check_media_type(headers)?;
    parse_body(body).map_err(|fault| Box::new(ErrorAnswer::faults(vec![fault.into()])))
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Box<ErrorAnswer>> {
    let Some(given) = headers.get(CONTENT_TYPE) else {
        return Err(wrong_media_type("The Content-Type header is missing; send `Content-Type: application/json`."));
    };
    let text = given.to_str().unwrap_or("").to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or("");
    let is_json = essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json");
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some(("charset", set)) => matches!(set.trim_matches('"'), "utf-8" | "utf8"),
        Some(_) | None => true,
    });
    match (is_json, is_utf8) {
        (true, true) => Ok(()),
        (true, false) => Err(wrong_media_type("Send the body as UTF-8.")),
        (false, _) => Err(wrong_media_type("Send `Content-Type: application/json`.")),
    }
}

fn wrong_media_type(hint: &str) -> Box<ErrorAnswer> {
    let refusal = refusal(415, "media-type", "The body is not declared as JSON.");
    Box::new(refusal.with_field("Content-Type").with_hint(hint))
}

fn too_large() -> Box<ErrorAnswer> {
    let refusal = refusal(413, "body-too-large", "The body is larger than 256 KiB.");
    Box::new(refusal.with_hint("extensionData takes at most 32 KiB; keep what is larger in your own system."))
}

fn too_slow() -> Box<ErrorAnswer> {
    let refusal = refusal(408, "body-too-slow", "The body did not arrive within 10 s.");
    Box::new(refusal.with_hint("Nothing was done. Check that Content-Length counts bytes, and the network between."))
}

fn broken() -> Box<ErrorAnswer> {
    let refusal = refusal(400, "body-broken", "The body could not be read.");
    Box::new(
        refusal
            .with_hint("The connection broke, or Content-Length or chunks are wrong. Nothing was done; send it again."),
    )
}

fn refusal(http: u16, rule: &'static str, message: &str) -> ErrorAnswer {
    ErrorAnswer::new(http, ResponseCode::BadRequest, rule, message)
}
