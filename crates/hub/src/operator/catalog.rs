//! The catalog: plan, apply, export, roll back. Applying is one commit (the document, secrets made for
//! it, the audit's entry); from then on every request is decided on the new one.

use super::asked::Asked;
use super::{Members, MembersOf, changed_meanwhile, conflict, own_fault, unknown};
use crate::Hub;
use crate::execute::from_store;
use crate::secrets::{Secrets, opened};
use crate::serving::Applied;
use catalog::{Counts, Document, InUse, Mode, Plan, Use};
use serde_json::{Value, json};
use store::{Act, Administered, CatalogVersion, ProductUse};
use wire::{ErrorAnswer, Fault, print_date};

/// Versions a listing shows.
const VERSIONS_MAX: usize = 100;

/// A document on its way, with what it needs.
struct Wanted {
    plan: Plan,
    /// Signing secrets that have to be made.
    to_make: Vec<String>,
    /// Secrets that only the operator knows, and has not set.
    missing: Vec<String>,
}

impl Hub {
    pub(super) async fn catalog_document(&self, asked: &Asked) -> Members {
        let version = asked.query_number("version", 0, u64::from(u32::MAX))?;
        let found = match u32::try_from(version).unwrap_or(0) {
            0 => self.store.catalog_versions(1).await.map_err(from_store)?.into_iter().next(),
            version => self.store.catalog_version(version).await.map_err(from_store)?,
        };
        match found {
            Some(CatalogVersion { version, at, document }) => {
                Ok(json!({ "version": version, "appliedAt": print_date(at), "document": document }).members())
            }
            None => Err(no_version(version)),
        }
    }

    pub(super) async fn catalog_versions(&self) -> Members {
        let versions = self.store.catalog_versions(VERSIONS_MAX).await.map_err(from_store)?;
        let lines: Vec<Value> =
            versions.iter().map(|one| json!({ "version": one.version, "appliedAt": print_date(one.at) })).collect();
        Ok(json!({ "versions": lines }).members())
    }

    pub(super) async fn catalog_plan(&self, asked: &Asked) -> Members {
        self.served_by_catalog()?;
        let document = read(asked.text("document")?)?;
        let applied = self.applied_now().await?;
        let wanted = self.wanted(&applied.document, &document).await?;
        Ok(wanted.print(applied.version).members())
    }

    pub(super) async fn catalog_apply(&self, asked: &Asked) -> Members {
        self.served_by_catalog()?;
        let document = read(asked.text("document")?)?;
        let mut applied = self.applied_now().await?;
        let expected = asked.number("expectedVersion", u64::from(u32::MAX))?;
        if expected.is_some_and(|expected| expected != u64::from(applied.version)) {
            return Err(changed_meanwhile());
        }
        self.apply(&mut applied, &document, "catalog.apply", asked).await
    }

    pub(super) async fn catalog_rollback(&self, asked: &Asked) -> Members {
        self.served_by_catalog()?;
        let mut applied = self.applied_now().await?;
        let before = u64::from(applied.version).saturating_sub(1);
        let version = asked.number("version", u64::from(u32::MAX))?.unwrap_or(before);
        if version == 0 {
            let message = "There is no version before the one in force.".to_owned();
            return Err(unknown("version", message, "`entitle catalog versions` lists them."));
        }
        let found = self.store.catalog_version(u32::try_from(version).unwrap_or(0)).await.map_err(from_store)?;
        let found = found.ok_or_else(|| no_version(version))?;
        let document = read(&found.document)?;
        self.apply(&mut applied, &document, "catalog.rollback", asked).await
    }

    async fn apply(&self, applied: &mut Applied, document: &Document, act: &str, asked: &Asked) -> Members {
        let wanted = self.wanted(&applied.document, document).await?;
        if let Some(refusal) = missing_secrets(&wanted.missing) {
            return Err(refusal);
        }
        if wanted.plan.is_empty() && applied.version > 0 {
            return Ok(wanted.print(applied.version).members());
        }
        let mut secrets = opened(self.store.as_ref(), &self.sealing).await.map_err(|error| own_fault(&error))?;
        let made = self.make_secrets(&wanted.to_make, &mut secrets)?;
        let resolved = self.resolve(&wanted.plan.merged, &secrets).await.map_err(|error| own_fault(&error))?;
        let mut entry = asked.entry(act, &format!("version {}", applied.version + 1), self.store.now())?;
        entry.after = Some(wanted.plan.to_string());
        let mut acts = vec![Act::Catalog { before: applied.version, document: catalog::print(&wanted.plan.merged) }];
        acts.extend(made);
        match self.store.administer(acts, entry).await.map_err(from_store)? {
            Administered::ChangedMeanwhile => return Err(changed_meanwhile()),
            Administered::Done(_) => {}
        }
        let before = std::mem::replace(&mut applied.document, wanted.plan.merged.clone());
        applied.version += 1;
        self.put_catalog(resolved);
        // What was created between the look and the commit keeps what it needs.
        self.keep_or_say(applied, &before).await;
        self.keep_later(before);
        Ok(wanted.print(applied.version).members())
    }

