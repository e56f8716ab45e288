//! The id of a notification says where it stands: entitlement, target, place in the lane. It is
//! therefore never stored, and a person reading a log can follow it back.

use crate::{EntitlementKey, TargetId, parse_uuid};
use core::fmt;

/// `<entitlement key>.<target>.<sequence>`, the `webhook-id` of every attempt and replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NotificationId {
    /// The entitlement it tells of.
    pub key: EntitlementKey,
    /// The lane's target.
    pub target: TargetId,
    /// Place in the lane, from 1, no gaps.
    pub sequence: u32,
}

impl NotificationId {
    /// Reads what `Display` prints.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let key = EntitlementKey(parse_uuid(parts.next()?)?);
        let target = TargetId(parts.next()?.parse().ok()?);
        let sequence = parts.next()?.parse().ok()?;
        Some(Self { key, target, sequence })
    }
}

impl fmt::Display for NotificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.key, self.target.0, self.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn reads_what_it_prints() {
        let id = NotificationId { key: EntitlementKey(7), target: TargetId::OWN, sequence: 12 };
        assert_eq!(NotificationId::parse(&id.to_string()), Some(id));
        assert_eq!(NotificationId::parse("nonsense"), None);
    }
}
