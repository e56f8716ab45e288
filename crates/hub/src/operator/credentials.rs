//! Credentials: the catalog says whose they are and on which terms, here they get, change and lose their
//! password. A password that the hub makes is shown once. What is revoked stays revoked.

use super::asked::{Asked, invalid};
use super::{Members, MembersOf, changed_meanwhile, conflict, own_fault, unknown};
use crate::execute::from_store;
use crate::{Hub, hash_password};
use catalog::Mode;
use ids::AccountId;
use serde_json::{Value, json};
use store::{Act, Administered, CredentialRow};
use wire::{ErrorAnswer, print_date};

/// An overlap is no longer: 30 days.
const OVERLAP_S_MAX: u64 = 30 * 24 * 3600;
/// A password that is brought along, in characters.
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 12..=256;

impl Hub {
    pub(super) async fn credential_list(&self) -> Members {
        let rows = self.store.credentials().await.map_err(from_store)?;
        let applied = self.applied_now().await?;
        let now = self.store.now();
        let mut users: Vec<&str> = rows.iter().map(|row| row.user.as_str()).collect();
        users.extend(applied.document.credentials.keys().map(String::as_str));
        users.sort_unstable();
        users.dedup();
        let accounts = self.store.accounts().await.map_err(from_store)?;
        let is_of = |row: &CredentialRow, terms: &catalog::Credential| {
            let account = accounts.iter().find(|account| account.id == row.account);
            account.is_some_and(|one| one.organisation == terms.reseller && one.live == (terms.mode == Mode::Live))
        };
        let line = |user: &&str| {
            let row = rows.iter().find(|row| row.user == **user);
            let terms = applied.document.credentials.get(*user);
            let is_moved = row.zip(terms).is_some_and(|(row, terms)| !is_of(row, terms));
            json!({
                "user": user,
                "reseller": terms.map(|terms| &terms.reseller),
                "mode": terms.map(|terms| terms.mode.word()),
                "state": if is_moved { "OTHER_SIDE" } else { state(row, terms.is_some()) },
                "oldPasswordUntil": row.and_then(|row| row.old_password.as_ref())
                    .filter(|(_, until)| now < *until).map(|(_, until)| print_date(*until)),
                "revokedAt": row.and_then(|row| row.revoked_at).map(print_date),
            })
        };
        let lines: Vec<Value> = users.iter().map(line).collect();
        Ok(json!({ "credentials": lines }).members())
    }

    /// Gives a credential of the catalog its first password.
    pub(super) async fn credential_create(&self, user: &str, asked: &Asked) -> Members {
        let applied = self.applied_now().await?;
        let Some(terms) = applied.document.credentials.get(user) else {
            let hint = "Write it into the catalog as [credentials.NAME] with reseller and mode, and apply that.";
            return Err(unknown("user", format!("The catalog has no credential {user}."), hint));
        };
        let account = self.account_of(terms).await?;
        match self.stored(user).await? {
            Some(row) if row.revoked_at.is_some() => return Err(revoked(user)),
            Some(_) => {
                let message = format!("{user} has a password already.");
                return Err(conflict("user", message, "`entitle credential rotate` gives it a new one."));
            }
            None => {}
        }
        let (password, hash, made) = self.password(asked).await?;
        let after =
            CredentialRow { user: user.to_owned(), account, password_hash: hash, old_password: None, revoked_at: None };
        self.put(None, after, "credential.create", asked).await?;
        Ok(json!({ "user": user, "password": made.then_some(password) }).members())
    }

    /// Gives it another password; the old one is good for as long as they overlap.
    pub(super) async fn credential_rotate(&self, user: &str, asked: &Asked) -> Members {
        let applied = self.applied_now().await?;
        let before = self.known(user).await?;
        let account = match applied.document.credentials.get(user) {
            Some(terms) => self.account_of(terms).await?,
            None => before.account,
        };
        // A credential that has been given to another side takes no password along.
        let overlap_s = asked.number("overlapSeconds", OVERLAP_S_MAX)?.unwrap_or(0);
        let overlap_s = if account == before.account { overlap_s } else { 0 };
        let (password, hash, made) = self.password(asked).await?;
        let until = self.store.now().plus_s(i64::try_from(overlap_s).unwrap_or(0));
        let old_password = (overlap_s > 0).then(|| (before.password_hash.clone(), until));
        let after = CredentialRow { account, password_hash: hash, old_password, ..before.clone() };
        self.put(Some(before), after, "credential.rotate", asked).await?;
        let until = (overlap_s > 0).then(|| print_date(until));
        Ok(json!({ "user": user, "password": made.then_some(password), "oldPasswordUntil": until }).members())
    }

