//! What a catalog may hold at most. A file that is larger than these is a mistake or an attack; each
//! bound is far above what a reseller hub needs.

/// Bytes of a file: a hundred times a large catalog. `read` refuses more before it looks.
pub const FILE_BYTES_MAX: usize = 4 << 20;
/// Faults that are listed; whoever has more will read the file again anyway.
pub const FAULTS_MAX: usize = 200;
/// Merchants of a catalog.
pub const MERCHANTS_MAX: usize = 1_000;
/// Products of one merchant, and products named by one route.
pub const PRODUCTS_MAX: usize = 1_000;
/// Offers of one product.
pub const OFFERS_MAX: usize = 1_000;
/// Resellers of a catalog.
pub const RESELLERS_MAX: usize = 1_000;
/// Credentials of a catalog: as many as the hub remembers as verified.
pub const CREDENTIALS_MAX: usize = 10_000;
/// Networks of one credential's allow-list: each request is held against all of them.
pub const ADDRESSES_MAX: usize = 256;

/// Characters of a key of a merchant, product or offer: what a request can name.
pub const KEY_CHARS_MAX: usize = wire::KEY_CHARS_MAX;
/// Characters of a reseller's key: it is a part of names of secrets, and stands in logs.
pub const RESELLER_CHARS_MAX: usize = 64;
/// Characters of a user name: it travels in a header with every request.
pub const USER_CHARS_MAX: usize = 128;
/// Characters of a name of a secret.
pub const SECRET_NAME_CHARS_MAX: usize = 128;
/// Characters of a name: a product's is the default of entitlementDisplayName.
pub const NAME_CHARS_MAX: usize = wire::DISPLAY_NAME_CHARS_MAX;
/// Characters of a description.
pub const DESCRIPTION_CHARS_MAX: usize = 4_096;
/// Characters of a URL.
pub const URL_CHARS_MAX: usize = wire::NOTIFICATION_URL_CHARS_MAX;
/// Bytes of a public key: a key of 16,384 bits as XML or PEM stays below.
pub const PUBLIC_KEY_BYTES_MAX: usize = 8_192;

/// Open entitlements per customer on a route. Creates look at all of them.
pub const LIMIT_MAX: u32 = 100;
/// Longest pending time-out and queued deadline: a leap year.
pub const DURATION_S_MAX: i64 = 366 * 86_400;
/// Requests a second, and burst, of one credential: beyond what a hub can serve.
pub const RATE_MAX: u32 = 1_000_000;
