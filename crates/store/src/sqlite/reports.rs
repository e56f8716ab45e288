//! Reports: born entitlements in the order (dateCreated, entitlementId), filtered, a page at a time.

use super::fault::Fault;
use super::rows::{self, row_query};
use crate::{Report, Row};
use ids::AccountId;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// The public id as text: a hub-made key sorts among own ids as it is printed.
const PUBLIC_ID: &str = "coalesce(e.own_id, lower(substr(hex(e.key), 1, 8) || '-' || substr(hex(e.key), 9, 4) || '-' \
                         || substr(hex(e.key), 13, 4) || '-' || substr(hex(e.key), 17, 4) || '-' \
                         || substr(hex(e.key), 21)))";

/// So many recently changed rows are found by their change and sorted; where there are more,
/// walking in the order of creation meets them soon enough.
const SORTED_MAX: i64 = 20_000;

/// Most rows of one page, whatever is asked.
const PAGE_ROWS_MAX: usize = 1_000;

pub(super) fn page(connection: &Connection, account: AccountId, report: &Report) -> Result<Vec<Row>, Fault> {
    let mut filter = Filter { conditions: String::new(), values: Vec::new() };
    filter.add("e.account = ?", [Value::from(account.0)]);
    filter.add("e.unborn = 0", []);
    if let Some(id) = &report.entitlement_id {
        // At most one: whatever else is asked decides whether it is shown.
        let Some(row) = rows::by_id(connection, account, id)? else {
            return Ok(Vec::new());
        };
        filter.add("e.key = ?", [Value::from(rows::bytes(row.key).to_vec())]);
    }
    filter.add_report(report);
    let index = index(connection, account, report)?;
    let limit = report.limit.min(PAGE_ROWS_MAX);
    let sql = format!(
        "{} {index} CROSS JOIN route r ON r.id = e.route WHERE {} ORDER BY e.created_at, {PUBLIC_ID} LIMIT {limit}",
        row_query!(""),
        filter.conditions
    );
    rows::list(connection, &sql, params_from_iter(filter.values))
}

/// Which index serves best. Chosen here, not by the planner, so that it never changes by itself.
fn index(connection: &Connection, account: AccountId, report: &Report) -> Result<&'static str, Fault> {
    Ok(if report.entitlement_id.is_some() {
        "INDEXED BY entitlement_by_key"
    } else if report.external_entitlement_id.is_some() {
        "INDEXED BY entitlement_by_external_id"
    } else if report.customer_identifier.is_some() {
        "INDEXED BY entitlement_by_slot"
    } else if let Some(since) = report.updated_since {
        let found: i64 = connection
            .prepare_cached(
                "SELECT count(*) FROM (SELECT 1 FROM entitlement INDEXED BY entitlement_by_update \
                 WHERE account = ?1 AND updated_at >= ?2 LIMIT ?3)",
            )?
            .query_row((account.0, since.0, SORTED_MAX), |row| row.get(0))?;
        if found < SORTED_MAX { "INDEXED BY entitlement_by_update" } else { "INDEXED BY entitlement_by_creation" }
    } else {
        "INDEXED BY entitlement_by_creation"
    })
}

/// Conditions joined by AND, with their values in order.
struct Filter {
    conditions: String,
    values: Vec<Value>,
}

impl Filter {
    fn add<const N: usize>(&mut self, condition: &str, values: [Value; N]) {
        if !self.conditions.is_empty() {
            self.conditions.push_str(" AND ");
        }
        self.conditions.push_str(condition);
        self.values.extend(values);
    }

    fn equal(&mut self, condition: &str, value: Option<&String>) {
        if let Some(value) = value {
            self.add(condition, [Value::from(value.clone())]);
        }
    }

    fn add_report(&mut self, report: &Report) {
        self.equal("e.customer = ?", report.customer_identifier.as_ref());
        self.equal("e.external_id = ?", report.external_entitlement_id.as_ref());
        self.equal("r.merchant = ?", report.merchant_account_key.as_ref());
        self.equal("e.product = ?", report.product_key.as_ref());
        self.equal("e.offer = ?", report.offer_key.as_ref());
        if !report.status.is_empty() {
            let marks = vec!["?"; report.status.len()].join(", ");
            self.add(&format!("e.status IN ({marks})"), []);
            self.values.extend(report.status.iter().map(|status| Value::from(status.as_str().to_owned())));
        }
        if let Some(since) = report.updated_since {
            self.add("e.updated_at >= ?", [since.0.into()]);
        }
        if let Some(from) = report.created_from {
            self.add("e.created_at >= ?", [from.0.into()]);
        }
        if let Some(to) = report.created_to {
            self.add("e.created_at < ?", [to.0.into()]);
        }
        if let Some((at, id)) = &report.after {
            self.add("e.created_at >= ?", [at.0.into()]);
            self.add(&format!("(e.created_at > ? OR {PUBLIC_ID} > ?)"), [at.0.into(), id.clone().into()]);
        }
    }
}
