//! What a merchant answers, in the rules' terms. Connectors turn responses into this; whatever
//! they cannot read is `Unknown`, never a panic.

use crate::{JsonObject, Moment};
use alloc::string::String;

/// What a merchant may give along with any answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// Its own id of the entitlement.
    pub merchant_entitlement_id: Option<String>,
    /// A code for the user.
    pub activation_code: Option<String>,
    /// Private pairs, merged.
    pub merchant_extension: JsonObject,
    /// Finance data, replaced where present.
    pub finance_data: Option<JsonObject>,
}

/// The outcome of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Done at once (200). For a create: activated.
    Done(Given),
    /// Create or update: the user has to act (202 with URL).
    UserActs {
        /// Ids and code.
        given: Given,
        /// Where the user goes.
        url: String,
        /// Until when the URL works.
        expires_at: Option<Moment>,
    },
    /// Create: accepted without a URL (201), or with a code to redeem first.
    Accepted(Given),
    /// Activation info: a code instead of a URL.
    Code(Given),
    /// Terminate: it will end at that date; not after now means ended.
    EndsAt {
        /// Ids.
        given: Given,
        /// The end of the paid period.
        at: Moment,
    },
    /// Queued (202): the merchant confirms later.
    Queued(Given),
    /// The merchant says no and has not acted.
    Refused(Refusal),
    /// It certainly has not acted; the caller may try again.
    CertainFailure(Failure),
    /// Nobody knows.
    Unknown,
    /// An inquiry or a repeat found it was never done.
    NotDone,
}

/// How a merchant refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of refusal; decides code and rule id.
    pub kind: RefusalKind,
    /// The merchant's words, at most 500 characters.
    pub message: Option<String>,
}

/// Kinds of refusal (docs/API.md section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// The merchant does not want this user, or says no without a code.
    RefusedUser,
    /// The user already subscribes directly.
    AlreadySubscribed,
    /// The merchant does not support it.
    NotSupported,
    /// The merchant's own status does not allow it (409).
    WrongStatus,
    /// The merchant calls the request faulty (400, 422).
    BadRequest,
}

/// Why a call certainly did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// Name, connect or TLS failure, breaker open, or a declared 503.
    Unreachable,
    /// The merchant answered 429.
    Busy,
    /// The merchant refused our own credentials (401): our fault.
    Misconfigured,
}
