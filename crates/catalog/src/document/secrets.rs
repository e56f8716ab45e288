//! Which sealed secrets a catalog names. Whether they are there is for the store to say.

use super::{Document, Mode, NotificationAuth, Side};

/// One use of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUse {
    /// Its name in the store.
    pub name: String,
    /// The reseller that needs it.
    pub reseller: String,
    /// On which side.
    pub mode: Mode,
    /// It signs notifications; otherwise it authenticates them.
    pub signs: bool,
}

impl Document {
    /// Every secret that the catalog names, by reseller and side.
    #[must_use]
    pub fn secrets(&self) -> Vec<SecretUse> {
        let mut uses = Vec::new();
        for (key, reseller) in &self.resellers {
            for (mode, side) in reseller.sides() {
                let named = |name: &str, signs| SecretUse { name: name.to_owned(), reseller: key.clone(), mode, signs };
                uses.push(named(&side.webhook_secret(key, mode), true));
                uses.extend(side.auth_secret().map(|name| named(name, false)));
            }
        }
        uses
    }
}

impl Side {
    /// The name of the secret that authenticates notifications, if there is one.
    #[must_use]
    pub fn auth_secret(&self) -> Option<&str> {
        match &self.notification_auth {
            NotificationAuth::None => None,
            NotificationAuth::Basic { password, .. } => Some(password),
            NotificationAuth::Bearer { token } => Some(token),
            NotificationAuth::ApiKey { key } => Some(key),
        }
    }
}
