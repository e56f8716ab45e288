//! The known pairs of category and code. Only data: how a pair is looked up stands in
//! `reason.rs`.

/// One known pair of category and code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownReason {
    /// For example `CUSTOMER_CANCELLED`.
    pub category: &'static str,
    /// For example `NOT_RENEWED`.
    pub code: &'static str,
    /// What it means, in a short phrase.
    pub meaning: &'static str,
}

/// Every pair a reseller may give for a suspension or an end, by category.
pub const REASONS: &[KnownReason] = &[
    known(CANCELLED, "NOT_RENEWED", "the subscription was not renewed"),
    known(CANCELLED, "CHANGED_SERVICE", "the customer went over to another service"),
    known(CANCELLED, "CUSTOMER_CANCELLED", "the customer cancelled the add-on"),
    known(CANCELLED, "SUBSCRIPTION_CANCELLED", "the customer cancelled the subscription"),
    known(CANCELLED, "ADDON_CANCELLED", "the customer cancelled an add-on"),
    known(CANCELLED, "EXPIRED", "dateExpiry was reached and the hub ended it"),
    known(CANCELLED, "OTHER", "the customer cancelled for another reason"),
    known(CHANGED, "CUSTOMER_CANCELLED_BUNDLE", "the bundle it belonged to was cancelled"),
    known(CHANGED, "CUSTOMER_CANCELLED_ADDON", "the add-on it belonged to was cancelled"),
    known(CHANGED, "CHANGED_SERVICE", "the customer took the service through somebody else"),
    known(CHANGED, "OTHER", "something else changed at the customer's"),
    known(REVOKED, "ACCOUNT_TERMINATED", "the customer's account at the reseller was closed"),
    known(REVOKED, "SUSPENDED_CANCEL", "a suspended one ended by the terms of suspension"),
    known(REVOKED, "SUSPEND_TERMINATED", "the terms of suspension ended a suspended one"),
    known(REVOKED, "ERROR", "created or activated by mistake, or activation went wrong"),
    known(REVOKED, "ROLLBACK_ERROR", "taken back after an error"),
    known(REVOKED, "ROLLBACK_CONNECT_ERROR", "taken back after a broken connection"),
    known(REVOKED, "PRODUCT_NO_LONGER_AVAILABLE", "the product is not offered any more"),
    known(REVOKED, "PARTNER_RETURN", "a partner returned it"),
    known(REVOKED, "CUSTOMER_RETURN", "the customer returned it"),
    known(REVOKED, "FRAUD", "fraud, or a suspicion of it"),
    known(REVOKED, "IMMEDIATE_CANCELLATION", "the reseller plans ends itself and ends this one now"),
    known(REVOKED, "OTHER", "revoked for another reason"),
    known(ROLLBACK, "TEST_ENTITLEMENT", "it was only a test"),
    known(ROLLBACK, "FRAUD", "known fraud"),
    known(ROLLBACK, "FRAUD_CHECK", "a fraud check ended it"),
    known(ROLLBACK, "CUSTOMER_PAYMENT_DEFAULT", "the customer did not pay"),
    known(ROLLBACK, "MERCHANT_ACCOUNT_CHANGED", "the customer's account at the merchant changed"),
    known(ROLLBACK, "OTHER", "the activation was taken back for another reason"),
];

const CANCELLED: &str = "CUSTOMER_CANCELLED";
const CHANGED: &str = "CUSTOMER_CHANGED";
const REVOKED: &str = "REVOKED";
const ROLLBACK: &str = "ACTIVATION_ROLLBACK";

const fn known(category: &'static str, code: &'static str, meaning: &'static str) -> KnownReason {
    KnownReason { category, code, meaning }
}
