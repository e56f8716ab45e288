//! Processes that work on the same data.

/// How much of a name one of them has counted since it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Of what.
    pub name: String,
    /// By whom: another number each time that it is opened.
    pub node: u128,
    /// How much, in all.
    pub count: u64,
}

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
