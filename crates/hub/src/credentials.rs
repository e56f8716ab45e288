//! Who asks: Basic credentials, hashed with Argon2id at rest, remembered in memory under a keyed
//! hash once verified (docs/API.md section 1).

mod failures;

use crate::{HubError, Random};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entitlement::Moment;
use failures::Failures;
pub(crate) use failures::{FAILURES_MAX, WINDOW};
use hmac::{Hmac, KeyInit, Mac};
use ids::AccountId;
use sha2::Sha256;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use store::{CredentialRow, Store};
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

/// Verified headers remembered at most; beyond that the memory starts anew.
const REMEMBERED_MAX: usize = 10_000;
/// Different headers that may wait for a check; more are refused at once. Requests with the same
/// header share one check, so that a busy reseller's first second is served.
const CHECKS_WAITING_MAX: usize = 64;
/// An Authorization header is never longer.
const HEADER_BYTES_MAX: usize = 1_024;

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed: {0}")]
pub struct PasswordError(String);

/// The Argon2id hash of a password, as a PHC string.
///
/// # Errors
/// Where hashing fails.
pub fn hash_password(password: &str, salt: &[u8; 16]) -> Result<String, PasswordError> {
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|error| PasswordError(error.to_string()))
}

/// Why nobody is let in. All but `Busy` and `Failing` are one 401 to the caller; the hint differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotKnown {
    /// No Authorization header.
    Missing,
    /// Not `Basic`, not Base64, no colon.
    Malformed,
    /// Wrong user or password, or revoked.
    Wrong,
    /// Too many passwords are being checked.
    Busy,
    /// Too many wrong passwords came from this address; so many seconds until the next is checked.
    Failing(u32),
}

/// The credentials of the hub.
pub(crate) struct Credentials {
    rows: RwLock<HashMap<String, CredentialRow>>,
    remembered: RwLock<HashMap<[u8; 32], Arc<Verified>>>,
    memory_key: [u8; 32],
    checks: Mutex<HashMap<CheckKey, Arc<Check>>>,
    /// Wrong passwords by address.
    failures: Failures,
    /// One Argon2id per core at a time.
    cores: Arc<Semaphore>,
    /// An unknown user's password is verified against this, so that time tells nothing.
    dummy_hash: &'static str,
}

/// A header's fingerprint, and whether it came from where its credential may be used.
type CheckKey = ([u8; 32], bool);
/// A check that all requests with the same header wait for.
type Check = OnceCell<Result<Arc<Verified>, NotKnown>>;

/// Somebody who waits for a check. The last one takes it away, whether it came to its end or its
/// caller hung up: a check that nobody waits for must not fill the queue.
struct Joined<'a> {
    credentials: &'a Credentials,
    key: CheckKey,
    check: Arc<Check>,
}

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        let mut checks = self.credentials.checks();
        // The map's and this one; others join only under the lock.
        let is_over = self.check.initialized() || Arc::strong_count(&self.check) <= 2;
        if is_over && checks.get(&self.key).is_some_and(|known| Arc::ptr_eq(known, &self.check)) {
            checks.remove(&self.key);
        }
    }
}

/// A credential that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    /// The user name.
    pub(crate) user: String,
    /// Whose it is.
    pub(crate) account: AccountId,
    /// The hash its password matched: it is good for as long as that one is.
    hash: String,
}

impl Credentials {
    pub(crate) async fn load(store: &dyn Store, random: &Random) -> Result<Self, HubError> {
        let rows = store.credentials().await?.into_iter().map(|row| (row.user.clone(), row)).collect();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let dummy_hash = dummy_hash(random)?;
        Ok(Self {
            rows: RwLock::new(rows),
            remembered: RwLock::new(HashMap::new()),
            memory_key: random.secret()?,
            checks: Mutex::new(HashMap::new()),
            failures: Failures::default(),
            cores: Arc::new(Semaphore::new(cores)),
            dummy_hash,
        })
    }

    /// Reads the stored credentials anew: what was revoked since lets nobody in from now on.
    pub(crate) async fn reload(&self, store: &dyn Store) -> Result<(), HubError> {
        let rows = store.credentials().await?.into_iter().map(|row| (row.user.clone(), row)).collect();
        *self.rows.write().unwrap_or_else(PoisonError::into_inner) = rows;
        Ok(())
    }

