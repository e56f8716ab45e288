//! The floor: an axum handler that parses the same body and answers a record of the same shape made
//! of it, and does nothing else: no credential, no rule, no store. A read is answered with a record
//! of the same size.

use anyhow::Result;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

/// As many bytes as the hub's answer to a read has.
const ANSWER: &str = include_str!("answer.json");
const ID: &str = "019ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4b";
const DATE: &str = "2026-11-22T03:04:05Z";

/// A create's body.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Create {
    customer_identifier: String,
    merchant_account_key: String,
    product_key: String,
}

/// The answer: the envelope and the 22 fields of the record.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    response_code: &'static str,
    response_message: &'static str,
    parameters: Empty,
    entitlement_id: &'static str,
    status: &'static str,
    date_created: &'static str,
    date_activated: Option<&'static str>,
    date_ended: Option<&'static str>,
    date_suspended: Option<&'static str>,
    date_resumed: Option<&'static str>,
    date_last_updated: &'static str,
    customer_identifier: String,
    merchant_account_key: String,
    product_key: String,
    offer_key: Option<String>,
    activation_code: Option<String>,
    entitlement_display_name: &'static str,
    date_expiry: Option<&'static str>,
    extension_data: Option<Empty>,
    notification_url: Option<String>,
    external_entitlement_id: Option<String>,
    shared_customer_id: &'static str,
    bango_user_id: &'static str,
    merchant_entitlement_id: &'static str,
    finance_data: Option<Empty>,
}

#[derive(Serialize)]
struct Empty {}

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
    Json(Answer {
        response_code: "OK",
        response_message: "Success",
        parameters: Empty {},
        entitlement_id: ID,
        status: "ACTIVE",
        date_created: DATE,
        date_activated: Some(DATE),
        date_ended: None,
        date_suspended: None,
        date_resumed: None,
        date_last_updated: DATE,
        customer_identifier: create.customer_identifier,
        merchant_account_key: create.merchant_account_key,
        product_key: create.product_key,
        offer_key: None,
        activation_code: None,
        entitlement_display_name: "Music (active at once)",
        date_expiry: None,
        extension_data: None,
        notification_url: None,
        external_entitlement_id: None,
        shared_customer_id: "0123456789abcdef0123456789abcdef",
        bango_user_id: "123456789012345",
        merchant_entitlement_id: ID,
        finance_data: None,
    })
}

async fn read() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], ANSWER)
}
