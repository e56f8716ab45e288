//! Request identities: which operation a reseller's identity names, and its remembered answer.

use entitlement::Moment;
use ids::{EntitlementKey, OperationId, RequestIdentity};

/// Bytes of the fingerprint of a request (method, path, body as parsed with sorted keys).
pub const FINGERPRINT_BYTES: usize = 16;

/// A claimed request identity.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The identity, unique per account.
    pub identity: RequestIdentity,
    /// What was asked; another request under the same identity is refused.
    pub fingerprint: [u8; FINGERPRINT_BYTES],
    /// The entitlement it concerns, if any.
    pub key: Option<EntitlementKey>,
    /// The operation it names; bound to it while the operation is open.
    pub operation: Option<OperationId>,
    /// The first answer; `None` while the operation has none yet.
    pub answer: Option<SavedAnswer>,
    /// When it was claimed.
    pub at: Moment,
}

/// A remembered answer: what is needed to print it again byte by byte.
#[derive(Debug, Clone, PartialEq)]
pub enum SavedAnswer {
    /// The record as it was at `version` (folded from the immutable events), in an envelope.
    Record {
        /// HTTP status.
        http: u16,
        /// Which printing; a later program keeps printing the old ones.
        form: u8,
        /// Index into the wire's closed list of response codes.
        code: u8,
        /// The record's version, also the ETag.
        version: u32,
        /// `parameters` as printed; `None` = `{}`.
        parameters: Option<String>,
    },
    /// A whole body (refusals), kept as it was sent.
    Literal {
        /// HTTP status.
        http: u16,
        /// The body, byte by byte.
        body: String,
    },
}
