//! Merchants and what they have to sell.

use std::collections::BTreeMap;

/// A merchant, known by its merchantAccountKey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    /// For people.
    pub name: String,
    /// How it is reached.
    pub connector: Connector,
    /// No create at it; all else goes on.
    pub retired: bool,
    /// By productKey.
    pub products: BTreeMap<String, Product>,
}

/// How a merchant is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Connector {
    /// The built-in test merchant; test mode only.
    #[default]
    Test,
}

/// A merchant's product.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Product {
    /// The default of entitlementDisplayName.
    pub name: String,
    /// What it is, for whoever sells it; may be empty.
    pub description: String,
    /// A picture; https.
    pub logo_url: Option<String>,
    /// The merchant's terms; https.
    pub terms_url: Option<String>,
    /// offerKeys that a create or update may name, in the file's order.
    pub offers: Vec<String>,
    /// offerKeys that are known and no longer given.
    pub retired_offers: Vec<String>,
    /// A create or update has to name an offer.
    pub offer_required: bool,
    /// As what the test merchant answers for it.
    pub behaves_like: Behaviour,
    /// No create and no update to it; all else goes on.
    pub retired: bool,
}

/// The products of the sandbox that the test merchant knows how to be (docs/API.md section 8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Behaviour {
    /// The customer confirms on a page; a cancel ends it at once.
    BangoMusic,
    /// The customer confirms on a page; a cancel ends it with the month that is paid for.
    #[default]
    Music,
    /// Active at once.
    MusicNow,
    /// Active at once, with a code.
    MusicCode,
    /// Everything is confirmed after 5 s.
    MusicLater,
    /// As `Music`; an update to it waits for the customer, too.
    MusicAsk,
    /// Refuses every customer.
    MusicNo,
    /// Cannot be reached.
    MusicDown,
}

impl Connector {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Test];

    /// Its word in the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Test => "test",
        }
    }
}

impl Behaviour {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::BangoMusic,
        Self::Music,
        Self::MusicNow,
        Self::MusicCode,
        Self::MusicLater,
        Self::MusicAsk,
        Self::MusicNo,
        Self::MusicDown,
    ];

    /// Its word in the file: the productKey of the test merchant that behaves so.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::BangoMusic => "BangoMusic",
            Self::Music => "MUSIC",
            Self::MusicNow => "MUSIC_NOW",
            Self::MusicCode => "MUSIC_CODE",
            Self::MusicLater => "MUSIC_LATER",
            Self::MusicAsk => "MUSIC_ASK",
            Self::MusicNo => "MUSIC_NO",
            Self::MusicDown => "MUSIC_DOWN",
        }
    }

    /// The merchantAccountKey under which the test merchant has that product.
    #[must_use]
    pub const fn merchant(self) -> &'static str {
        match self {
            Self::BangoMusic => "BANGO",
            Self::Music
            | Self::MusicNow
            | Self::MusicCode
            | Self::MusicLater
            | Self::MusicAsk
            | Self::MusicNo
            | Self::MusicDown => "BANGO_US",
        }
    }
}
