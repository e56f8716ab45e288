//! Reading the audit. The chain is followed by whoever reads it, from its beginning: the hub's word that
//! it holds would prove nothing.

use super::asked::Asked;
use super::{Members, MembersOf};
use crate::Hub;
use crate::execute::from_store;
use serde_json::json;
use store::AuditRecord;
use wire::print_date;

/// Entries a page.
const PAGE: u64 = 1_000;

impl Hub {
    pub(super) async fn audit_page(&self, asked: &Asked) -> Members {
        let after = asked.query_number("after", 0, u64::MAX)?;
        let limit = asked.query_number("limit", PAGE, PAGE)?;
        let records = self.store.audit(after, usize::try_from(limit).unwrap_or(0)).await.map_err(from_store)?;
        let entries: Vec<_> = records.iter().map(print).collect();
        Ok(json!({ "entries": entries }).members())
    }
}

fn print(record: &AuditRecord) -> serde_json::Value {
    let AuditRecord { number, entry, hash } = record;
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "number": number, "at": print_date(entry.at), "atMs": entry.at.0, "who": entry.who, "act": entry.act,
        "subject": entry.subject, "before": entry.before, "after": entry.after, "note": entry.note, "hash": hash,
    })
}
