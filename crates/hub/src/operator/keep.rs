//! What requests under way created while a catalog was being applied: it keeps what it needs, as retired,
//! in a version of its own.

use super::{changed_meanwhile, own_fault};
use crate::Hub;
use crate::execute::from_store;
use crate::secrets::opened;
use crate::serving::Applied;
use catalog::Document;
use store::{Act, Administered, AuditEntry};
use wire::ErrorAnswer;

impl Hub {
    /// Looks again, now that nothing new is made under the old catalog.
    pub(super) async fn keep_what_came_meanwhile(
        &self,
        applied: &mut Applied,
        before: &Document,
    ) -> Result<(), Box<ErrorAnswer>> {
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
