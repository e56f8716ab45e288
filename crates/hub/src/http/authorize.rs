//! Who asks: one 401 for all causes; only the hint helps (docs/API.md section 1). Behind it the terms
//! of the credential that was sent: address, rate, signature.

use crate::Hub;
use crate::answer::{too_many, unavailable};
use crate::catalog::Sender;
use crate::credentials::{FAILURES_MAX, NotKnown, WINDOW};
use crate::gate::{Gate, Signing};
use crate::server::Client;
use crate::watching::Checked;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::time::Instant;
use wire::{ErrorAnswer, RateLimit, ResponseCode, Signed, SignedMessage};

/// What of a request says who asks.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    credential: Option<HeaderValue>,
    client: IpAddr,
}

impl Asker {
    pub(crate) fn new(headers: &HeaderMap, client: Client) -> Self {
        Self { credential: headers.get(AUTHORIZATION).cloned(), client: client.0 }
    }

    /// Whether it shows a credential at all.
    pub(crate) fn shows_credential(&self) -> bool {
        self.credential.is_some()
    }
}

impl Hub {
    /// Whose credential it is that the asker shows, and may use from its address.
    pub(crate) async fn authorize(&self, asker: &Asker) -> Result<Arc<Sender>, ErrorAnswer> {
        let header = asker.credential.as_ref().map(HeaderValue::as_bytes);
        let catalog = self.catalog();
        let admits = |user: &str| catalog.sender(user).is_none_or(|sender| sender.gate.admits(asker.client));
        let verified = self.credentials.verify(header, asker.client, admits, self.store.now()).await;
        self.watching.figures.checked(result(verified.as_ref().err()));
        let verified = verified.map_err(refusal)?;
        // The catalog of now: a check of the password takes its time.
        let catalog = self.catalog();
        let sender = catalog.sender(&verified.user).filter(|sender| sender.account.id == verified.account);
        sender.cloned().ok_or_else(|| refusal(NotKnown::Wrong))
    }
}

/// Counts a request against its credential's rate, and says how that stands.
pub(super) fn count(gate: &Gate) -> Result<Option<RateLimit>, Box<ErrorAnswer>> {
    gate.count(Instant::now()).map_err(|(limit, wait_s)| {
        let refused = too_many("rate-limited", "More requests than this credential may send.", limit, wait_s);
        Box::new(refused.with_hint(
            "Send it again after Retry-After; the header RateLimit says what is left. Nothing was done. If you need \
             more, ask the operator of the hub.",
        ))
    })
}

/// The signature of a request that has to have one, read and not yet verified: that takes the body.
pub(super) fn read_signature<'a>(
    gate: &'a Gate,
    headers: &HeaderMap,
    now_s: i64,
) -> Result<Option<(&'a Signing, Signed)>, Box<ErrorAnswer>> {
    let Some(signing) = gate.signing().filter(|signing| signing.concerns(headers)) else {
        return Ok(None);
    };
    let signed = Signed::read(&|name| joined(headers, name), now_s).map_err(|_| Box::new(refusal(NotKnown::Wrong)))?;
    Ok(Some((signing, signed)))
}

/// Verifies it. Behind a proxy nobody knows which scheme the client used, so both are tried where the
/// signature covers it.
pub(super) fn verify_signature(
    (signing, signed): &(&Signing, Signed),
    parts: &Parts,
    body: &[u8],
) -> Result<(), Box<ErrorAnswer>> {
    let authority = parts.uri.authority().map(|authority| authority.as_str().to_owned());
    let authority = authority.or_else(|| joined(&parts.headers, HOST.as_str())).unwrap_or_default();
    let is_good = ["https", "http"].into_iter().any(|scheme| {
        let message = SignedMessage {
            method: parts.method.as_str(),
            scheme,
            authority: &authority,
            path: parts.uri.path(),
            query: parts.uri.query(),
            header: &|name| joined(&parts.headers, name),
            body,
        };
        signing.verify(signed, &message).is_ok()
    });
    if is_good { Ok(()) } else { Err(Box::new(refusal(NotKnown::Wrong))) }
}

/// A header's values as signatures see them; `None` where it is not there, or no text.
fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Result<Vec<&str>, _> =
        headers.get_all(name).iter().map(|value| value.to_str().map(str::trim)).collect();
    values.ok().filter(|values| !values.is_empty()).map(|values| values.join(", "))
}

const fn result(refused: Option<&NotKnown>) -> Checked {
    match refused {
        None => Checked::Accepted,
        Some(NotKnown::Missing) => Checked::Missing,
        Some(NotKnown::Malformed) => Checked::Malformed,
        Some(NotKnown::Wrong) => Checked::Wrong,
        Some(NotKnown::Busy) => Checked::Busy,
        Some(NotKnown::Failing(_)) => Checked::Failing,
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
            "Check user and password, that they are this mode's (test or live), the address you call from, and the \
             signature, if one was agreed.",
        ),
        NotKnown::Busy => unavailable("password-checks-busy", "Too many passwords are being checked.", 1)
            .with_hint("Send it again after Retry-After. A credential that was accepted before is not checked again."),
        NotKnown::Failing(wait_s) => {
            let window_s = u32::try_from(WINDOW.as_secs()).unwrap_or(u32::MAX);
            let limit = RateLimit { quota: FAILURES_MAX, window_s, left: 0, resets_in_s: wait_s };
            too_many("wrong-passwords", "Too many wrong passwords came from your address.", limit, wait_s).with_hint(
                "Correct the credential, and send it again after Retry-After: until then none is checked. One that was \
                 accepted before is still served.",
            )
        }
    }
}