    /// Whose header this is. `admits` says whether a user's credential may be used from the client's
    /// address; where not, it is verified as an unknown user's, so that time tells nothing.
    pub(crate) async fn verify(
        &self,
        header: Option<&[u8]>,
        client: IpAddr,
        admits: impl Fn(&str) -> bool,
        now: Moment,
    ) -> Result<Arc<Verified>, NotKnown> {
        let header = header.ok_or(NotKnown::Missing)?;
        if header.len() > HEADER_BYTES_MAX {
            return Err(NotKnown::Malformed);
        }
        let fingerprint = self.fingerprint(header);
        if let Some(verified) = self.recall(&fingerprint, now).filter(|verified| admits(&verified.user)) {
            return Ok(verified);
        }
        let (user, password) = read_basic(header).ok_or(NotKnown::Malformed)?;
        self.failures.check(client, Instant::now()).map_err(NotKnown::Failing)?;
        let admitted = admits(&user);
        let joined = self.join_check((fingerprint, admitted))?;
        let checking = || async move {
            let attempt = self.failures.attempt(client);
            let checked = self.check(admitted.then(|| self.row(&user)).flatten(), user, password, now).await;
            match checked {
                Err(NotKnown::Wrong) => {}
                _ => attempt.passes(),
            }
            checked.map(Arc::new)
        };
        let verified = joined.check.get_or_init(checking).await.clone()?;
        // A check takes its time: what was revoked or replaced meanwhile lets nobody in any more.
        if !self.is_good(&verified.user, &verified.hash, now) {
            return Err(NotKnown::Wrong);
        }
        self.remember(fingerprint, Arc::clone(&verified));
        Ok(verified)
    }

    fn join_check(&self, key: CheckKey) -> Result<Joined<'_>, NotKnown> {
        let mut checks = self.checks();
        if checks.len() >= CHECKS_WAITING_MAX && !checks.contains_key(&key) {
            return Err(NotKnown::Busy);
        }
        let check = Arc::clone(checks.entry(key).or_default());
        Ok(Joined { credentials: self, key, check })
    }

    fn checks(&self) -> MutexGuard<'_, HashMap<CheckKey, Arc<Check>>> {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recall(&self, fingerprint: &[u8; 32], now: Moment) -> Option<Arc<Verified>> {
        let remembered = self.remembered.read().unwrap_or_else(PoisonError::into_inner);
        let verified = remembered.get(fingerprint)?;
        self.is_good(&verified.user, &verified.hash, now).then(|| Arc::clone(verified))
    }

    /// Whether a password of that hash still lets this user in.
    fn is_good(&self, user: &str, hash: &str, now: Moment) -> bool {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.get(user).is_some_and(|row| {
            let is_old = |old: &(String, Moment)| old.0 == hash && now < old.1;
            row.revoked_at.is_none() && (row.password_hash == hash || row.old_password.as_ref().is_some_and(is_old))
        })
    }

    /// A credential is new, or has changed: from here on it is as this row says.
    pub(crate) fn put(&self, row: CredentialRow) {
        self.rows.write().unwrap_or_else(PoisonError::into_inner).insert(row.user.clone(), row);
    }

    fn remember(&self, fingerprint: [u8; 32], verified: Arc<Verified>) {
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(fingerprint, verified);
    }

    /// Verifies a password against a row; without one, against nobody's.
    async fn check(
        &self,
        row: Option<CredentialRow>,
        user: String,
        password: String,
        now: Moment,
    ) -> Result<Verified, NotKnown> {
        let live = row.filter(|row| row.revoked_at.is_none());
        let current = live.as_ref().map_or_else(|| self.dummy_hash.to_owned(), |row| row.password_hash.clone());
        let old = live.as_ref().and_then(|row| row.old_password.clone()).filter(|(_, until)| now < *until);
        let matched = self.match_password(password, current, old).await?;
        match (live, matched) {
            (Some(row), Some(hash)) => Ok(Verified { user, account: row.account, hash }),
            (Some(_) | None, _) => Err(NotKnown::Wrong),
        }
    }

    fn row(&self, user: &str) -> Option<CredentialRow> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner).get(user).cloned()
    }

    /// The hash that the password matches, the current one or the old one.
    async fn match_password(
        &self,
        password: String,
        current: String,
        old: Option<(String, Moment)>,
    ) -> Result<Option<String>, NotKnown> {
        let permit = Arc::clone(&self.cores).acquire_owned().await.map_err(|_| NotKnown::Busy)?;
        let checked = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            if matches(&password, &current) {
                return Some(current);
            }
            old.map(|(hash, _)| hash).filter(|hash| matches(&password, hash))
        });
        checked.await.map_err(|_| NotKnown::Busy)
    }

    fn fingerprint(&self, header: &[u8]) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.memory_key) else {
            return [0; 32]; // HMAC takes keys of any length
        };
        mac.update(header);
        mac.finalize().into_bytes().into()
    }
}

/// Nobody's password, hashed once a process.
fn dummy_hash(random: &Random) -> Result<&'static str, HubError> {
    static MADE: OnceLock<String> = OnceLock::new();
    if let Some(made) = MADE.get() {
        return Ok(made);
    }
    let made = hash_password("nobody's password", &random.secret()?)?;
    Ok(MADE.get_or_init(|| made))
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

fn read_basic(header: &[u8]) -> Option<(String, String)> {
    let text = std::str::from_utf8(header).ok()?;
    let (scheme, encoded) = text.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests;
