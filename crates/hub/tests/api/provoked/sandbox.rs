//! The sandbox's own calls.

use super::row::shared;
use serde_json::json;

shared! {
    "sandbox-invalid" => |hub| {
        hub.refuses("", hub.call("POST", "/sandbox/v1/clock").json(&json!({ "advance": "forty days" })).text()).await
    },
    "forced" => |hub| hub.refuses("", hub.call("GET", "/v1/echo/hello").header("Prefer", "status=503").text()).await,
    "clock-backwards" => |hub| {
        hub.advance("P40D").await;
        let back = json!({ "set": "2026-03-11T00:00:00Z" });
        let before = "The clock was moved on by 40 days, to 2026-04-19:";
        hub.refuses(before, hub.call("POST", "/sandbox/v1/clock").json(&back).text()).await
    },
    "magic-number-unknown" => |hub| {
        let call = hub.creating("anna", "MUSIC").header("X-Magic-Number", "CREATE_REQUEST_RETURNS_OK");
        hub.refuses("", call.text()).await
    },
    "unknown-notification" => |hub| {
        let call = hub.call("POST", "/sandbox/v1/outbox/0198f3a2-6c00-7000-8000-00000000000f.0.1/replay");
        hub.refuses("", call.text()).await
    },
}
