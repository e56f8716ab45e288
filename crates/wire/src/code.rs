//! The closed set of responseCodes. Clients throw on a word they do not know, so new conditions
//! get rule ids (`rule.rs`), never a code.

/// The one field a client branches on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResponseCode {
    /// Done.
    Ok,
    /// The user has to go to a URL.
    ClientActionRequired,
    /// The request is faulty.
    BadRequest,
    /// Credential or address.
    Unauthorized,
    /// The merchant, the route or the entitlement's status does not allow it.
    NotAvailable,
    /// No such entitlement of this reseller.
    NotFound,
    /// The entitlementId is used.
    AlreadyExists,
    /// The status does not allow it; only under the switch `conflictCode=CONFLICT`.
    Conflict,
    /// Too many requests.
    TooManyRequests,
    /// The hub's fault.
    InternalError,
    /// Not now; the outcome may be unknown.
    ServiceUnavailable,
}

impl ResponseCode {
    /// Every code; the place is the [`ResponseCode::index`].
    pub const ALL: [ResponseCode; 11] = [
        ResponseCode::Ok,
        ResponseCode::ClientActionRequired,
        ResponseCode::BadRequest,
        ResponseCode::Unauthorized,
        ResponseCode::NotAvailable,
        ResponseCode::NotFound,
        ResponseCode::AlreadyExists,
        ResponseCode::Conflict,
        ResponseCode::TooManyRequests,
        ResponseCode::InternalError,
        ResponseCode::ServiceUnavailable,
    ];

    /// The word of the public API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::ClientActionRequired => "CLIENT_ACTION_REQUIRED",
            Self::BadRequest => "BAD_REQUEST",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::NotAvailable => "NOT_AVAILABLE",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::Conflict => "CONFLICT",
            Self::TooManyRequests => "TOO_MANY_REQUESTS",
            Self::InternalError => "INTERNAL_ERROR",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
        }
    }

    /// The codes that answers of this HTTP status carry, the usual one first; none where the status
    /// tells of no fault. A status that the hub itself never gives has the code of its kind.
    #[must_use]
    pub const fn of_status(http: u16) -> &'static [ResponseCode] {
        match http {
            401 => &[Self::Unauthorized],
            404 => &[Self::NotFound],
            409 => &[Self::NotAvailable, Self::AlreadyExists, Self::Conflict],
            422 => &[Self::NotAvailable, Self::BadRequest],
            429 => &[Self::TooManyRequests],
            502..=504 => &[Self::ServiceUnavailable],
            400..=499 => &[Self::BadRequest],
            500..=599 => &[Self::InternalError],
            _ => &[],
        }
    }

    /// The number under which saved answers keep the code; never changes.
    #[must_use]
    pub const fn index(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::ClientActionRequired => 1,
            Self::BadRequest => 2,
            Self::Unauthorized => 3,
            Self::NotAvailable => 4,
            Self::NotFound => 5,
            Self::AlreadyExists => 6,
            Self::Conflict => 7,
            Self::TooManyRequests => 8,
            Self::InternalError => 9,
            Self::ServiceUnavailable => 10,
        }
    }

    /// Reads a saved [`ResponseCode::index`].
    #[must_use]
    pub fn from_index(index: u8) -> Option<Self> {
        Self::ALL.get(usize::from(index)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_numbers_read_back() {
        for code in ResponseCode::ALL {
            assert_eq!(ResponseCode::from_index(code.index()), Some(code));
        }
        assert_eq!(ResponseCode::from_index(11), None);
    }

    #[test]
    fn every_fault_has_a_status_and_every_status_of_a_fault_a_code() {
        for http in 0..1_000 {
            assert_eq!(ResponseCode::of_status(http).is_empty(), !(400..=599).contains(&http), "{http}");
        }
        for code in ResponseCode::ALL {
            let is_fault = (400..=599).any(|http| ResponseCode::of_status(http).contains(&code));
            assert_eq!(is_fault, !matches!(code, ResponseCode::Ok | ResponseCode::ClientActionRequired), "{code:?}");
        }
    }
}
