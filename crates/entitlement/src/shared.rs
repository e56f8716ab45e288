//! A value that is copied when it is changed, not when it is passed on.

use alloc::sync::Arc;
use core::fmt;
use core::ops::{Deref, DerefMut};

/// A value that many may hold at once: a copy is a reference more, and whoever changes his own copies
/// the value first, if others hold it too. It reads and changes like the value itself.
#[derive(Clone, Eq)]
pub struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    /// A value that nobody else holds yet.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[test]
    fn who_changes_his_own_changes_nobody_elses() {
        let one = Shared::new(String::from("as it was"));
        let mut other = one.clone();
        assert!(Arc::ptr_eq(&one.0, &other.0), "a copy is a reference");
        other.push('!');
        assert_eq!((one.as_str(), other.as_str()), ("as it was", "as it was!"));
        assert_ne!(one, other);
        assert_eq!(one, Shared::from(String::from("as it was")), "equal by value");
    }
}
