//! What merchants answer, or do not: a real one behind a socket, whose words are scripted.

use super::row::{Provoked, alone};
use crate::harness::{Receiver, Reply, ScriptedMerchant, Setup, TestHub, exchange};
use serde_json::json;

/// A hub, and the merchant behind it, which answers like this.
pub(super) async fn asking(replies: impl IntoIterator<Item = Reply>) -> (TestHub, Receiver) {
    let merchant = Receiver::start().await;
    merchant.answer(replies);
    let route = |route: &mut hub::Route| route.facts.repeatable = false;
    (Setup::new().merchant(ScriptedMerchant::at(&merchant)).routes(route).start().await, merchant)
}

/// A create that the merchant answers like this.
async fn created(before: &'static str, reply: Reply) -> Provoked {
    let (hub, _merchant) = asking([reply]).await;
    let came = hub.refuses(before, hub.creating("anna", "MUSIC").text()).await;
    hub.finish().await;
    came
}

alone! {
    ROWS:
    "already-subscribed" => {
        let before = "The merchant answers with `errorCode` ALREADY_SUBSCRIBED:";
        created(before, Reply::body(403, "ALREADY_SUBSCRIBED")).await
    },
    "merchant-bad-request" => {
        created("The merchant answers 422:", Reply::body(422, "Unknown tariff zone.")).await
    },
    "merchant-misconfigured" => created("The merchant answers 401:", Reply::status(401)).await,
    "merchant-busy" => created("The merchant answers 429:", Reply::status(429)).await,
    "merchant-wrong-status" => {
        let (hub, merchant) = asking([Reply::status(200)]).await;
        let id = hub.created("anna", "MUSIC").await;
        merchant.answer([Reply::status(409)]);
        let other = json!({ "productKey": "MUSIC_PREMIUM" });
        let came = hub.refuses_update("The merchant answers 409:", &id, &other).await;
        hub.finish().await;
        came
    },
    "outcome-unknown" => {
        let (hub, _merchant) = asking([Reply::Break]).await;
        let sent = hub.creating("anna", "MUSIC").identity("order-17").text();
        let came = exchange(hub.address, &sent).await;
        // Found out by itself.
        hub.advance("PT2S").await;
        hub.finish().await;
        Provoked::new("The connection to the merchant breaks after the request was sent:", sent, &came)
    },
    "not-done" => {
        // Asked about it later, the merchant knows nothing of it.
        let (hub, _merchant) = asking([Reply::Break, Reply::status(404)]).await;
        let create = hub.creating("anna", "MUSIC").identity("order-17");
        create.send().await.refused(503, "SERVICE_UNAVAILABLE", "outcome-unknown");
        hub.advance("PT2S").await;
        let before = "The first send was answered 503 `outcome-unknown`. Then the hub asked the merchant, which had \
                      never heard of it. The same request again:";
        let came = hub.refuses(before, create.text()).await;
        hub.finish().await;
        came
    },
}
