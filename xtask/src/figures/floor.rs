//! The floor: an axum handler that parses the same bodies and answers bodies of the same size,
//! and does nothing else. What the hub cannot be faster than.

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};

/// As many bytes as the hub's answer to the same create has.
const ANSWER: &str = include_str!("answer.json");

/// Serves until killed.
pub(super) fn serve(port: u16) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let app = Router::new().route("/v1/entitlement", post(create)).route("/v1/entitlement/{id}", get(read));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        axum::serve(listener, app).await?;
        Ok(())
    })
}

async fn create(body: Bytes) -> impl IntoResponse {
    match serde_json::from_slice::<serde_json::Value>(&body) {
        Ok(serde_json::Value::Object(object)) if object.contains_key("customerIdentifier") => answer(),
        Ok(_) | Err(_) => (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json")], "{}").into_response(),
    }
}

async fn read() -> impl IntoResponse {
    answer()
}

fn answer() -> axum::response::Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], ANSWER).into_response()
}
