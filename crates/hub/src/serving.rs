//! What a hub is built from when it serves by a catalog: the newest version in the store, the secrets it
//! names, and the hub's own secrets, made at first start and sealed like all others.

use crate::catalog::{Catalog, Resolver};
use crate::secrets::{Secrets, opened};
use crate::{Desk, Hub, HubError, LoadLimits, Parts, Pseudonyms, Random, Receivers, SealingKey};
use bytes::Bytes;
use catalog::Document;
use merchants::test::PageKey;
use std::sync::Arc;
use store::{Act, Administered, AuditEntry, Store};

/// Where names of the hub's own secrets begin.
pub(crate) const OWN_SECRETS: &str = "hub/";
/// Under customers' pseudonyms: another one would give every customer another name.
const PSEUDONYMS: &str = "hub/pseudonyms";
/// Under the activation pages of test merchants.
const PAGES: &str = "hub/activation-pages";

/// The catalog that is in force.
#[derive(Debug, Clone, Default)]
pub struct Applied {
    /// Its version; 0 where none was applied yet.
    pub version: u32,
    /// Its document.
    pub document: Document,
    /// The newest entry of the audit that is in it.
    pub(crate) as_of: u64,
}

impl Applied {
    /// What is in force in the store.
    pub(crate) async fn newest(store: &dyn Store) -> Result<Self, HubError> {
        // First, so that what comes meanwhile is looked at again.
        let as_of = store.audit_head().await?;
        match store.catalog().await? {
            None => Ok(Self { as_of, ..Self::default() }),
            Some((version, text)) => {
                let document = catalog::read(&text).map_err(|faults| HubError::Catalog(faults.to_string()))?;
                Ok(Self { version, document, as_of })
            }
        }
    }
}

/// Everything a serving hub is built from: `receivers` says where notifications may go, `openapi` is the
/// document it serves.
///
/// # Errors
/// Where the store or the system fails, or a secret cannot be opened or is missing.
pub async fn open_serving(
    store: Arc<dyn Store>,
    sealing: SealingKey,
    public_url: &str,
    receivers: Receivers,
    openapi: Bytes,
) -> Result<Parts, HubError> {
    let random = Random::from_system()?;
    let own = Own { store: store.as_ref(), sealing: &sealing, random: &random };
    let (pseudonyms, pages) = (own.secret(PSEUDONYMS).await?, own.secret(PAGES).await?);
    let desk = Desk::new(PageKey::new(pages), public_url);
    let applied = Applied::newest(store.as_ref()).await?;
    let secrets = opened(store.as_ref(), &sealing).await?;
    let resolver = Resolver { store: store.as_ref(), desk: &desk, secrets: &secrets };
    let catalog = resolver.catalog(&applied.document).await?;
    let pseudonyms = Pseudonyms::new(pseudonyms);
    Ok(Parts {
        store,
        catalog,
        applied,
        sealing,
        desk,
        pseudonyms,
        sandbox: None,
        load: LoadLimits::default(),
        receivers,
        openapi,
    })
}

/// The hub's own secrets.
struct Own<'a> {
    store: &'a dyn Store,
    sealing: &'a SealingKey,
    random: &'a Random,
}

impl Own<'_> {
    async fn secret(&self, name: &'static str) -> Result<[u8; 32], HubError> {
        loop {
            if let Some(secret) = self.kept(name).await? {
                return Ok(secret);
            }
            if let Some(secret) = self.made(name).await? {
                return Ok(secret);
            }
        }
    }

    async fn kept(&self, name: &'static str) -> Result<Option<[u8; 32]>, HubError> {
        let kept = self.store.secrets().await?.into_iter().find(|secret| secret.name == name);
        let Some(kept) = kept else {
            return Ok(None);
        };
        let text = self.sealing.open(name, &kept.sealed).ok_or_else(|| HubError::Sealed(name.to_owned()))?;
        read_hex(&text).ok_or(HubError::Secret(name)).map(Some)
    }

    /// `None` where another process was first.
    async fn made(&self, name: &'static str) -> Result<Option<[u8; 32]>, HubError> {
        let made: [u8; 32] = self.random.secret()?;
        let text: String = made.iter().map(|byte| format!("{byte:02x}")).collect();
        let sealed = self.sealing.seal(name, &text, self.random)?;
        let entry = AuditEntry {
            at: self.store.now(),
            who: "hub".to_owned(),
            act: "secret.create".to_owned(),
            subject: name.to_owned(),
            before: None,
            after: None,
            note: Some("made at first start".to_owned()),
        };
        let act = Act::NewSecret { name: name.to_owned(), sealed };
        Ok(match self.store.administer(vec![act], entry).await? {
            Administered::Done(_) => Some(made),
            Administered::ChangedMeanwhile => None,
        })
    }
}

fn read_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

impl Hub {
    pub(crate) async fn resolve(&self, document: &Document, secrets: &Secrets) -> Result<Catalog, HubError> {
        Resolver { store: self.store.as_ref(), desk: &self.desk, secrets }.catalog(document).await
    }

    /// Secrets have changed under the catalog in force.
    pub(crate) async fn resolve_again(&self, document: &Document) -> Result<(), HubError> {
        let secrets = opened(self.store.as_ref(), &self.sealing).await?;
        self.put_catalog(self.resolve(document, &secrets).await?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_are_read_all_or_not_at_all() {
        assert_eq!(read_hex(&"0f".repeat(32)), Some([15; 32]));
        for text in ["", &"0f".repeat(31), &"0f".repeat(33), &"zz".repeat(32), &"é".repeat(32)] {
            assert_eq!(read_hex(text), None, "{text}");
        }
    }
}
