//! Who asks: one 401 for all causes; only the hint helps (docs/API.md section 1).

use crate::Hub;
use crate::answer::unavailable;
use crate::catalog::Account;
use crate::credentials::NotKnown;
use crate::watching::Checked;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use std::sync::Arc;
use wire::{ErrorAnswer, ResponseCode};

impl Hub {
    /// The account whose credential the headers carry.
    pub(crate) async fn authorize(&self, headers: &HeaderMap) -> Result<Arc<Account>, ErrorAnswer> {
        self.authorize_header(headers.get(AUTHORIZATION)).await
    }

    /// The account whose credential an Authorization header carries.
    pub(crate) async fn authorize_header(&self, header: Option<&HeaderValue>) -> Result<Arc<Account>, ErrorAnswer> {
        let header = header.map(HeaderValue::as_bytes);
        let verified = self.credentials.verify(header, self.store.now()).await;
        self.watching.figures.checked(result(verified.as_ref().err()));
        let verified = verified.map_err(refusal)?;
        let catalog = self.catalog();
        let sender = catalog.sender(&verified.user).filter(|sender| sender.account.id == verified.account);
        sender.map(|sender| Arc::clone(&sender.account)).ok_or_else(|| refusal(NotKnown::Wrong))
    }
}

const fn result(refused: Option<&NotKnown>) -> Checked {
    match refused {
        None => Checked::Accepted,
        Some(NotKnown::Missing) => Checked::Missing,
        Some(NotKnown::Malformed) => Checked::Malformed,
        Some(NotKnown::Wrong) => Checked::Wrong,
        Some(NotKnown::Busy) => Checked::Busy,
    }
}

fn refusal(cause: NotKnown) -> ErrorAnswer {
    let unauthorized = |hint: &str| {
        ErrorAnswer::new(401, ResponseCode::Unauthorized, "unauthorized", "The credential is missing or not accepted.")
            .with_field("Authorization")
            .with_hint(hint)
    };
    match cause {
        NotKnown::Missing => unauthorized("Send the Authorization header: Basic, then Base64 of user:password."),
        NotKnown::Malformed => {
            unauthorized("The Authorization header is not `Basic` followed by Base64 of user:password.")
        }
        NotKnown::Wrong => unauthorized(
            "Check user and password, that they are this mode's (test or live), and the address you call from.",
        ),
        NotKnown::Busy => unavailable("password-checks-busy", "Too many passwords are being checked.", 1)
            .with_hint("Send it again after Retry-After. A credential that was accepted before is not checked again."),
    }
}
