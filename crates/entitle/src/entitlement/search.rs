//! `entitle entitlement search`: a report as a table.

use crate::connection::Connection;
use crate::text::{Paint, date, print, str_of, table, value};
use anyhow::Result;
use clap::Args;
use clap::builder::PossibleValuesParser;
use client::{Client, Item};
use serde_json::{Value, json};

/// Examples under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  entitle entitlement search --customer anna-20144
  entitle entitlement search --status active,suspended --merchant BANGO
  entitle entitlement search --updated-since 2026-03-01T00:00:00Z --limit 500
  entitle entitlement search --status failed --json | jq -r .entitlementId
  entitle entitlement search --database sqlite:hub.db --reseller acme --customer anna-20144";

/// One page of a report has at most so many.
const PAGE_MAX: usize = 1_000;

const STATUSES: [&str; 7] = ["PENDING", "ACTIVE", "ACTIVE-ENDING", "SUSPENDED", "CANCELLED", "REVOKED", "FAILED"];

/// What is looked for; filters count together.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Of this customer (customerIdentifier)
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Of this merchant (merchantAccountKey)
    #[arg(long, value_name = "KEY")]
    merchant: Option<String>,
    /// With this product (productKey)
    #[arg(long, value_name = "KEY")]
    product: Option<String>,
    /// With this offer (offerKey)
    #[arg(long, value_name = "KEY")]
    offer: Option<String>,
    /// In one of these statuses, in any letter case
    #[arg(long, value_delimiter = ',', ignore_case = true, value_parser = PossibleValuesParser::new(STATUSES))]
    status: Vec<String>,
    /// With this reference of your own (externalEntitlementId)
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// Changed at this moment or later, as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "DATE")]
    updated_since: Option<String>,
    /// Created at this moment or later
    #[arg(long, value_name = "DATE")]
    created_from: Option<String>,
    /// Created before this moment
    #[arg(long, value_name = "DATE")]
    created_to: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = at_least_one)]
    limit: usize,
    /// The records as the hub gives them, one a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(options: &Options) -> Result<()> {
    let asked = options.connection.reach(None).await?;
    let found = found(&asked.hub, options).await;
    asked.close().await?;
    let (found, more) = found?;
    let more_hint = format!("There are more: --limit {} shows up to twice as many.", options.limit.saturating_mul(2));
    if options.json {
        print(&found.iter().map(|one| format!("{}\n", one.text)).collect::<String>())?;
        if more {
            eprintln!("{more_hint}");
        }
        return Ok(());
    }
    if found.is_empty() {
        return Ok(print("Nothing found.\n")?);
    }
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    let mut out = table(&["ID", "STATUS", "CUSTOMER", "PRODUCT", "CREATED"], &rows, Paint::for_stdout());
    let what = if found.len() == 1 { "entitlement" } else { "entitlements" };
    out.push_str(&format!("\n{} {what}, oldest first.\n", found.len()));
    if more {
        out.push_str(&format!("{more_hint}\n"));
    }
    Ok(print(&out)?)
}

/// What matches, and whether there is more of it.
async fn found(hub: &Client, options: &Options) -> Result<(Vec<Item>, bool)> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        // One more than wanted tells whether there are more.
        let wanted = options.limit.saturating_add(1) - found.len();
        let mut filter = filter(options);
        filter["limit"] = json!(wanted.min(PAGE_MAX));
        filter["cursor"] = json!(cursor);
        let page = hub.report_page(&filter).await?;
        found.extend(page.entitlements);
        cursor = page.next_cursor;
        if cursor.is_none() || found.len() > options.limit {
            let more = found.len() > options.limit;
            found.truncate(options.limit);
            return Ok((found, more));
        }
    }
}

/// The report's filter; null means any.
fn filter(options: &Options) -> Value {
    let status = Some(&options.status).filter(|status| !status.is_empty());
    json!({
        "customerIdentifier": options.customer,
        "merchantAccountKey": options.merchant,
        "productKey": options.product,
        "offerKey": options.offer,
        "status": status.map(|status| status.iter().map(|word| word.to_uppercase()).collect::<Vec<_>>()),
        "externalEntitlementId": options.external_id,
        "updatedSince": options.updated_since,
        "createdFrom": options.created_from,
        "createdTo": options.created_to,
    })
}

fn row(one: &Item) -> Vec<String> {
    let created = date(str_of(one.value(), "dateCreated")).unwrap_or_default();
    let product = format!("{}/{}", value(&one["merchantAccountKey"]), value(&one["productKey"]));
    let day = created.split(' ').next().unwrap_or_default().to_owned();
    vec![value(&one["entitlementId"]), value(&one["status"]), value(&one["customerIdentifier"]), product, day]
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "a whole number from 1 on".to_owned())
}
