//! Why something was suspended or ended. The table of known pairs is [`REASONS`].

use alloc::string::String;

/// A reason as a reseller, a merchant or the hub gave it. Pairs from resellers stand in
/// [`REASONS`]; pairs from merchants are kept as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Reason {
    /// For example `CUSTOMER_CANCELLED`.
    pub category: Option<String>,
    /// For example `NOT_RENEWED`.
    pub code: Option<String>,
    /// Free text.
    pub description: Option<String>,
}
