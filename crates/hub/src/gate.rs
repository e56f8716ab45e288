//! The terms of a credential: from which addresses it may be used, how often, and whether its
//! requests have to be signed (docs/API.md section 1). A value of the catalog; whose credential it
//! is and whether the password is right stands elsewhere.

mod rate;
mod signing;

pub use rate::Rate;
pub use signing::{KeyError, Signing, SigningKey};

use ipnet::IpNet;
use rate::Limiter;
use std::net::IpAddr;
use std::num::NonZeroU32;
use tokio::time::Instant;
use wire::RateLimit;

/// The terms of one credential. The default lets everybody in who has the password.
#[derive(Debug, Default)]
pub struct Gate {
    addresses: Vec<IpNet>,
    limiter: Option<Limiter>,
    signing: Option<Signing>,
}

impl Gate {
    /// `addresses` empty means any; `rate` of `None` means no limit; `signing` of `None` that
    /// signatures are not looked at.
    #[must_use]
    pub fn new(addresses: Vec<IpNet>, rate: Option<Rate>, signing: Option<Signing>) -> Self {
        let addresses = addresses.iter().map(IpNet::trunc).collect();
        Self { addresses, limiter: rate.map(|rate| Limiter::new(rate, Instant::now())), signing }
    }

    /// The terms that the catalog states.
    ///
    /// # Errors
    /// Where the key that requests are signed with is none.
    pub fn of(credential: &catalog::Credential) -> Result<Self, KeyError> {
        let rate = credential.rate.and_then(|rate| {
            let (per_second, burst) = (NonZeroU32::new(rate.per_second)?, NonZeroU32::new(rate.burst)?);
            Some(Rate { per_second, burst })
        });
        let signing = credential.signing.as_ref().map(|signing| {
            let key = SigningKey::parse(&signing.public_key, None, signing.allow_1024)?;
            Ok(Signing::new(vec![key]).required(signing.required))
        });
        Ok(Self::new(credential.addresses.clone(), rate, signing.transpose()?))
    }

    /// Goes on counting where `old` has counted to, if the rate is the same: a new version of the
    /// catalog is no gift of a fresh burst.
    pub(crate) fn count_on_from(&self, old: &Self) {
        if let (Some(new), Some(old)) = (&self.limiter, &old.limiter) {
            new.count_on_from(old);
        }
    }

    /// Whether the credential may be used from that address.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.addresses.is_empty() || self.addresses.iter().any(|net| net.contains(&address))
    }

    /// Counts one request. `Ok(None)` without a limit; else how the limit stands afterwards.
    ///
    /// # Errors
    /// Where there are too many, with the seconds until the next one is taken.
    pub(crate) fn count(&self, now: Instant) -> Result<Option<RateLimit>, (RateLimit, u32)> {
        self.limiter.as_ref().map(|limiter| limiter.count(now)).transpose()
    }

    /// How many requests were taken here so far, if they are counted.
    pub(crate) fn taken(&self) -> Option<u64> {
        self.limiter.as_ref().map(Limiter::taken)
    }

    /// Other hubs have taken so many more.
    pub(crate) fn count_others(&self, count: u64, now: Instant) {
        if let Some(limiter) = &self.limiter {
            limiter.count_others(count, now);
        }
    }

    /// What signatures are held against, where requests have to be signed.
    pub(crate) fn signing(&self) -> Option<&Signing> {
        self.signing.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allow_list_admits_its_networks_and_nothing_else() {
        let nets = ["203.0.113.0/24", "198.51.100.7/32", "2001:db8:1::/48"];
        let gate = Gate::new(nets.iter().map(|net| net.parse().unwrap()).collect(), None, None);
        for (address, admitted) in [
            ("203.0.113.0", true),
            ("203.0.113.255", true),
            ("203.0.114.1", false),
            ("198.51.100.7", true),
            ("198.51.100.8", false),
            ("::ffff:203.0.113.5", true),
            ("2001:db8:1:ffff::1", true),
            ("2001:db8:2::1", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(gate.admits(address.parse().unwrap()), admitted, "{address}");
            assert!(Gate::default().admits(address.parse().unwrap()), "no list, no limit");
        }
    }

    #[test]
    fn a_network_with_bits_beside_its_mask_is_the_network() {
        let gate = Gate::new(vec!["203.0.113.77/24".parse().unwrap()], None, None);
        assert!(gate.admits("203.0.113.1".parse().unwrap()));
    }
}
