//! The seven statuses.

use core::fmt;

/// Where an entitlement stands. *Open* is all but `Cancelled` and `Revoked`, which are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Waiting for the user or the merchant, before the first activation or an update.
    Pending,
    /// The user has access.
    Active,
    /// The user has access until `dateEnded`.
    ActiveEnding,
    /// Somebody holds the entitlement: no access for now.
    Suspended,
    /// Ended softly. Final.
    Cancelled,
    /// Ended at once. Final.
    Revoked,
    /// The create's outcome at the merchant is unknown.
    Failed,
}

impl Status {
    /// Every status, in the order of the documents.
    pub const ALL: [Status; 7] = [
        Status::Pending,
        Status::Active,
        Status::ActiveEnding,
        Status::Suspended,
        Status::Cancelled,
        Status::Revoked,
        Status::Failed,
    ];

    /// The word of the public API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "PENDING",
            Status::Active => "ACTIVE",
            Status::ActiveEnding => "ACTIVE-ENDING",
            Status::Suspended => "SUSPENDED",
            Status::Cancelled => "CANCELLED",
            Status::Revoked => "REVOKED",
            Status::Failed => "FAILED",
        }
    }

    /// Reads the word of the public API; case sensitive.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether the entitlement still lives (and holds its limit slot).
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Status::Cancelled | Status::Revoked)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
