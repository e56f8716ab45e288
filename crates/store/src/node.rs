//! Processes that work on the same data.

/// One of them, as the others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it calls itself: the machine and the address it listens on.
    pub name: String,
    /// Its program's version.
    pub version: String,
    /// How long it has been at work, in seconds.
    pub for_s: u64,
}
