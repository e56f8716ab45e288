//! Bodies that are refused before any field is read.

use super::row::shared;
use crate::harness::TestHub;

fn posting(hub: &TestHub, body: impl Into<Vec<u8>>) -> Vec<u8> {
    hub.call("POST", "/v1/entitlement").header("Content-Type", "application/json").bytes(body).text()
}

shared! {
    "utf8-invalid" => |hub| {
        // é in Latin-1.
        let body = b"{\"customerIdentifier\":\"Ren\xe9\"}".to_vec();
        hub.refuses("The é of this body was written in Latin-1, as one byte:", posting(hub, body)).await
    },
    "json-invalid" => |hub| {
        let body = "{\"customerIdentifier\": \"anna\",\n \"productKey\": \"MUSIC_NOW\",}";
        hub.refuses("", posting(hub, body)).await
    },
    "json-not-object" => |hub| hub.refuses("", posting(hub, "[{\"customerIdentifier\":\"anna\"}]")).await,
    "json-too-deep" => |hub| {
        let body = format!("{{\"extensionData\":{}1{}}}", "{\"a\":".repeat(32), "}".repeat(32));
        hub.refuses("", posting(hub, body)).await
    },
    "json-duplicate-key" => |hub| {
        let body = "{\"customerIdentifier\":\"anna\",\"productKey\":\"MUSIC\",\"productKey\":\"MUSIC_NOW\"}";
        hub.refuses("", posting(hub, body)).await
    },
    "media-type" => |hub| {
        let call = hub.call("POST", "/v1/entitlement").header("Content-Type", "application/x-www-form-urlencoded");
        hub.refuses("", call.bytes("customerIdentifier=anna&productKey=MUSIC_NOW").text()).await
    },
    "body-too-large" => |hub| {
        let photo = "/9j/".repeat(70_000);
        let body = format!("{{\"customerIdentifier\":\"anna\",\"extensionData\":{{\"photo\":\"{photo}\"}}}}");
        hub.refuses("280 kB:", posting(hub, body)).await
    },
}
