//! What requests under way created while a catalog was being applied: it keeps what it needs, as retired,
//! in a version of its own.

use super::{changed_meanwhile, own_fault};
use crate::Hub;
use crate::execute::from_store;
use crate::secrets::opened;
use crate::serving::Applied;
use catalog::Document;
use std::time::Duration;
use store::{Act, Administered, AuditEntry};
use tokio::time::sleep;
use wire::ErrorAnswer;

/// By then every request that was decided on the catalog before has been answered (docs/API.md section 1).
const LOOK_AFTER: Duration = Duration::from_secs(15);

impl Hub {
    /// Looks once more when nothing can be under way any more that was decided on the catalog before.
    pub(crate) fn keep_later(&self, before: Document) {
        let hub = self.clone();
        tokio::spawn(async move {
            sleep(LOOK_AFTER).await;
            match hub.applied_now().await {
                Ok(mut applied) => hub.keep_or_say(&mut applied, &before).await,
                Err(error) => cannot_be_kept(&error),
            }
        });
    }

    /// The same at start: a hub that was killed after an apply had no time for it.
    pub async fn keep_what_was_created(&self) {
        let mut applied = self.applied.lock().await;
        let Some(version) = applied.version.checked_sub(1).filter(|version| *version > 0) else {
            return;
        };
        match self.store.catalog_version(version).await {
            Ok(Some(found)) => match catalog::read(&found.document) {
                Ok(before) => self.keep_or_say(&mut applied, &before).await,
                Err(faults) => tracing::error!(version, %faults, "a version of the catalog cannot be read"),
            },
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the catalog before this one cannot be read"),
        }
    }

    /// The catalog is in force whatever comes of this; the next look makes up for one that failed.
    pub(super) async fn keep_or_say(&self, applied: &mut Applied, before: &Document) {
        if let Err(error) = self.keep_what_came_meanwhile(applied, before).await {
            cannot_be_kept(&error);
        }
    }

    /// Looks again at what is in use.
    async fn keep_what_came_meanwhile(&self, applied: &mut Applied, before: &Document) -> Result<(), Box<ErrorAnswer>> {
        let plan = catalog::plan(before, &applied.document, &self.in_use().await?);
        if plan.merged == applied.document {
            return Ok(());
        }
        let secrets = opened(self.store.as_ref(), &self.sealing).await.map_err(|error| own_fault(&error))?;
        let resolved = self.resolve(&plan.merged, &secrets).await.map_err(|error| own_fault(&error))?;
        let entry = AuditEntry {
            at: self.store.now(),
            who: "hub".to_owned(),
            act: "catalog.keep".to_owned(),
            subject: format!("version {}", applied.version + 1),
            before: None,
            after: Some(plan.to_string()),
            note: Some("Created while the catalog was being applied.".to_owned()),
        };
        let act = Act::Catalog { before: applied.version, document: catalog::print(&plan.merged) };
        match self.store.administer(vec![act], entry).await.map_err(from_store)? {
            Administered::ChangedMeanwhile => return Err(changed_meanwhile()),
            Administered::Done(_) => {}
        }
        applied.document = plan.merged;
        applied.version += 1;
        self.put_catalog(resolved);
        Ok(())
    }
}

fn cannot_be_kept(error: &ErrorAnswer) {
    tracing::error!(rule = error.rule, message = error.message, "what is needed of the catalog before is not kept");
}
