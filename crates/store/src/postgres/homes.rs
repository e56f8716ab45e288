//! Homes: by what tables could be distributed over several servers (docs/decisions/0041). A home is a number, and
//! rows of one home lie together.
//!
//! Usually an account has one, and its number is the account's. A reseller that is too large for one server has
//! several, for good. Which of them is whose, its name tells: of an entitlement the customer's, so that a customer's
//! slots lie together; of a request identity its own. What hangs on an entitlement is at home with it.

use ids::AccountId;
use sha2::{Digest, Sha256};

/// Homes of an account, at most. More would gain nothing: they are dealt out to servers, of which there are fewer.
pub const HOMES_MAX: u16 = 1_024;

/// The homes of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Homes {
    account: AccountId,
    /// At least one.
    count: u32,
}

impl Homes {
    pub(super) fn new(account: AccountId, count: u32) -> Self {
        Self { account, count: count.max(1) }
    }

    /// Where everything lies that is not spread.
    pub(super) fn own(self) -> i64 {
        self.account.0.into()
    }

    pub(super) const fn count(self) -> u32 {
        self.count
    }

    /// The home of what is found by a name. The database computes the same (`home_of` in the schema): whoever
    /// changes one loses what the other has written.
    pub(super) fn of(self, name: &str) -> i64 {
        if self.count == 1 {
            return self.own();
        }
        let hash = Sha256::digest(name.as_bytes());
        let first = hash.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        self.own() | i64::from(first % self.count) << 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_home_is_the_account_and_several_are_used_alike() {
        assert_eq!(Homes::new(AccountId(7), 1).of("anna"), 7);
        assert_eq!(Homes::new(AccountId(7), 0).of("anna"), 7);
        let homes = Homes::new(AccountId(7), 4);
        let mut found = [0_usize; 4];
        for n in 0..4_000 {
            let home = homes.of(&format!("customer-{n}"));
            assert_eq!(home & 0xffff_ffff, 7, "whose it is can be told from it");
            found[usize::try_from(home >> 32).unwrap_or(usize::MAX)] += 1;
        }
        assert!(found.iter().all(|many| (900..1_100).contains(many)), "{found:?}");
    }

    /// What is written down already stays found.
    #[test]
    fn a_home_is_the_same_for_ever() {
        let homes = Homes::new(AccountId(1), 1_024);
        assert_eq!([homes.of("anna") >> 32, homes.of("") >> 32], [853, 66]);
    }
}
