//! What makes a hub a sandbox: the demo reseller with both test merchants, the inbox, the test
//! clock. None of it exists in a hub that is built without it.

mod clock;
mod inbox;
mod journal;
mod next;

pub use inbox::{Inbox, Received};

pub(crate) use journal::{Happening, What};
pub(crate) use next::Forced;

use crate::{
    Account, Applied, Catalog, Desk, Hub, HubError, LoadLimits, Parts, Pseudonyms, Random, Receivers, SealingKey,
    hash_password,
};
use bytes::Bytes;
use merchants::test::PageKey;
use std::sync::{Arc, Mutex};
use store::{CredentialRow, Store, StoreError};
use wire::WebhookSecret;

/// The demo reseller's user name.
const USER: &str = "sandbox";

/// The sandbox's secrets, made at first start and kept in the store.
#[derive(Debug)]
pub struct SandboxSecrets {
    /// Signs the demo reseller's notifications, in the form `whsec_…`.
    pub webhook_secret: String,
    page_key: PageKey,
    pseudonyms: [u8; 32],
}

/// The sandbox beside the hub.
pub struct Sandbox {
    webhook_secret: WebhookSecret,
    inbox: Inbox,
    next: next::NextAnswers,
    journal: Mutex<journal::Journal>,
}

impl Sandbox {
    /// The receiver built in.
    #[must_use]
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    pub(crate) fn next(&self) -> &next::NextAnswers {
        &self.next
    }

    pub(crate) fn webhook_secret(&self) -> &WebhookSecret {
        &self.webhook_secret
    }
}

/// Everything a sandbox hub is built from, the demo credential stored; `openapi` is the document it
/// serves.
///
/// # Errors
/// Where the store or the system fails, or a stored secret is not readable.
pub async fn open_sandbox(
    store: Arc<dyn Store>,
    public_url: &str,
    password: &str,
    sealing: SealingKey,
    openapi: Bytes,
) -> Result<(Parts, SandboxSecrets), HubError> {
    let secrets = secrets(store.as_ref()).await?;
    let id = store.account("sandbox".to_owned(), false).await?;
    put_demo_credential(store.as_ref(), id, password).await?;
    let webhook = || WebhookSecret::parse(&secrets.webhook_secret).ok_or(HubError::Secret("sandbox-webhook"));
    let default_url = Some(format!("{}/sandbox/v1/inbox/default", public_url.trim_end_matches('/')));
    let desk = Desk::new(secrets.page_key.clone(), public_url);
    let account = Account::sandbox(store.as_ref(), &desk, id, webhook()?, default_url).await?;
    let sandbox = Sandbox {
        webhook_secret: webhook()?,
        inbox: Inbox::default(),
        next: next::NextAnswers::default(),
        journal: Mutex::new(None),
    };
    let parts = Parts {
        store,
        catalog: Catalog::new([account]).letting_in(USER, id),
        applied: Applied::default(),
        sealing,
        desk,
        pseudonyms: Pseudonyms::new(secrets.pseudonyms),
        sandbox: Some(sandbox),
        load: LoadLimits::default(),
        receivers: Receivers::Anywhere,
        openapi,
    };
    Ok((parts, secrets))
}

async fn put_demo_credential(store: &dyn Store, account: ids::AccountId, password: &str) -> Result<(), HubError> {
    let password_hash = hash_password(password, &Random::from_system()?.secret()?)?;
    let credential =
        CredentialRow { user: USER.to_owned(), account, password_hash, old_password: None, revoked_at: None };
    Ok(store.put_credential(credential).await?)
}

async fn secrets(store: &dyn Store) -> Result<SandboxSecrets, HubError> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let webhook = secret(store, "sandbox-webhook").await?;
    Ok(SandboxSecrets {
        webhook_secret: format!("whsec_{}", STANDARD.encode(webhook)),
        page_key: PageKey::new(secret(store, "activation-pages").await?),
        pseudonyms: secret(store, "pseudonyms").await?,
    })
}

async fn secret(store: &dyn Store, name: &'static str) -> Result<[u8; 32], HubError> {
    if let Some(kept) = store.setting(name).await? {
        return kept.try_into().map_err(|_| HubError::Secret(name));
    }
    let made: [u8; 32] = Random::from_system()?.secret()?;
    store.put_setting(name, made.to_vec()).await?;
    Ok(made)
}

impl Hub {
    /// Empties all test data and takes the clock back to real time.
    pub(crate) async fn reset_sandbox(&self) -> Result<(), StoreError> {
        let _clock_stands = self.clock_moves.write().await;
        self.store.reset_test_data().await?;
        self.feed_bells.ring_all();
        if let Some(sandbox) = &self.sandbox {
            sandbox.inbox.clear();
            sandbox.next.clear_all();
        }
        Ok(())
    }
}