    async fn wanted(&self, old: &Document, new: &Document) -> Result<Wanted, Box<ErrorAnswer>> {
        let plan = catalog::plan(old, new, &self.in_use().await?);
        let there = self.store.secrets().await.map_err(from_store)?;
        let (mut to_make, mut missing) = (Vec::new(), Vec::new());
        for used in plan.merged.secrets() {
            if there.iter().all(|secret| secret.name != used.name) {
                if used.signs { to_make.push(used.name) } else { missing.push(used.name) }
            }
        }
        to_make.dedup();
        missing.dedup();
        Ok(Wanted { plan, to_make, missing })
    }

    /// What open entitlements, operations and undelivered notifications refer to, in the catalog's names.
    pub(super) async fn in_use(&self) -> Result<InUse, Box<ErrorAnswer>> {
        let uses = self.store.uses().await.map_err(from_store)?;
        let accounts = self.store.accounts().await.map_err(from_store)?;
        let name = |id| {
            let account = accounts.iter().find(|account| account.id == id);
            account.map(|account| (account.organisation.clone(), if account.live { Mode::Live } else { Mode::Test }))
        };
        let named = |used: ProductUse, counts: fn(u64) -> Counts| {
            let (reseller, mode) = name(used.account)?;
            let ProductUse { merchant_account_key: merchant, product, offer, count, .. } = used;
            Some(Use { reseller, mode, merchant, product, offer, counts: counts(count) })
        };
        let entitlements = |count| Counts { entitlements: count, ..Counts::default() };
        let notifications = |count| Counts { notifications: count, ..Counts::default() };
        let open = uses.open.into_iter().filter_map(|used| named(used, entitlements));
        let undelivered = uses.undelivered.into_iter().filter_map(|used| named(used, notifications));
        Ok(InUse { uses: open.chain(undelivered).collect() })
    }

    fn make_secrets(&self, names: &[String], secrets: &mut Secrets) -> Result<Vec<Act>, Box<ErrorAnswer>> {
        let mut acts = Vec::new();
        for name in names {
            let made = self.new_webhook_secret()?;
            let sealed = self.sealing.seal(name, &made.0, &self.random).map_err(|error| own_fault(&error))?;
            acts.push(Act::NewSecret { name: name.clone(), sealed });
            secrets.insert(name.clone(), made);
        }
        Ok(acts)
    }

    fn served_by_catalog(&self) -> Result<(), Box<ErrorAnswer>> {
        if self.sandbox.is_none() {
            return Ok(());
        }
        let hint = "`entitle serve` runs a hub by a catalog of yours; `entitle catalog export` shows the sandbox's.";
        Err(conflict("document", "The sandbox's catalog is built in.".to_owned(), hint))
    }
}

impl Wanted {
    fn print(&self, version: u32) -> Value {
        json!({
            "version": version,
            "isEmpty": self.plan.is_empty() && version > 0,
            "text": self.plan.to_string(),
            "plan": self.plan.to_json(),
            "secretsToMake": self.to_make,
            "secretsMissing": self.missing,
        })
    }
}

fn read(text: &str) -> Result<Document, Box<ErrorAnswer>> {
    catalog::read(text).map_err(|faults| {
        let fault = |fault: &catalog::Fault| Fault {
            field: fault.key.clone(),
            rule: "catalog-invalid",
            message: format!("line {}: {}: {}", fault.line, fault.key, fault.problem),
            hint: Some(fault.help.clone()),
        };
        Box::new(ErrorAnswer::faults(faults.list().iter().map(fault).collect()))
    })
}

/// All of them at once, so that nobody comes back for each.
fn missing_secrets(names: &[String]) -> Option<Box<ErrorAnswer>> {
    let first = names.first()?;
    let (which, there) = match names {
        [_] => ("secret", "it is not there"),
        _ => ("secrets", "they are not there"),
    };
    let message = format!("The catalog names the {which} {}, and {there}; nothing was applied.", names.join(", "));
    let hint = match names {
        [_] => format!("`entitle secret set {first}` first."),
        _ => format!("`entitle secret set {first}` first, and so for each of them."),
    };
    Some(conflict("document", message, &hint))
}

fn no_version(version: u64) -> Box<ErrorAnswer> {
    let message = match version {
        0 => "No catalog has been applied yet.".to_owned(),
        version => format!("There is no version {version} of the catalog."),
    };
    unknown("version", message, "`entitle catalog versions` lists them.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_secret_is_named_at_once() {
        let refusal = |names: &[&str]| {
            missing_secrets(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).map(|error| error.message)
        };
        assert_eq!(refusal(&[]), None);
        let one = "The catalog names the secret a, and it is not there; nothing was applied.";
        assert_eq!(refusal(&["a"]).as_deref(), Some(one));
        let two = "The catalog names the secrets a, b, and they are not there; nothing was applied.";
        assert_eq!(refusal(&["a", "b"]).as_deref(), Some(two));
    }
}
