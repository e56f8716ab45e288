//! Whether the hub lives and can work, for those who route traffic to it, without credential
//! (docs/API.md section 1); in the sandbox also its figures, which elsewhere stand on the operator
//! interface.

use super::respond::{Reply, json};
use crate::Hub;
use crate::answer::{Answer, store_error, unavailable};
use crate::watching::CONTENT_TYPE;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE as CONTENT_TYPE_NAME, HeaderValue};
use std::time::Duration;
use store::StoreError;
use tokio::time::timeout;
use wire::ErrorAnswer;

/// A store that does not answer within this is not ready; who asks does not wait longer.
const READY_WITHIN: Duration = Duration::from_secs(1);
/// Asked again after so long, says a hub that drains.
const RETRY_AFTER_S: u32 = 5;
const WELL: &str = "{\"responseCode\":\"OK\",\"responseMessage\":\"Success\",\"parameters\":{}}";

/// The process lives: it took the request and answers. Nothing else is looked at.
pub(super) fn alive() -> Reply {
    json(Answer::plain(200, WELL.to_owned()))
}

impl Hub {
    /// Whether requests should be sent here.
    pub(super) async fn ready(&self) -> Reply {
        json(match self.why_not_ready().await {
            None => Answer::plain(200, WELL.to_owned()),
            Some(error) => Answer::error(&error),
        })
    }

    async fn why_not_ready(&self) -> Option<ErrorAnswer> {
        if self.feed_bells.is_stopping() {
            let hint = "Send requests to another node, or here again when the hub has been started anew.";
            return Some(unavailable("draining", "The hub is being stopped.", RETRY_AFTER_S).with_hint(hint));
        }
        let answered = timeout(READY_WITHIN, self.store.answers()).await.unwrap_or(Err(StoreError::Busy));
        answered.err().map(|error| match error {
            // It is not too much to write that is in the way here.
            StoreError::Busy => {
                let hint = "Send requests to another node; here again when this says 200: that needs no new start.";
                unavailable("store-busy", "The hub's store does not answer.", 1).with_hint(hint)
            }
            other => store_error(&other),
        })
    }

    /// The figures, for Prometheus.
    pub(crate) async fn metrics(&self) -> Reply {
        let mut reply = Response::new(Full::new(Bytes::from(self.metrics_text().await)));
        reply.headers_mut().insert(CONTENT_TYPE_NAME, HeaderValue::from_static(CONTENT_TYPE));
        reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        reply
    }
}
