//! Every rule id the hub can answer with, in one list: the rules' own, the wire's, and these.

use entitlement::Rejection;

/// Rule ids made in this room.
pub const HUB_RULES: &[&str] = &[
    "already-subscribed",
    "api-ended",
    "body-broken",
    "body-too-large",
    "body-too-slow",
    "clock-backwards",
    "contended",
    "cursor-expired",
    "deadline",
    "draining",
    "forced",
    "headers-too-slow",
    "http-invalid",
    "id-used",
    "identity-invalid",
    "identity-reused",
    "internal-error",
    "magic-number-unknown",
    "media-type",
    "merchant-bad-request",
    "merchant-busy",
    "merchant-misconfigured",
    "merchant-refused-user",
    "merchant-unreachable",
    "merchant-wrong-status",
    "not-done",
    "not-sold",
    "not-supported",
    "offer-required",
    "outcome-unknown",
    "overloaded",
    "password-checks-busy",
    "rate-limited",
    "request-in-progress",
    "sandbox-invalid",
    "store-busy",
    "store-full",
    "store-stopped",
    "test-only",
    "unauthorized",
    "unknown-entitlement",
    "unknown-notification",
    "unknown-path",
    "unknown-reseller",
    "version-mismatch",
    "wrong-method",
    "wrong-passwords",
];

/// All of them, sorted, each once.
#[must_use]
pub fn all_rules() -> Vec<&'static str> {
    let mut rules: Vec<&'static str> = HUB_RULES.to_vec();
    rules.extend(wire::RULES);
    rules.extend(Rejection::ALL.iter().map(|rejection| rejection.rule()));
    rules.sort_unstable();
    rules.dedup();
    rules
}
