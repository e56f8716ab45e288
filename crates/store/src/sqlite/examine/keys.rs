//! Keys that stand in a table, walked along its index: those without an entitlement are orphans.

use super::entitlements::bound;
use crate::sqlite::fault::Fault;
use crate::sqlite::rows::{bytes, key_at};
use crate::{ExaminedKeys, Kept};
use ids::EntitlementKey;
use rusqlite::Connection;

const fn table(of: Kept) -> &'static str {
    match of {
        Kept::Events => "event",
        Kept::Lanes => "lane",
        Kept::Notifications => "notification",
        Kept::Callbacks => "callback",
    }
}

pub(super) fn page(
    connection: &Connection,
    of: Kept,
    after: Option<EntitlementKey>,
    limit: usize,
) -> Result<ExaminedKeys, Fault> {
    let sql = format!(
        "SELECT k.key, EXISTS (SELECT 1 FROM entitlement e WHERE e.key = k.key) FROM \
         (SELECT DISTINCT key FROM {} WHERE key > ?1 ORDER BY key LIMIT ?2) k ORDER BY k.key",
        table(of)
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query((after.map_or(Vec::new(), |key| bytes(key).to_vec()), bound(limit)))?;
    let mut page = ExaminedKeys::default();
    let mut count = 0;
    while let Some(row) = found.next()? {
        let key = key_at(row, 0)?;
        if !row.get::<_, bool>(1)? {
            page.orphans.push(key);
        }
        page.last = Some(key);
        count += 1;
    }
    if count < limit {
        page.last = None;
    }
    Ok(page)
}
