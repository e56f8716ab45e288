//! Reports: born entitlements in the order (dateCreated, entitlementId), filtered, a page at a time.

use super::facts::Account;
use super::fault::Fault;
use super::gathered::Gathered;
use super::loads;
use super::rows::{self, row_columns};
use super::values::{Id, Value};
use crate::{Load, Report, Row, Target};
use ids::AccountId;
use std::sync::Arc;

/// Most rows of one page, whatever is asked.
const PAGE_ROWS_MAX: usize = 1_000;

/// Planned anew for each page: filters that are not given disappear from the plan. A hub-made key sorts
/// among own ids as it is printed.
const PAGE: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM entitlement e JOIN route r ON r.id = e.route WHERE e.account = $1 AND NOT e.unborn \
     AND ($2::uuid IS NULL OR e.key = $2) AND ($3::text IS NULL OR e.customer = $3) \
     AND ($4::text IS NULL OR e.external_id = $4) AND ($5::text IS NULL OR r.merchant = $5) \
     AND ($6::text IS NULL OR e.product = $6) AND ($7::text IS NULL OR e.offer = $7) \
     AND (cardinality($8::text[]) = 0 OR e.status = ANY ($8)) AND ($9::bigint IS NULL OR e.updated_at >= $9) \
     AND ($10::bigint IS NULL OR e.created_at >= $10) AND ($11::bigint IS NULL OR e.created_at < $11) \
     AND ($12::bigint IS NULL OR e.created_at >= $12) \
     AND ($12::bigint IS NULL OR e.created_at > $12 \
         OR coalesce(e.own_id, e.key::text) COLLATE \"C\" > $13::text COLLATE \"C\") \
     ORDER BY e.created_at, coalesce(e.own_id, e.key::text) COLLATE \"C\" LIMIT $14"
);

pub(super) async fn page(
    gathered: &Arc<Gathered>,
    account: AccountId,
    report: &Report,
    facts: Account,
) -> Result<Vec<Row>, Fault> {
    let connections = gathered.connections();
    let key = match &report.entitlement_id {
        None => None,
        Some(id) => {
            // At most one: whatever else is asked decides whether it is shown.
            let load = Load { account, target: Target::Id(id.clone()), identity: None };
            let Some(row) = loads::load(gathered, &load, Some(facts)).await?.row else {
                return Ok(Vec::new());
            };
            Some(Id::from(row.key))
        }
    };
    let statuses: Vec<&str> = report.status.iter().map(|status| status.as_str()).collect();
    let since = report.updated_since.map(|at| at.0);
    let (from, to) = (report.created_from.map(|at| at.0), report.created_to.map(|at| at.0));
    let (after, after_id) = report.after.as_ref().map(|(at, id)| (at.0, id)).unzip();
    let limit = super::values::bound(report.limit.min(PAGE_ROWS_MAX));
    let Report { customer_identifier, external_entitlement_id, merchant_account_key, product_key, offer_key, .. } =
        report;
    let account = i64::from(account.0);
    let values: [Value<'_>; 14] = [
        &account,
        &key,
        customer_identifier,
        external_entitlement_id,
        merchant_account_key,
        product_key,
        offer_key,
        &statuses,
        &since,
        &from,
        &to,
        &after,
        &after_id,
        &limit,
    ];
    connections.search(PAGE, &values).await?.iter().map(|row| rows::read(row, 0)).collect()
}
