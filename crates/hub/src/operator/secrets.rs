//! Secrets by name. What is in one is shown once, when the hub makes it, and never again; setting one
//! takes effect with the next notification.

use super::asked::{Asked, invalid};
use super::{Members, MembersOf, changed_meanwhile, conflict, own_fault};
use crate::Hub;
use crate::catalog::Secret;
use crate::execute::from_store;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use store::{Act, Administered};
use wire::{ErrorAnswer, print_date};

/// A secret is no longer, in bytes.
const SECRET_BYTES_MAX: usize = 4_096;
/// A name is no longer.
const NAME_CHARS_MAX: usize = 128;

impl Hub {
    pub(super) async fn secret_list(&self) -> Members {
        let secrets = self.store.secrets().await.map_err(from_store)?;
        let used = self.applied_now().await?.document.secrets();
        let line = |name: &str, set_at: Option<String>| {
            let uses: Vec<_> = used.iter().filter(|one| one.name == name).collect();
            let sides: Vec<String> = uses.iter().map(|one| format!("{} {}", one.reseller, one.mode)).collect();
            json!({ "name": name, "setAt": set_at, "usedBy": sides, "signs": uses.iter().any(|one| one.signs) })
        };
        let mut lines: Vec<_> =
            secrets.iter().map(|secret| line(&secret.name, Some(print_date(secret.set_at)))).collect();
        let mut missing: Vec<&str> = used.iter().map(|one| one.name.as_str()).collect();
        missing.retain(|name| secrets.iter().all(|secret| secret.name != *name));
        missing.dedup();
        lines.extend(missing.into_iter().map(|name| line(name, None)));
        Ok(json!({ "secrets": lines }).members())
    }

    /// Makes a signing secret, or a new one in its place, and shows it this once.
    pub(super) async fn secret_create(&self, name: &str, asked: &Asked) -> Members {
        let made = self.new_webhook_secret()?;
        self.put_secret(name, Some(&made), "secret.create", asked).await?;
        Ok(json!({ "name": name, "secret": made.0 }).members())
    }

    pub(super) async fn secret_set(&self, name: &str, asked: &Asked) -> Members {
        let value = asked.text("value")?;
        if value.len() > SECRET_BYTES_MAX || value.contains(['\r', '\n', '\0']) {
            return Err(invalid("value", &format!("One line of at most {SECRET_BYTES_MAX} bytes.")));
        }
        self.put_secret(name, Some(&Secret(value.to_owned())), "secret.set", asked).await?;
        Ok(json!({ "name": name }).members())
    }

    pub(super) async fn secret_remove(&self, name: &str, asked: &Asked) -> Members {
        self.put_secret(name, None, "secret.remove", asked).await?;
        Ok(json!({ "name": name }).members())
    }

    async fn put_secret(
        &self,
        name: &str,
        secret: Option<&Secret>,
        act: &str,
        asked: &Asked,
    ) -> Result<(), Box<ErrorAnswer>> {
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(invalid("name", &format!("1 to {NAME_CHARS_MAX} characters without control characters.")));
        }
        if name.starts_with(super::super::serving::OWN_SECRETS) {
            return Err(invalid("name", "Names that begin with hub/ are the hub's own."));
        }
        let applied = self.applied_now().await?;
        let uses = applied.document.secrets();
        if secret.is_none() && uses.iter().any(|used| used.name == name) {
            let message = format!("The catalog names the secret {name}; it was not removed.");
            return Err(conflict("name", message, "Apply a catalog without it first."));
        }
        let signs = uses.iter().any(|used| used.name == name && used.signs);
        if signs && secret.is_some_and(|secret| wire::WebhookSecret::parse(&secret.0).is_none()) {
            let hint =
                "It signs notifications: whsec_ and Base64 of 24 to 64 bytes; `entitle secret create` makes one.";
            return Err(invalid("value", hint));
        }
        let sealed = secret.map(|secret| self.sealing.seal(name, &secret.0, &self.random)).transpose();
        let act_of_store = Act::Secret { name: name.to_owned(), sealed: sealed.map_err(|error| own_fault(&error))? };
        let entry = asked.entry(act, name, self.store.now())?;
        match self.store.administer(vec![act_of_store], entry).await.map_err(from_store)? {
            Administered::Done(_) => {}
            Administered::ChangedMeanwhile => return Err(changed_meanwhile()),
        }
        if applied.version > 0 {
            self.resolve_again(&applied.document).await.map_err(|error| own_fault(&error))?;
        }
        Ok(())
    }

    /// A fresh signing secret.
    pub(super) fn new_webhook_secret(&self) -> Result<Secret, Box<ErrorAnswer>> {
        let bytes: [u8; 32] = self.random.secret().map_err(|error| own_fault(&error.into()))?;
        Ok(Secret(format!("whsec_{}", STANDARD.encode(bytes))))
    }
}