    /// Ends it for good.
    pub(super) async fn credential_revoke(&self, user: &str, asked: &Asked) -> Members {
        let _one_at_a_time = self.applied_now().await?;
        let before = self.known(user).await?;
        let now = self.store.now();
        let after = CredentialRow { revoked_at: Some(now), old_password: None, ..before.clone() };
        self.put(Some(before), after, "credential.revoke", asked).await?;
        Ok(json!({ "user": user, "revokedAt": print_date(now) }).members())
    }

    async fn account_of(&self, terms: &catalog::Credential) -> Result<AccountId, Box<ErrorAnswer>> {
        self.store.account(terms.reseller.clone(), terms.mode == Mode::Live).await.map_err(from_store)
    }

    async fn stored(&self, user: &str) -> Result<Option<CredentialRow>, Box<ErrorAnswer>> {
        Ok(self.store.credentials().await.map_err(from_store)?.into_iter().find(|row| row.user == user))
    }

    async fn known(&self, user: &str) -> Result<CredentialRow, Box<ErrorAnswer>> {
        match self.stored(user).await? {
            Some(row) if row.revoked_at.is_some() => Err(revoked(user)),
            Some(row) => Ok(row),
            None => {
                let hint =
                    "`entitle credential list` shows them; `entitle credential create` gives the first password.";
                Err(unknown("user", format!("{user} has no password yet, or does not exist."), hint))
            }
        }
    }

    /// The password, its hash, and whether the hub made it.
    async fn password(&self, asked: &Asked) -> Result<(String, String, bool), Box<ErrorAnswer>> {
        let salt: [u8; 16] = self.random.secret().map_err(|error| own_fault(&error.into()))?;
        let brought = asked.optional("password")?;
        let password = match brought {
            Some(password) if PASSWORD_CHARS.contains(&password.chars().count()) => password.to_owned(),
            Some(_) => return Err(invalid("password", "12 to 256 characters.")),
            None => {
                let bytes: [u8; 20] = self.random.secret().map_err(|error| own_fault(&error.into()))?;
                bytes.iter().map(|byte| format!("{byte:02x}")).collect()
            }
        };
        let hashed = {
            let password = password.clone();
            tokio::task::spawn_blocking(move || hash_password(&password, &salt)).await
        };
        let hash = hashed.map_err(|_| Box::new(crate::answer::internal_error()))?;
        Ok((password, hash.map_err(|error| own_fault(&error.into()))?, brought.is_none()))
    }

    async fn put(
        &self,
        before: Option<CredentialRow>,
        after: CredentialRow,
        act: &str,
        asked: &Asked,
    ) -> Result<(), Box<ErrorAnswer>> {
        let mut entry = asked.entry(act, &after.user, self.store.now())?;
        entry.before = before.as_ref().map(described);
        entry.after = Some(described(&after));
        let act = Act::Credential { before, after: after.clone() };
        match self.store.administer(vec![act], entry).await.map_err(from_store)? {
            Administered::ChangedMeanwhile => Err(changed_meanwhile()),
            Administered::Done(_) => {
                self.credentials.put(after);
                self.credentials_changed();
                Ok(())
            }
        }
    }
}

/// A credential without its secrets, for the audit.
fn described(row: &CredentialRow) -> String {
    match (row.revoked_at, &row.old_password) {
        (Some(at), _) => format!("revoked at {}", print_date(at)),
        (None, Some((_, until))) => format!("good, the old password until {}", print_date(*until)),
        (None, None) => "good".to_owned(),
    }
}

fn state(row: Option<&CredentialRow>, is_listed: bool) -> &'static str {
    match (row, is_listed) {
        (Some(row), _) if row.revoked_at.is_some() => "REVOKED",
        (Some(_), true) => "GOOD",
        (Some(_), false) => "NOT_IN_CATALOG",
        (None, _) => "NO_PASSWORD",
    }
}

fn revoked(user: &str) -> Box<ErrorAnswer> {
    let hint = "What is revoked stays revoked. Put a credential of another name into the catalog.";
    conflict("user", format!("{user} is revoked."), hint)
}
