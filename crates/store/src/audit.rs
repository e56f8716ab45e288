//! What operators do, written down: who, when, what, before and after. Append-only, and each entry
//! carries the hash of the one before it, so that nothing in the middle can be changed or left out
//! unseen. What was cut off at the end is seen by whoever has noted a later number and hash.

use entitlement::Moment;
use sha2::{Digest, Sha256};

/// One thing an operator did, as it is handed to the store. Secrets and passwords never stand here;
/// customers' data only where they are what was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// By the store's clock.
    pub at: Moment,
    /// Who: the system's user, and the name given with it.
    pub who: String,
    /// What was done, one word with a dot: `credential.rotate`.
    pub act: String,
    /// To what: a user name, a secret's name, an entitlementId.
    pub subject: String,
    /// How it was, in a few words or as JSON.
    pub before: Option<String>,
    /// How it is now.
    pub after: Option<String>,
    /// Why, in the operator's words.
    pub note: Option<String>,
}

/// A stored entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// From 1 on, without gaps.
    pub number: u64,
    /// What was done.
    pub entry: AuditEntry,
    /// Over the hash of the entry before it, the number and the entry.
    pub hash: AuditHash,
}

/// A link of the chain.
pub type AuditHash = [u8; 32];

/// The hash before the first entry.
pub const AUDIT_BEGINNING: AuditHash = [0; 32];

/// Where the chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditBroken {
    /// A number is missing or stands twice.
    #[error("entry {expected} is missing; {found} stands in its place")]
    Gap {
        /// The number that had to come.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// An entry, or the one before it, reads differently than when it was written.
    #[error("entry {0} was changed, or the one before it was")]
    Changed(u64),
}

/// A chain being followed: feed it the records in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditChain {
    /// The number of the newest entry.
    pub number: u64,
    /// Its hash.
    pub hash: AuditHash,
}

impl Default for AuditChain {
    fn default() -> Self {
        Self { number: 0, hash: AUDIT_BEGINNING }
    }
}

impl AuditChain {
    /// The link that a new entry gets.
    #[must_use]
    pub fn next(&self, entry: &AuditEntry) -> Self {
        let number = self.number + 1;
        Self { number, hash: link(&self.hash, number, entry) }
    }

    /// Goes on over a stored record.
    ///
    /// # Errors
    /// Where the record does not follow, or is not what was written.
    pub fn follow(&mut self, record: &AuditRecord) -> Result<(), AuditBroken> {
        let next = self.next(&record.entry);
        if record.number != next.number {
            return Err(AuditBroken::Gap { expected: next.number, found: record.number });
        }
        if record.hash != next.hash {
            return Err(AuditBroken::Changed(record.number));
        }
        *self = next;
        Ok(())
    }
}

/// The length before each part keeps ("ab", "c") and ("a", "bc") apart; an absent part has none.
fn link(before: &AuditHash, number: u64, entry: &AuditEntry) -> AuditHash {
    let AuditEntry { at, who, act, subject, before: was, after, note } = entry;
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(number.to_be_bytes());
    hash.update(at.0.to_be_bytes());
    let parts = [Some(who), Some(act), Some(subject), was.as_ref(), after.as_ref(), note.as_ref()];
    for part in parts {
        match part {
            Some(text) => {
                hash.update([1]);
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text.as_bytes());
            }
            None => hash.update([0]),
        }
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(subject: &str) -> AuditEntry {
        AuditEntry {
            at: Moment(1_000),
            who: "anna (uid 0)".into(),
            act: "credential.revoke".into(),
            subject: subject.into(),
            before: Some("good".into()),
            after: Some("revoked".into()),
            note: None,
        }
    }

    fn chain(subjects: &[&str]) -> Vec<AuditRecord> {
        let mut end = AuditChain::default();
        let record = |subject: &&str| {
            let entry = entry(subject);
            end = end.next(&entry);
            AuditRecord { number: end.number, entry, hash: end.hash }
        };
        subjects.iter().map(record).collect()
    }

    fn followed(records: &[AuditRecord]) -> Result<AuditChain, AuditBroken> {
        let mut chain = AuditChain::default();
        records.iter().try_for_each(|record| chain.follow(record)).map(|()| chain)
    }

    #[test]
    fn a_whole_chain_is_followed_to_its_end() {
        let records = chain(&["one", "two", "three"]);
        assert_eq!(followed(&records).map(|end| (end.number, end.hash)), Ok((3, records[2].hash)));
    }

    #[test]
    fn what_is_changed_or_left_out_is_seen_where_it_stood() {
        let records = chain(&["one", "two", "three"]);
        let changed = |change: fn(&mut AuditEntry)| {
            let mut records = records.clone();
            change(&mut records[1].entry);
            followed(&records)
        };
        assert_eq!(changed(|entry| entry.subject = "tw".into()), Err(AuditBroken::Changed(2)));
        assert_eq!(changed(|entry| entry.at = Moment(1_001)), Err(AuditBroken::Changed(2)));
        assert_eq!(changed(|entry| entry.note = Some(String::new())), Err(AuditBroken::Changed(2)));
        assert_eq!(changed(|entry| entry.before = entry.after.take()), Err(AuditBroken::Changed(2)));
        let without = [records[0].clone(), records[2].clone()];
        assert_eq!(followed(&without), Err(AuditBroken::Gap { expected: 2, found: 3 }));
        let mut renumbered = without;
        renumbered[1].number = 2;
        assert_eq!(followed(&renumbered), Err(AuditBroken::Changed(2)));
    }

    #[test]
    fn the_hash_of_an_entry_never_changes() {
        let end = AuditChain::default().next(&entry("acme-test"));
        let hex: String = end.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "e57f2174a21062f148a0a417f72d2812c1403e4865929a2cdb86e0adc0f4c32e");
    }
}
