//! Around every request: its id and its trace, what is counted of it, and the line of the log. What
//! it is answered is not decided here.

use super::Received;
use super::respond::{self, Reply};
use crate::Hub;
use crate::random::RequestId;
use crate::server::Client;
use crate::watching::Outcome;
use std::pin::pin;

/// Answers one request, watched.
pub(crate) async fn serve(hub: &Hub, request: Received, client: Client) -> Reply {
    let context = hub.begin_context(request.headers());
    // Pinned where it is made: a request's future has thousands of bytes, and moves by copying them.
    let answering = pin!(watched(hub, request, client, context.id()));
    context.scope(answering).await
}

async fn watched(hub: &Hub, request: Received, client: Client, id: RequestId) -> Reply {
    let under_way = hub.watching.figures.requests.begin();
    let method = request.method().clone();
    let reply = respond::serve(hub, request, client, id).await;
    let id = id.as_str();
    let status = reply.status().as_u16();
    let outcome = reply.extensions().get::<Outcome>().copied().unwrap_or_else(|| Outcome::of_status(status));
    let operation = under_way.answered(status, outcome).operation;
    let Outcome { code, rule } = outcome;
    let code = code.as_str();
    match status {
        // A log that is flooded hides what it says; every answer is counted.
        500.. if !hub.watching.may_log_failure() => {}
        500 => tracing::error!(request_id = id, operation, status, code, rule, "a request failed"),
        501.. => tracing::warn!(request_id = id, operation, status, code, rule, "a request failed"),
        _ => tracing::debug!(request_id = id, %method, operation, status, code, rule, "answered"),
    }
    reply
}
