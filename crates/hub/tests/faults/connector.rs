//! The connector of the scripted merchant: calls as JSON, answers as the rules know them. No I/O:
//! the hub sends.

use entitlement::{Answer, Ask, Failure, Given, JsonObject, Moment, Refusal, RefusalKind};
use merchants::{Call, Connector, Prepared, Purpose, Request, Response};
use serde_json::{Value, json};

/// Speaks to the merchant at that address.
#[derive(Debug)]
pub struct Scripted {
    pub url: String,
}

impl Connector for Scripted {
    fn prepare(&self, call: &Call<'_>) -> Prepared {
        let record = &call.entitlement.record;
        let product = match &call.operation.ask {
            Ask::Update { product, .. } => &product.product_key,
            _ => &record.product_key,
        };
        let body = json!({
            "requestId": call.operation.id.to_string(),
            "entitlementId": call.key.to_string(),
            "productKey": product,
            "purpose": format!("{:?}", call.purpose),
        });
        let kind = if call.purpose == Purpose::Inquiry { "inquiry" } else { kind(&call.operation.ask) };
        Prepared::Send(Request {
            method: "POST",
            url: format!("{}/{kind}", self.url),
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string(),
        })
    }

    fn read(&self, call: &Call<'_>, response: &Response) -> Answer {
        let (status, body) = match response {
            Response::NotSent => return Answer::CertainFailure(Failure::Unreachable),
            Response::Broken => return Answer::Unknown,
            Response::Whole { status, body } => (*status, serde_json::from_slice::<Value>(body).ok()),
        };
        match (status, body) {
            (200..=299, Some(body)) if body["entitlementId"] == call.key.to_string() => done(call, status, &body),
            (400..=499, body) => refused(call, status, &body.unwrap_or_default()),
            _ => Answer::Unknown,
        }
    }
}

/// The word of an ask, as the merchant's path.
pub fn kind(ask: &Ask) -> &'static str {
    match ask {
        Ask::Create => "create",
        Ask::ActivationInfo => "activationInfo",
        Ask::Update { .. } => "update",
        Ask::Suspend { .. } => "suspend",
        Ask::Resume { .. } => "resume",
        Ask::Undo { .. } => "undo",
        Ask::Cancel(_) => "cancel",
        Ask::Revoke(_) => "revoke",
        Ask::Terminate { .. } => "terminate",
        Ask::SuspendAgain => "suspendAgain",
        Ask::UpdateBack => "updateBack",
    }
}

fn done(call: &Call<'_>, status: u16, body: &Value) -> Answer {
    let given = Given {
        merchant_entitlement_id: body["merchantEntitlementId"].as_str().map(str::to_owned),
        merchant_extension: JsonObject::new(),
        ..Given::default()
    };
    match (status, body["url"].as_str(), body["endsAt"].as_i64()) {
        (202, Some(url), _) => Answer::UserActs { given, url: url.to_owned(), expires_at: None },
        (202, None, _) => Answer::Queued(given),
        (201, ..) if call.operation.ask == Ask::Create => Answer::Accepted(given),
        (200, _, Some(at)) => Answer::EndsAt { given, at: Moment(at) },
        (200, _, None) => Answer::Done(given),
        _ => Answer::Unknown,
    }
}

fn refused(call: &Call<'_>, status: u16, body: &Value) -> Answer {
    let ends = matches!(call.operation.ask, Ask::Cancel(_) | Ask::Revoke(_) | Ask::Terminate { .. });
    match (call.purpose, status) {
        (Purpose::Inquiry, 404) => return Answer::NotDone,
        (Purpose::First | Purpose::Repeat, 404 | 410) if ends => return Answer::Done(Given::default()),
        (Purpose::Repeat, 404 | 409 | 410) => return Answer::Unknown,
        (Purpose::First, 429) => return Answer::CertainFailure(Failure::Busy),
        (Purpose::First, 401) => return Answer::CertainFailure(Failure::Misconfigured),
        (_, 401 | 429) => return Answer::Unknown,
        (Purpose::Inquiry, _) if body["errorCode"].is_null() => return Answer::Unknown,
        _ => {}
    }
    let kind = match (body["errorCode"].as_str(), status) {
        (Some("NOT_ELIGIBLE"), _) => RefusalKind::RefusedUser,
        (Some("ALREADY_SUBSCRIBED"), _) => RefusalKind::AlreadySubscribed,
        (Some("NOT_SUPPORTED"), _) | (None, 405) => RefusalKind::NotSupported,
        (Some("WRONG_STATUS"), _) | (None, 409) => RefusalKind::WrongStatus,
        (_, 400 | 422) => RefusalKind::BadRequest,
        _ => RefusalKind::RefusedUser,
    };
    Answer::Refused(Refusal { kind, message: body["errorMessage"].as_str().map(str::to_owned) })
}
