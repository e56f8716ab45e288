//! The floor: an axum handler that parses the same body and answers a record of the same shape made
//! of it, and does nothing else: no credential, no rule, no store. A read is answered with a record
//! of the same size.

use super::body::{Answer, Create, DATE, ID};
use anyhow::Result;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};

/// As many bytes as the hub's answer to a read has.
pub(super) const ANSWER: &str = include_str!("answer.json");

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

async fn create(Json(create): Json<Create>) -> Json<Answer> {
    Json(Answer::active(create, ID.to_owned(), DATE))
}

async fn read() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], ANSWER)
}
