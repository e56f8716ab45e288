//! What is kept of one customer: found, and written anew in its place.

use super::administration;
use super::claims;
use super::fault::Fault;
use super::rows::{self, bytes, key_at, row_query};
use super::session::Session;
use super::stored::{self, Stored};
use crate::codec::{self, answer_columns};
use crate::customer::named;
use crate::{ClaimsPage, NamingPage, Rewriting, RewritingDone, Rewritten, RewrittenClaim, Row, StoredEvent};
use ids::{AccountId, EntitlementKey};
use rusqlite::{Connection, params};
use std::collections::HashSet;

pub(super) fn of(
    connection: &Connection,
    account: AccountId,
    customer: &str,
    after: Option<EntitlementKey>,
    limit: i64,
) -> Result<Vec<Row>, Fault> {
    rows::list(
        connection,
        row_query!(
            " INDEXED BY entitlement_by_slot CROSS JOIN route r ON r.id = e.route WHERE e.account = ?1 \
             AND e.customer = ?2 AND (?3 IS NULL OR e.key > ?3) ORDER BY e.key LIMIT ?4"
        ),
        (account.0, customer, after.map(bytes), limit),
    )
}

pub(super) fn naming(
    connection: &Connection,
    account: AccountId,
    customer: &str,
    after: i64,
    limit: i64,
) -> Result<NamingPage, Fault> {
    let [in_record, as_field] = named(customer);
    let mut statement = connection.prepare_cached(
        "SELECT position, instr(sets, ?3) > 0 OR instr(sets, ?4) > 0, key FROM event INDEXED BY event_by_position \
         WHERE account = ?1 AND position > ?2 ORDER BY position LIMIT ?5",
    )?;
    let mut found = statement.query(params![account.0, after, in_record, as_field, limit])?;
    let (mut keys, mut last, mut seen) = (HashSet::new(), None, 0);
    while let Some(row) = found.next()? {
        seen += 1;
        last = Some(row.get(0)?);
        if row.get(1)? {
            keys.insert(key_at(row, 2)?);
        }
    }
    let mut keys: Vec<_> = keys.into_iter().collect();
    keys.sort_unstable();
    Ok(NamingPage { keys, last: last.filter(|_| seen == limit) })
}

pub(super) fn claims_of(
    connection: &Connection,
    account: AccountId,
    keys: &[EntitlementKey],
    after: u64,
    limit: i64,
) -> Result<ClaimsPage, Fault> {
    let wanted: HashSet<[u8; 16]> = keys.iter().map(|key| bytes(*key)).collect();
    let mut statement =
        connection.prepare_cached("SELECT id, account, key, identity FROM claim WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let mut found = statement.query((i64::try_from(after).unwrap_or(i64::MAX), limit))?;
    let (mut page, mut last, mut seen) = (ClaimsPage::default(), None, 0);
    while let Some(row) = found.next()? {
        seen += 1;
        last = Some(row.get::<_, i64>(0)?.cast_unsigned());
        let names_one = row.get::<_, Option<[u8; 16]>>(2)?.is_some_and(|key| wanted.contains(&key));
        if !names_one || row.get::<_, u32>(1)? != account.0 {
            continue;
        }
        let text: String = row.get(3)?;
        let identity = ids::RequestIdentity::parse(&text)
            .ok_or_else(|| Fault::Content(format!("claim {} has no identity", row.get::<_, i64>(0).unwrap_or(0))))?;
        page.claims.extend(claims::by_identity(connection, account, &identity)?);
    }
    page.last = last.filter(|_| seen == limit);
    Ok(page)
}

/// Writes all of it, or says what stands in the way and has written nothing.
pub(super) fn rewrite(session: &mut Session<'_>, rewriting: &Rewriting) -> Result<RewritingDone, Fault> {
    let connection = session.connection;
    let mut found = Vec::with_capacity(rewriting.entitlements.len());
    for one in &rewriting.entitlements {
        match stored::by_key(connection, one.row.key)? {
            Some(stored) if stored.revision == one.row.revision.saturating_sub(1) => found.push(stored),
            _ => return Ok(RewritingDone::ChangedMeanwhile),
        }
    }
    if let Some(customer) = &rewriting.none_open_of
        && has_open(connection, rewriting.account, customer)?
    {
        return Ok(RewritingDone::Open);
    }
    write(connection, rewriting, &found)?;
    Ok(RewritingDone::Done)
}

fn has_open(connection: &Connection, account: AccountId, customer: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM entitlement INDEXED BY entitlement_by_slot \
             WHERE account = ?1 AND customer = ?2 AND slot IS NOT NULL",
        )?
        .exists((account.0, customer))
}

fn write(connection: &Connection, rewriting: &Rewriting, found: &[Stored]) -> Result<(), Fault> {
    for claim in &rewriting.claims {
        write_claim(connection, rewriting.account, claim)?;
    }
    for (one, stored) in rewriting.entitlements.iter().zip(found) {
        stored::update(connection, stored, &one.row, &codec::rest_text(&one.row.state))?;
        write_history(connection, one)?;
    }
    if let Some(entry) = &rewriting.entry {
        administration::append(connection, entry)?;
    }
    Ok(())
}

fn write_history(connection: &Connection, one: &Rewritten) -> rusqlite::Result<()> {
    let key = one.row.key.to_string();
    let mut update = connection
        .prepare_cached("UPDATE event SET reason = ?3, request = ?4, sets = ?5 WHERE key = ?1 AND sequence = ?2")?;
    for StoredEvent { sequence, position: _, request, event } in &one.events {
        let reason = event.reason.as_ref().map(codec::reason_text);
        let sets = codec::sets_text(&event.sets, &key);
        let touched = update.execute(params![bytes(one.row.key), sequence, reason, request, sets])?;
        if touched != 1 {
            // The row's revision is the one that was read: an event that is missing is a defect.
            return Err(rusqlite::Error::StatementChangedRows(touched));
        }
    }
    if one.forgets_errors {
        connection
            .prepare_cached("UPDATE notification SET last_error = NULL WHERE key = ?1 AND last_error IS NOT NULL")?
            .execute([bytes(one.row.key)])?;
    }
    Ok(())
}

fn write_claim(connection: &Connection, account: AccountId, claim: &RewrittenClaim) -> rusqlite::Result<()> {
    let identity = claim.identity.as_str();
    connection
        .prepare_cached("UPDATE claim SET fingerprint = ?3 WHERE account = ?1 AND identity = ?2")?
        .execute(params![account.0, identity, claim.fingerprint])?;
    if let Some(answer) = &claim.answer {
        let (http, form, code, version, text) = answer_columns(Some(answer));
        connection
            .prepare_cached(
                "UPDATE claim SET http = ?3, form = ?4, code = ?5, version = ?6, answer = ?7 \
                 WHERE account = ?1 AND identity = ?2 AND http IS NOT NULL",
            )?
            .execute(params![account.0, identity, http, form, code, version, text])?;
    }
    Ok(())
}
