//! Why a command is refused by the hub itself: a closed list in order of precedence, each with a
//! stable rule id (docs/LIFECYCLE.md section 1).

/// Why a command is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rejection {
    /// The route does not offer this verb (422).
    NotOffered,
    /// The route cannot undo an ending (422).
    UndoNotSupported,
    /// entitlementBenefits or status beside productKey/offerKey, or the two disagree (400).
    OneOperation,
    /// dateExpiry is not after now (400).
    ExpiryNotAfterNow,
    /// extensionData would be larger than 32 KiB after the merge (400).
    ExtensionTooLarge,
    /// The customer has as many open entitlements here as the route allows (400).
    LimitReached,
    /// It has ended (409).
    AlreadyEnded,
    /// An operation is queued or its outcome unknown (409, not remembered).
    OperationInProgress,
    /// It is ending already (409).
    AlreadyEnding,
    /// Only ACTIVE and ACTIVE-ENDING allow it (409).
    NotActive,
    /// Only PENDING allows it (409).
    NotPending,
    /// It is not suspended (409).
    NotSuspended,
    /// The merchant holds it, not the caller (409).
    HeldByMerchant,
    /// The reseller holds it, not the caller (409).
    HeldByReseller,
    /// The hub holds it, not the caller (409).
    HeldByHub,
    /// There is no planned end to undo (409).
    NotEnding,
    /// The other party planned the end (409).
    EndingByMerchant,
    /// The caller's own side did not plan this end: the reseller did (409, merchant's undo).
    EndingByReseller,
    /// It is suspended: resume first, then undo (409).
    ResumeFirst,
    /// A resume came after the cancel: undo by `status: "ACTIVE"` (409).
    UndoNeedsStatus,
}

impl Rejection {
    /// Every rejection, in order of precedence.
    pub const ALL: [Rejection; 20] = [
        Self::NotOffered,
        Self::UndoNotSupported,
        Self::OneOperation,
        Self::ExpiryNotAfterNow,
        Self::ExtensionTooLarge,
        Self::LimitReached,
        Self::AlreadyEnded,
        Self::OperationInProgress,
        Self::AlreadyEnding,
        Self::NotActive,
        Self::NotPending,
        Self::NotSuspended,
        Self::HeldByMerchant,
        Self::HeldByReseller,
        Self::HeldByHub,
        Self::NotEnding,
        Self::EndingByMerchant,
        Self::EndingByReseller,
        Self::ResumeFirst,
        Self::UndoNeedsStatus,
    ];

    /// The stable rule id of the public API.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::NotOffered => "not-offered",
            Self::UndoNotSupported => "undo-not-supported",
            Self::OneOperation => "one-operation",
            Self::ExpiryNotAfterNow => "expiry-not-after-now",
            Self::ExtensionTooLarge => "extension-too-large",
            Self::LimitReached => "limit-reached",
            Self::AlreadyEnded => "already-ended",
            Self::OperationInProgress => "operation-in-progress",
            Self::AlreadyEnding => "already-ending",
            Self::NotActive => "not-active",
            Self::NotPending => "not-pending",
            Self::NotSuspended => "not-suspended",
            Self::HeldByMerchant => "held-by-merchant",
            Self::HeldByReseller => "held-by-reseller",
            Self::HeldByHub => "held-by-hub",
            Self::NotEnding => "not-ending",
            Self::EndingByMerchant => "ending-by-merchant",
            Self::EndingByReseller => "ending-by-reseller",
            Self::ResumeFirst => "resume-first",
            Self::UndoNeedsStatus => "undo-needs-status",
        }
    }
}
