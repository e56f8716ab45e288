//! A merchant that is really called: its words are HTTP statuses, scripted by the test.

use super::Receiver;
use entitlement::{Answer, Failure, Given, Refusal, RefusalKind};
use merchants::{Call, Connector, Prepared, Purpose, Request, Response};
use std::sync::Arc;

/// The connector; a [`Receiver`] is the merchant. 200 done, 201 accepted, 202 queued or, with a
/// body, a URL; 404 not done, 429 busy, 401 misconfigured, other 4xx refused (a body
/// `ALREADY_SUBSCRIBED` says so), 5xx unknown.
#[derive(Debug)]
pub(crate) struct ScriptedMerchant {
    base: String,
}

impl ScriptedMerchant {
    pub(crate) fn at(receiver: &Receiver) -> Arc<dyn Connector> {
        Arc::new(Self { base: receiver.url("") })
    }

    /// One at whose address nobody listens.
    pub(crate) fn nowhere() -> Arc<dyn Connector> {
        Arc::new(Self { base: "http://127.0.0.1:1".to_owned() })
    }
}

impl Connector for ScriptedMerchant {
    fn prepare(&self, call: &Call<'_>) -> Prepared {
        let purpose = match call.purpose {
            Purpose::First => "first",
            Purpose::Repeat => "repeat",
            Purpose::Inquiry => "inquiry",
        };
        Prepared::Send(Request {
            method: "POST",
            url: format!("{}/{purpose}", self.base),
            headers: vec![("x-requestidentifier", call.operation.id.to_string())],
            body: format!("{:?}", call.operation.ask),
        })
    }

    fn read(&self, _call: &Call<'_>, response: &Response) -> Answer {
        let (status, body) = match response {
            Response::NotSent => return Answer::CertainFailure(Failure::Unreachable),
            Response::Broken => return Answer::Unknown,
            Response::Whole { status, body } => (*status, String::from_utf8_lossy(body).into_owned()),
        };
        let given = Given::default();
        match status {
            200 => Answer::Done(given),
            201 => Answer::Accepted(Given { activation_code: Some(body).filter(|code| !code.is_empty()), ..given }),
            202 if body.is_empty() => Answer::Queued(given),
            202 => Answer::UserActs { given, url: body, expires_at: None },
            404 => Answer::NotDone,
            429 => Answer::CertainFailure(Failure::Busy),
            401 => Answer::CertainFailure(Failure::Misconfigured),
            400..=499 => Answer::Refused(refusal(status, body)),
            _ => Answer::Unknown,
        }
    }
}

fn refusal(status: u16, body: String) -> Refusal {
    let kind = match status {
        400 | 422 => RefusalKind::BadRequest,
        405 => RefusalKind::NotSupported,
        409 => RefusalKind::WrongStatus,
        _ if body == "ALREADY_SUBSCRIBED" => return Refusal { kind: RefusalKind::AlreadySubscribed, message: None },
        _ => RefusalKind::RefusedUser,
    };
    Refusal { kind, message: Some(body).filter(|body| !body.is_empty()) }
}
