//! Credentials: who may call for a reseller, from where, how often. No passwords: they lie hashed
//! in the store.

use crate::Mode;
use ipnet::IpNet;
use std::net::IpAddr;
use wire::Switches;

/// A user name of HTTP Basic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// For which reseller it calls.
    pub reseller: String,
    /// On which side.
    pub mode: Mode,
    /// From where; nothing means from anywhere.
    pub addresses: Vec<IpNet>,
    /// How often; nothing means without a limit.
    pub rate: Option<Rate>,
    /// How it reads the contract where programs disagree (docs/API.md section 2).
    pub switches: Switches,
    /// How it signs its requests, if it does.
    pub signing: Option<Signing>,
}

/// How often a credential may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second in the long run, at least 1.
    pub per_second: u32,
    /// Requests at once after a pause, at least 1.
    pub burst: u32,
}

/// How a credential's requests are signed (docs/API.md section 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// PEM or RSAKeyValue XML, as it stands in the file.
    pub public_key: String,
    /// Requests without a signature are refused.
    pub required: bool,
    /// An RSA key of 1024 bits is good enough.
    pub allow_1024: bool,
}

impl Credential {
    /// A credential of that side: from anywhere, at the default rate, every switch at its default.
    #[must_use]
    pub fn new(reseller: &str, mode: Mode) -> Self {
        Self {
            reseller: reseller.to_owned(),
            mode,
            addresses: Vec::new(),
            rate: Some(Rate::default()),
            switches: Switches::default(),
            signing: None,
        }
    }

    /// Whether it may call from there.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        self.addresses.is_empty() || self.addresses.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

impl Default for Rate {
    /// What `serve` allows unless the file says otherwise (docs/API.md section 1).
    fn default() -> Self {
        Self { per_second: 200, burst: 400 }
    }
}
