//! The rule ids this room gives: stable kebab-case words, each with a page in `docs/errors/`.
//! Rules of life stand in `entitlement::Rejection`, those of transport and catalog in `hub`.

macro_rules! rules {
    ($($(#[doc = $meaning:literal])+ $name:ident = $id:literal;)+) => {
        $($(#[doc = $meaning])+ pub(crate) const $name: &str = $id;)+

        /// Every rule id that this room can give.
        pub const RULES: &[&str] = &[$($id),+];
    };
}

rules! {
    /// The body is not UTF-8.
    UTF8_INVALID = "utf8-invalid";
    /// The body is not JSON.
    JSON_INVALID = "json-invalid";
    /// The body is JSON, but no object.
    JSON_NOT_OBJECT = "json-not-object";
    /// Nested deeper than allowed.
    JSON_TOO_DEEP = "json-too-deep";
    /// One object has the same name twice.
    JSON_DUPLICATE_KEY = "json-duplicate-key";
    /// A field that has to be there is not.
    REQUIRED = "required";
    /// A string where a number is wanted, and the like.
    TYPE = "type";
    /// An empty string or list where something has to stand.
    EMPTY = "empty";
    /// More characters than the field takes.
    TOO_LONG = "too-long";
    /// A control character in an identifier, key or URL.
    CONTROL_CHARACTER = "control-character";
    /// U+0000 anywhere.
    NUL_CHARACTER = "nul-character";
    /// A field that cannot be cleared.
    NOT_NULLABLE = "not-nullable";
    /// No RFC 3339 date-time.
    DATE_FORMAT = "date-format";
    /// A dateExpiry that is not later than now.
    DATE_NOT_FUTURE = "date-not-future";
    /// A dateExpiry in the year 2200 or later.
    DATE_TOO_FAR = "date-too-far";
    /// createdTo is not later than createdFrom.
    DATE_ORDER = "date-order";
    /// No absolute http or https URL.
    URL_INVALID = "url-invalid";
    /// Live notificationUrls are https.
    URL_NOT_HTTPS = "url-not-https";
    /// A create with the mask `***` instead of user and password.
    URL_MASKED = "url-masked";
    /// An own entitlementId of another shape.
    ENTITLEMENT_ID_INVALID = "entitlement-id-invalid";
    /// The body names another entitlement than the path.
    ENTITLEMENT_ID_MISMATCH = "entitlement-id-mismatch";
    /// A field this call does not know.
    UNKNOWN_FIELD = "unknown-field";
    /// A field that only the hub or the merchant sets.
    READ_ONLY = "read-only";
    /// extensionData over 32 KiB.
    EXTENSION_TOO_LARGE = "extension-too-large";
    /// No status of an entitlement.
    STATUS_UNKNOWN = "status-unknown";
    /// CANCELLED and REVOKED have calls of their own.
    STATUS_NOT_BY_UPDATE = "status-not-by-update";
    /// No value of entitlementBenefits.
    BENEFITS_UNKNOWN = "benefits-unknown";
    /// Two merchant operations in one update, or two that disagree.
    ONE_OPERATION = "one-operation";
    /// A pair that is not in the table of reasons.
    REASON_UNKNOWN = "reason-unknown";
    /// Category without code, or the reverse.
    REASON_INCOMPLETE = "reason-incomplete";
    /// cancelReason… and revokeReason… in one body, saying different things.
    REASON_TWICE = "reason-twice";
    /// suspendReason… without a suspend.
    REASON_WITHOUT_SUSPEND = "reason-without-suspend";
    /// A page's limit outside 1-1000.
    LIMIT_RANGE = "limit-range";
    /// A cursor that no page gave.
    CURSOR_INVALID = "cursor-invalid";
    /// A feed's wait above 30 s.
    WAIT_RANGE = "wait-range";
    /// No switch of a credential, or no value of it.
    SWITCH_INVALID = "switch-invalid";
}
